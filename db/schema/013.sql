-- SPDX-License-Identifier: Apache-2.0
-- Schema version 13: the printed labels: which template the passes of a session get, and each print.

CREATE TABLE label_form (
    form_id    INTEGER PRIMARY KEY,  -- 1, 2, 3, without a gap
    session_id INTEGER NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('zpl', 'text')),
    template   TEXT NOT NULL
);
@append_only(label_form)
CREATE TRIGGER label_form_once BEFORE INSERT ON label_form
WHEN EXISTS (SELECT 1 FROM label_form WHERE form_id = NEW.form_id OR session_id = NEW.session_id)
BEGIN SELECT RAISE(ABORT, 'the label of the session is recorded already'); END;

-- A label is begun before the first byte goes to the printer. A later row has how that ended.
CREATE TABLE label_print (
    print_id     INTEGER PRIMARY KEY,  -- 1, 2, 3, without a gap
    of_run       INTEGER NOT NULL,     -- prints are of the ledger in which they were made, and are not merged
    state        TEXT NOT NULL CHECK (state IN ('begun', 'printed', 'failed', 'dropped')),
    sha256       TEXT NOT NULL,        -- of what was sent; '' = nothing was
    printer      TEXT NOT NULL,
    operator     TEXT NOT NULL,
    reason       TEXT NOT NULL,        -- of another print, a failure, or a label that is not wanted
    recorded_utc TEXT NOT NULL
);
CREATE INDEX label_print_of_run ON label_print (of_run);
@append_only(label_print)
CREATE TRIGGER label_print_once BEFORE INSERT ON label_print
WHEN EXISTS (SELECT 1 FROM label_print WHERE print_id = NEW.print_id)
BEGIN SELECT RAISE(ABORT, 'the print is recorded already'); END;
CREATE TRIGGER label_print_of_pass BEFORE INSERT ON label_print
WHEN NOT EXISTS (SELECT 1 FROM outcome WHERE run_id = NEW.of_run AND outcome IN ('pass', 'pass-marginal'))
BEGIN SELECT RAISE(ABORT, 'a label is for a board that passed'); END;

-- The journal of version 11, with two more kinds. Its rows stay as they are.
CREATE TEMP TABLE former_journal AS SELECT * FROM journal;
DROP TABLE journal;
CREATE TABLE journal (
    entry_id INTEGER PRIMARY KEY,  -- 1, 2, 3, without a gap
    kind     TEXT NOT NULL CHECK (kind IN (
        'job', 'session', 'import', 'seal', 'purge', 'reset', 'label form', 'label print')),
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
