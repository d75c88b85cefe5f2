-- SPDX-License-Identifier: Apache-2.0
-- Schema version 6: which ledger this is, and what came into it from others.

-- One row, made with the table. A copy of the file has the same.
CREATE TABLE ledger (
    ledger_id INTEGER PRIMARY KEY CHECK (ledger_id = 1),
    identity  TEXT NOT NULL  -- 32 random digits, lower-case hex
);

-- A session that was recorded in another ledger.
CREATE TABLE merged_session (
    session_id INTEGER PRIMARY KEY REFERENCES session,
    ledger     TEXT NOT NULL,     -- identity of the one that recorded it
    source     INTEGER NOT NULL,  -- its number there
    UNIQUE (ledger, source)
);

-- A run that was recorded in another ledger, with its link in the chain there.
CREATE TABLE merged_run (
    run_id     INTEGER PRIMARY KEY REFERENCES run,
    ledger     TEXT NOT NULL,     -- identity of the one that recorded it
    source     INTEGER NOT NULL,  -- its number there
    hash       TEXT NOT NULL,     -- of the chain there
    merged_utc TEXT NOT NULL,
    UNIQUE (ledger, source)
);

-- The run it came with; NULL = it was imported here.
ALTER TABLE pool_row ADD COLUMN merged INTEGER REFERENCES run;

INSERT INTO ledger (ledger_id, identity) VALUES (1, lower(hex(randomblob(16))));

-- Append only, as in version 1.
@append_only(ledger)
CREATE TRIGGER ledger_once BEFORE INSERT ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger has its identity already'); END;

@append_only(merged_session)
CREATE TRIGGER merged_session_once BEFORE INSERT ON merged_session
WHEN EXISTS (
    SELECT 1 FROM merged_session WHERE session_id = NEW.session_id OR (ledger = NEW.ledger AND source = NEW.source))
BEGIN SELECT RAISE(ABORT, 'the session is merged already'); END;

@append_only(merged_run)
CREATE TRIGGER merged_run_once BEFORE INSERT ON merged_run
WHEN EXISTS (
    SELECT 1 FROM merged_run WHERE run_id = NEW.run_id OR (ledger = NEW.ledger AND source = NEW.source))
BEGIN SELECT RAISE(ABORT, 'the run is merged already'); END;
