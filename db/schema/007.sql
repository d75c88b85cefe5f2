-- SPDX-License-Identifier: Apache-2.0
-- Schema version 7: values that belong to one board, pool columns whose values are unique, and rehearsals.

-- 1: the boards of the session were simulated.
ALTER TABLE session ADD COLUMN simulated INTEGER NOT NULL DEFAULT 0 CHECK (simulated IN (0, 1));

-- 1: no two rows of the pool have the same value; 0: they may; NULL: as secret says.
ALTER TABLE pool_column ADD COLUMN is_unique INTEGER CHECK (is_unique IN (0, 1));

-- A value that a run claims for its board before anything is erased.
CREATE TABLE run_claim (
    run_id          INTEGER NOT NULL REFERENCES run,
    position        INTEGER NOT NULL,  -- from 1
    kind            TEXT NOT NULL CHECK (kind IN ('label', 'value')),
    name            TEXT NOT NULL,     -- of a value: 'serial', …
    value           TEXT NOT NULL,     -- of a secret its SHA-256 (db/README.md says of what), after 'sha256:'
    mac             TEXT NOT NULL,     -- the board
    flash_unique_id TEXT,              -- as in run_device
    PRIMARY KEY (run_id, position)
) WITHOUT ROWID;
CREATE INDEX run_claim_by_value ON run_claim (value, name);
CREATE INDEX run_label_by_text ON run_label (label);
DROP INDEX run_value_serial;
CREATE INDEX run_value_of_unit ON run_value (value, name) WHERE kind = 'unit';

-- Append only, as in version 1.
@append_only(run_claim)
CREATE TRIGGER run_claim_once BEFORE INSERT ON run_claim
WHEN EXISTS (SELECT 1 FROM outcome WHERE run_id = NEW.run_id)
    OR EXISTS (SELECT 1 FROM run_claim WHERE run_id = NEW.run_id AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'the claim is recorded already'); END;

-- A batch is a rehearsal as a whole, or not at all.
CREATE TRIGGER session_of_one_kind BEFORE INSERT ON session
WHEN EXISTS (SELECT 1 FROM session WHERE batch = NEW.batch AND simulated <> NEW.simulated)
BEGIN SELECT RAISE(ABORT, 'the batch has both simulated and real boards'); END;
CREATE TRIGGER pool_event_real BEFORE INSERT ON pool_event
WHEN EXISTS (SELECT 1 FROM run JOIN session USING (session_id) WHERE run_id = NEW.run_id AND simulated)
BEGIN SELECT RAISE(ABORT, 'a simulated board takes no row of a pool'); END;
