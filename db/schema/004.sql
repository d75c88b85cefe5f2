-- SPDX-License-Identifier: Apache-2.0
-- Schema version 4: a journal of what no run's hash has, seals of batches, and logs that are removed by policy.

-- Of each part of the hashed text how many rows, and a checksum: where to look when a hash is wrong. NULL in older rows.
ALTER TABLE chain ADD COLUMN marks TEXT;

-- Jobs, sessions, imports, seals and purges in the order they were recorded, each with the hash of the one before
-- (db/README.md says of what).
CREATE TABLE journal (
    entry_id INTEGER PRIMARY KEY,  -- 1, 2, 3, without a gap
    kind     TEXT NOT NULL CHECK (kind IN ('job', 'session', 'import', 'seal', 'purge')),
    number   INTEGER NOT NULL,     -- of the row in that table
    chain_id INTEGER NOT NULL,     -- the last of the chain at that time; 0 = none
    previous TEXT NOT NULL,
    hash     TEXT NOT NULL,
    marks    TEXT NOT NULL,        -- as in chain
    UNIQUE (kind, number)
);

-- A batch that takes no more runs.
CREATE TABLE seal (
    seal_id     INTEGER PRIMARY KEY,
    batch       TEXT NOT NULL UNIQUE,
    runs        INTEGER NOT NULL,
    passed      INTEGER NOT NULL,  -- runs that passed
    units       INTEGER NOT NULL,  -- MACs of which a run passed
    runs_sha256 TEXT NOT NULL,     -- of the hashes of its runs, in the order of the chain, each ended by LF
    chain_id    INTEGER NOT NULL,  -- the last of the chain
    chain_hash  TEXT NOT NULL,
    journal     TEXT NOT NULL,     -- hash of the last entry of the journal
    sealed_utc  TEXT NOT NULL,
    operator    TEXT NOT NULL,
    key         TEXT,              -- Ed25519, in hexadecimal, as is the signature; NULL = not signed
    signature   TEXT,
    CHECK ((key IS NULL) = (signature IS NULL))
);

-- Logs that were removed, and why.
CREATE TABLE purge (
    purge_id   INTEGER PRIMARY KEY,
    before_utc TEXT NOT NULL,     -- logs of runs that ended before
    logs       INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    purged_utc TEXT NOT NULL,
    operator   TEXT NOT NULL,
    reason     TEXT NOT NULL CHECK (reason <> '')
);

-- What is left of such a log, which the chain has hashed.
CREATE TABLE purged_log (
    run_id   INTEGER PRIMARY KEY REFERENCES outcome,
    purge_id INTEGER NOT NULL REFERENCES purge,
    size     INTEGER NOT NULL,
    sha256   TEXT NOT NULL
);
CREATE INDEX purged_log_by_purge ON purged_log (purge_id);

-- Append only, as in version 1.
@append_only(journal)
CREATE TRIGGER journal_once BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE entry_id = NEW.entry_id OR (kind = NEW.kind AND number = NEW.number))
BEGIN SELECT RAISE(ABORT, 'the entry is recorded already'); END;

@append_only(seal)
CREATE TRIGGER seal_once BEFORE INSERT ON seal
WHEN EXISTS (SELECT 1 FROM seal WHERE seal_id = NEW.seal_id OR batch = NEW.batch)
BEGIN SELECT RAISE(ABORT, 'the batch is sealed already'); END;
CREATE TRIGGER seal_at_the_end BEFORE INSERT ON seal
WHEN EXISTS (
    SELECT 1 FROM session JOIN run USING (session_id)
    WHERE batch = NEW.batch AND NOT EXISTS (SELECT 1 FROM chain WHERE chain.run_id = run.run_id))
BEGIN SELECT RAISE(ABORT, 'the batch has a run that has not ended'); END;

CREATE TRIGGER session_unsealed BEFORE INSERT ON session
WHEN EXISTS (SELECT 1 FROM seal WHERE batch = NEW.batch)
BEGIN SELECT RAISE(ABORT, 'the batch is sealed'); END;
CREATE TRIGGER run_unsealed BEFORE INSERT ON run
WHEN EXISTS (SELECT 1 FROM seal WHERE batch = (SELECT batch FROM session WHERE session_id = NEW.session_id))
BEGIN SELECT RAISE(ABORT, 'the batch is sealed'); END;

@append_only(purge)
CREATE TRIGGER purge_once BEFORE INSERT ON purge
WHEN EXISTS (SELECT 1 FROM purge WHERE purge_id = NEW.purge_id)
BEGIN SELECT RAISE(ABORT, 'the purge is recorded already'); END;

-- A log goes when a purge that is being recorded covers it, and what is left of it is what it was.
@append_only(purged_log)
CREATE TRIGGER purged_log_once BEFORE INSERT ON purged_log
WHEN EXISTS (SELECT 1 FROM purged_log WHERE run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'the log is removed already'); END;
CREATE TRIGGER purged_log_of_run BEFORE INSERT ON purged_log
WHEN NOT EXISTS (
    SELECT 1 FROM run_log JOIN chain USING (run_id)
    WHERE run_id = NEW.run_id AND size = NEW.size AND sha256 = NEW.sha256)
BEGIN SELECT RAISE(ABORT, 'there is no such log, or it is removed already'); END;
CREATE TRIGGER purged_log_covered BEFORE INSERT ON purged_log
WHEN NOT EXISTS (
        SELECT 1 FROM purge JOIN outcome ON finished_utc < before_utc
        WHERE purge_id = NEW.purge_id AND run_id = NEW.run_id)
    OR EXISTS (SELECT 1 FROM journal WHERE kind = 'purge' AND number = NEW.purge_id)
BEGIN SELECT RAISE(ABORT, 'no purge covers the log'); END;
CREATE TRIGGER purged_log_removes AFTER INSERT ON purged_log
BEGIN DELETE FROM run_log WHERE run_id = NEW.run_id; END;
DROP TRIGGER run_log_stays;
CREATE TRIGGER run_log_stays BEFORE DELETE ON run_log
WHEN NOT EXISTS (SELECT 1 FROM purged_log WHERE run_id = OLD.run_id)
BEGIN SELECT RAISE(ABORT, 'the ledger is append only'); END;

-- For people: how much of each batch is sealed, and by whom.
CREATE VIEW seals AS
SELECT batch, runs, passed, units, sealed_utc AS sealed, operator, key IS NOT NULL AS signed FROM seal;
