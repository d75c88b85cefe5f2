-- SPDX-License-Identifier: Apache-2.0
-- Schema version 14: what wrote to a board, and the rates of its cable.

CREATE TABLE run_link (
    run_id      INTEGER PRIMARY KEY REFERENCES run,
    stub        TEXT,     -- the flasher stub that wrote, with its source, or 'ROM'; NULL = nothing was begun
    baud        INTEGER,  -- of the link at the end of the write; NULL = not that far
    baud_most   INTEGER,  -- highest rate to try next on this cable; NULL = the job named the rate
    baud_failed INTEGER   -- lowest rate that this run tried in vain or gave up; NULL = none
);
@append_only(run_link)
CREATE TRIGGER run_link_once BEFORE INSERT ON run_link
WHEN EXISTS (SELECT 1 FROM run_link WHERE run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'the link of the run is recorded already'); END;

-- What is remembered of a slot is in its newest runs.
CREATE INDEX run_by_slot ON run (slot);
