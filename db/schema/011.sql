-- SPDX-License-Identifier: Apache-2.0
-- Schema version 11: when the contacts of a slot were counted anew, as after its needles were replaced.

CREATE TABLE slot_reset (
    reset_id  INTEGER PRIMARY KEY,  -- 1, 2, 3, without a gap
    station   TEXT NOT NULL,
    slot      TEXT NOT NULL,
    last_run  INTEGER NOT NULL,     -- later runs count anew
    contacts  INTEGER NOT NULL,     -- that had been counted until then
    reset_utc TEXT NOT NULL,
    operator  TEXT NOT NULL,
    reason    TEXT NOT NULL CHECK (reason <> '')
);
@append_only(slot_reset)
CREATE TRIGGER slot_reset_once BEFORE INSERT ON slot_reset
WHEN EXISTS (SELECT 1 FROM slot_reset WHERE reset_id = NEW.reset_id)
BEGIN SELECT RAISE(ABORT, 'the reset is recorded already'); END;

-- The journal of version 4, with one more kind. Its rows stay as they are.
CREATE TEMP TABLE former_journal AS SELECT * FROM journal;
DROP TABLE journal;
CREATE TABLE journal (
    entry_id INTEGER PRIMARY KEY,  -- 1, 2, 3, without a gap
    kind     TEXT NOT NULL CHECK (kind IN ('job', 'session', 'import', 'seal', 'purge', 'reset')),
    number   INTEGER NOT NULL,     -- of the row in that table
    chain_id INTEGER NOT NULL,     -- the last of the chain at that time; 0 = none
    previous TEXT NOT NULL,
    hash     TEXT NOT NULL,
    marks    TEXT NOT NULL,        -- as in chain
    UNIQUE (kind, number)
);
INSERT INTO journal SELECT * FROM former_journal ORDER BY entry_id;
DROP TABLE former_journal;
@append_only(journal)
CREATE TRIGGER journal_once BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE entry_id = NEW.entry_id OR (kind = NEW.kind AND number = NEW.number))
BEGIN SELECT RAISE(ABORT, 'the entry is recorded already'); END;
