-- SPDX-License-Identifier: Apache-2.0
-- Schema version 1 of the ledger. Never edited after its release: a change is a new file with the next number.
-- Times are UTC, ISO 8601 with milliseconds. NULL means: not known.

-- A job file, once per distinct text.
CREATE TABLE job (
    job_id  INTEGER PRIMARY KEY,
    sha256  TEXT NOT NULL UNIQUE,
    name    TEXT NOT NULL,
    version TEXT NOT NULL,
    chip    TEXT NOT NULL,
    text    TEXT NOT NULL
);

-- One start of the program for recording.
CREATE TABLE session (
    session_id   INTEGER PRIMARY KEY,
    job_id       INTEGER NOT NULL REFERENCES job,
    started_utc  TEXT NOT NULL,
    station      TEXT NOT NULL,
    operator     TEXT NOT NULL,
    batch        TEXT NOT NULL,
    job_path     TEXT NOT NULL,
    tool_version TEXT NOT NULL
);
CREATE INDEX session_by_batch ON session (batch);

-- A board in a slot: the beginning of its run.
CREATE TABLE run (
    run_id      INTEGER PRIMARY KEY,
    session_id  INTEGER NOT NULL REFERENCES session,
    slot        TEXT NOT NULL,
    port        TEXT NOT NULL,
    started_utc TEXT NOT NULL
);
CREATE INDEX run_by_session ON run (session_id);

-- The board is known and will be erased next; one more row for every further attempt.
CREATE TABLE intent (
    intent_id        INTEGER PRIMARY KEY,
    run_id           INTEGER NOT NULL REFERENCES run,
    recorded_utc     TEXT NOT NULL,
    mac              TEXT,
    chip             TEXT,
    revision         INTEGER,  -- major * 100 + minor
    package          TEXT,
    flash_jedec      INTEGER,  -- maker | type << 8 | capacity << 16
    flash_size       INTEGER,  -- bytes
    secure_boot      INTEGER,  -- 0 or 1, as the next two
    flash_encryption INTEGER,
    secure_download  INTEGER
);
CREATE INDEX intent_by_run ON intent (run_id);

-- The end of a run.
CREATE TABLE outcome (
    run_id           INTEGER PRIMARY KEY REFERENCES run,
    finished_utc     TEXT NOT NULL,
    outcome          TEXT NOT NULL CHECK (outcome IN ('pass', 'pass-marginal', 'fail', 'error', 'aborted')),
    code             TEXT NOT NULL,  -- 'ok' on pass
    blame            TEXT NOT NULL,  -- '' on pass
    sentence         TEXT NOT NULL,  -- '' on pass
    marginal         TEXT NOT NULL,  -- why a pass is marginal
    attempts         INTEGER,
    duration_us      INTEGER,        -- monotonic clock
    bytes_sent       INTEGER,
    bytes_received   INTEGER,
    resends          INTEGER,
    mac              TEXT,           -- from here on as in intent
    chip             TEXT,
    revision         INTEGER,
    package          TEXT,
    flash_jedec      INTEGER,
    flash_size       INTEGER,
    secure_boot      INTEGER,
    flash_encryption INTEGER,
    secure_download  INTEGER
);
CREATE INDEX outcome_by_mac ON outcome (mac);

-- One stage of one attempt of a finished run.
CREATE TABLE stage (
    run_id         INTEGER NOT NULL REFERENCES outcome,
    position       INTEGER NOT NULL,  -- from 1, in the order they ran
    stage          TEXT NOT NULL,
    attempt        INTEGER NOT NULL,
    started_utc    TEXT NOT NULL,
    duration_us    INTEGER NOT NULL,
    code           TEXT NOT NULL,
    sentence       TEXT NOT NULL,
    baud           INTEGER NOT NULL,
    bytes_sent     INTEGER NOT NULL,
    bytes_received INTEGER NOT NULL,
    resends        INTEGER NOT NULL,
    PRIMARY KEY (run_id, position)
) WITHOUT ROWID;

-- One region of a finished run: what the flash should hold and what the chip says that it holds.
CREATE TABLE region (
    run_id          INTEGER NOT NULL REFERENCES outcome,
    position        INTEGER NOT NULL,  -- from 1, by address
    name            TEXT NOT NULL,
    file            TEXT NOT NULL,
    flash_addr      INTEGER NOT NULL,
    size            INTEGER NOT NULL,  -- bytes in the flash
    attempt         INTEGER NOT NULL,
    expected_md5    TEXT NOT NULL,
    expected_sha256 TEXT NOT NULL,
    read_md5        TEXT,
    method          TEXT,
    verdict         TEXT,
    write_us        INTEGER NOT NULL,
    PRIMARY KEY (run_id, position)
) WITHOUT ROWID;

-- Finished runs in the order they finished, each with the hash of the one before (db/README.md says of what).
CREATE TABLE chain (
    chain_id INTEGER PRIMARY KEY,  -- 1, 2, 3, without a gap
    run_id   INTEGER NOT NULL UNIQUE REFERENCES outcome,
    form     INTEGER NOT NULL,
    previous TEXT NOT NULL,
    hash     TEXT NOT NULL
);

-- Append only. INSERT OR REPLACE deletes without asking a DELETE trigger, so a number that is there is refused.
@append_only(job)
CREATE TRIGGER job_once BEFORE INSERT ON job
WHEN EXISTS (SELECT 1 FROM job WHERE job_id = NEW.job_id OR sha256 = NEW.sha256)
BEGIN SELECT RAISE(ABORT, 'the job is recorded already'); END;

@append_only(session)
CREATE TRIGGER session_once BEFORE INSERT ON session
WHEN EXISTS (SELECT 1 FROM session WHERE session_id = NEW.session_id)
BEGIN SELECT RAISE(ABORT, 'the session is recorded already'); END;

@append_only(run)
CREATE TRIGGER run_once BEFORE INSERT ON run
WHEN EXISTS (SELECT 1 FROM run WHERE run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'the run is recorded already'); END;

@append_only(intent)
CREATE TRIGGER intent_once BEFORE INSERT ON intent
WHEN EXISTS (SELECT 1 FROM intent WHERE intent_id = NEW.intent_id)
BEGIN SELECT RAISE(ABORT, 'the intent is recorded already'); END;
CREATE TRIGGER intent_of_run BEFORE INSERT ON intent
WHEN NOT EXISTS (SELECT 1 FROM run WHERE run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'there is no such run'); END;
CREATE TRIGGER intent_in_time BEFORE INSERT ON intent
WHEN EXISTS (SELECT 1 FROM outcome WHERE run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'the run has ended already'); END;

CREATE TRIGGER outcome_of_run BEFORE INSERT ON outcome
WHEN NOT EXISTS (SELECT 1 FROM run WHERE run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'there is no such run'); END;
@append_only(outcome)
CREATE TRIGGER outcome_once BEFORE INSERT ON outcome
WHEN EXISTS (SELECT 1 FROM outcome WHERE run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'the run has ended already'); END;

@append_only(stage)
CREATE TRIGGER stage_once BEFORE INSERT ON stage
WHEN EXISTS (SELECT 1 FROM chain WHERE run_id = NEW.run_id)
    OR EXISTS (SELECT 1 FROM stage WHERE run_id = NEW.run_id AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'the stage is recorded already'); END;

@append_only(region)
CREATE TRIGGER region_once BEFORE INSERT ON region
WHEN EXISTS (SELECT 1 FROM chain WHERE run_id = NEW.run_id)
    OR EXISTS (SELECT 1 FROM region WHERE run_id = NEW.run_id AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'the region is recorded already'); END;

@append_only(chain)
CREATE TRIGGER chain_once BEFORE INSERT ON chain
WHEN EXISTS (SELECT 1 FROM chain WHERE chain_id = NEW.chain_id OR run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'the run is in the chain already'); END;

-- For people: one row per run, finished or not. A board that is known only by its intent is taken from there.
CREATE VIEW runs AS
SELECT
    run.run_id AS run,
    session.batch,
    session.station,
    session.operator,
    job.name AS job,
    job.version AS job_version,
    job.sha256 AS job_sha256,
    run.slot,
    run.port,
    coalesce(outcome.mac, intent.mac) AS mac,
    coalesce(outcome.chip, intent.chip) AS chip,
    'v' || (coalesce(outcome.revision, intent.revision) / 100) || '.'
        || (coalesce(outcome.revision, intent.revision) % 100) AS revision,
    coalesce(outcome.package, intent.package) AS package,
    coalesce(outcome.flash_jedec, intent.flash_jedec) AS flash_jedec,
    coalesce(outcome.flash_size, intent.flash_size) AS flash_size,
    run.started_utc AS started,
    outcome.finished_utc AS finished,
    coalesce(outcome.outcome, 'unfinished') AS outcome,
    outcome.code,
    outcome.blame,
    outcome.sentence,
    outcome.marginal,
    outcome.attempts,
    outcome.duration_us / 1000 AS duration_ms,
    outcome.bytes_sent,
    outcome.bytes_received,
    outcome.resends,
    session.tool_version,
    chain.chain_id AS finish_order,
    chain.hash
FROM run
JOIN session USING (session_id)
JOIN job USING (job_id)
LEFT JOIN outcome ON outcome.run_id = run.run_id
LEFT JOIN chain ON chain.run_id = run.run_id
LEFT JOIN intent ON intent.intent_id = (SELECT max(intent_id) FROM intent AS i WHERE i.run_id = run.run_id);

CREATE VIEW stages AS
SELECT
    stage.run_id AS run,
    session.batch,
    stage.position,
    stage.stage,
    stage.attempt,
    stage.started_utc AS started,
    stage.duration_us / 1000.0 AS duration_ms,
    stage.code,
    stage.sentence,
    stage.baud,
    stage.bytes_sent,
    stage.bytes_received,
    stage.resends
FROM stage
JOIN run USING (run_id)
JOIN session USING (session_id);

CREATE VIEW regions AS
SELECT
    region.run_id AS run,
    session.batch,
    region.position,
    region.name,
    region.file,
    printf('0x%08x', region.flash_addr) AS address,
    region.size,
    region.attempt,
    region.verdict,
    region.method,
    region.expected_md5,
    region.read_md5,
    region.expected_sha256,
    region.write_us / 1000.0 AS write_ms
FROM region
JOIN run USING (run_id)
JOIN session USING (session_id);
