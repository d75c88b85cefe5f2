-- SPDX-License-Identifier: Apache-2.0
-- Schema version 16: what jobs say of their reports.

-- Recorded by the first session of a batch that says something, and by later ones that say something else.
CREATE TABLE report_form (
    form_id    INTEGER PRIMARY KEY,  -- 1, 2, 3, without a gap
    session_id INTEGER NOT NULL,
    customer   TEXT NOT NULL,        -- '' = the job names none
    target     TEXT NOT NULL,        -- yield in percent; '' likewise
    logo       BLOB NOT NULL         -- a PNG, JPEG or SVG file; empty likewise
);
@append_only(report_form)
CREATE TRIGGER report_form_once BEFORE INSERT ON report_form
WHEN EXISTS (SELECT 1 FROM report_form WHERE form_id = NEW.form_id OR session_id = NEW.session_id)
BEGIN SELECT RAISE(ABORT, 'the report of the session is recorded already'); END;

-- The journal of version 13, with one more kind. Its rows stay as they are.
CREATE TEMP TABLE former_journal AS SELECT * FROM journal;
DROP TABLE journal;
CREATE TABLE journal (
    entry_id INTEGER PRIMARY KEY,  -- 1, 2, 3, without a gap
    kind     TEXT NOT NULL CHECK (kind IN (
        'job', 'session', 'import', 'seal', 'purge', 'reset', 'label form', 'label print', 'report form')),
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
