-- SPDX-License-Identifier: Apache-2.0
-- Schema version 2: data of single units: pools whose rows are given to one board each; values of a run; the log of
-- its application.

-- Rows that are given to boards one by one: serial numbers, keys, certificates.
CREATE TABLE pool (
    pool_id    INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE CHECK (name <> '' AND name NOT GLOB '*[^A-Za-z0-9_-]*'),
    mac_column INTEGER  -- position of the column that says for which MAC a row is
);

CREATE TABLE pool_column (
    pool_id  INTEGER NOT NULL REFERENCES pool,
    position INTEGER NOT NULL,  -- from 1; the first has the key of a row
    name     TEXT NOT NULL,
    secret   INTEGER NOT NULL CHECK (secret IN (0, 1)),  -- never shown
    PRIMARY KEY (pool_id, position)
) WITHOUT ROWID;

-- A file that was imported.
CREATE TABLE pool_import (
    import_id    INTEGER PRIMARY KEY,
    pool_id      INTEGER NOT NULL REFERENCES pool,
    file         TEXT NOT NULL,
    sha256       TEXT NOT NULL UNIQUE,
    imported_utc TEXT NOT NULL,
    operator     TEXT NOT NULL,
    row_count    INTEGER NOT NULL
);

CREATE TABLE pool_row (
    row_id    INTEGER PRIMARY KEY,
    pool_id   INTEGER NOT NULL REFERENCES pool,
    import_id INTEGER NOT NULL REFERENCES pool_import,
    position  INTEGER NOT NULL,  -- from 1 without a gap, in the order of import
    key       TEXT NOT NULL,     -- value of the first column
    mac       TEXT,              -- '7c:df:a1:00:00:01' in a pool with a column for it
    fields    TEXT NOT NULL,     -- JSON array of the values of all columns
    UNIQUE (pool_id, position),
    UNIQUE (pool_id, key)
);
CREATE UNIQUE INDEX pool_row_by_mac ON pool_row (pool_id, mac) WHERE mac IS NOT NULL;

-- What became of a row. What was once written stays with that MAC.
CREATE TABLE pool_event (
    event_id     INTEGER PRIMARY KEY,
    row_id       INTEGER NOT NULL REFERENCES pool_row,
    pool_id      INTEGER NOT NULL REFERENCES pool,  -- the row's
    run_id       INTEGER NOT NULL REFERENCES run,
    mac          TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('reserved', 'written', 'verified', 'consumed', 'released')),
    recorded_utc TEXT NOT NULL
);
CREATE INDEX pool_event_by_row ON pool_event (row_id);
CREATE UNIQUE INDEX pool_event_by_run ON pool_event (run_id, pool_id) WHERE state = 'reserved';
CREATE INDEX pool_event_by_mac ON pool_event (pool_id, mac) WHERE state = 'written';
CREATE UNIQUE INDEX pool_event_consumed ON pool_event (pool_id, row_id) WHERE state = 'consumed';

-- Rows that nobody has: an index over pool_row and pool_event, kept by their triggers alone.
CREATE TABLE pool_free (
    pool_id  INTEGER NOT NULL,
    position INTEGER NOT NULL,
    row_id   INTEGER NOT NULL,
    PRIMARY KEY (pool_id, position)
) WITHOUT ROWID;

-- What a finished run gave to its board, and what it read from the board's log.
CREATE TABLE run_value (
    run_id   INTEGER NOT NULL REFERENCES outcome,
    position INTEGER NOT NULL,  -- from 1
    kind     TEXT NOT NULL CHECK (kind IN ('unit', 'measured')),
    name     TEXT NOT NULL,
    value    TEXT NOT NULL,     -- '' of a secret
    limits   TEXT NOT NULL,     -- '' = held against nothing
    passed   INTEGER NOT NULL CHECK (passed IN (0, 1)),
    PRIMARY KEY (run_id, position)
) WITHOUT ROWID;

-- What the application printed during a finished run.
CREATE TABLE run_log (
    run_id INTEGER PRIMARY KEY REFERENCES outcome,
    size   INTEGER NOT NULL,
    sha256 TEXT NOT NULL,  -- of zstd
    zstd   BLOB NOT NULL,
    CHECK (length(zstd) = size)
);

-- Append only, as in version 1.
@append_only(pool)
CREATE TRIGGER pool_once BEFORE INSERT ON pool
WHEN EXISTS (SELECT 1 FROM pool WHERE pool_id = NEW.pool_id OR name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'the pool is recorded already'); END;

@append_only(pool_column)
CREATE TRIGGER pool_column_once BEFORE INSERT ON pool_column
WHEN EXISTS (SELECT 1 FROM pool_column WHERE pool_id = NEW.pool_id AND position = NEW.position)
    OR EXISTS (SELECT 1 FROM pool_import WHERE pool_id = NEW.pool_id)
BEGIN SELECT RAISE(ABORT, 'the columns are recorded already'); END;

@append_only(pool_import)
CREATE TRIGGER pool_import_once BEFORE INSERT ON pool_import
WHEN EXISTS (SELECT 1 FROM pool_import WHERE import_id = NEW.import_id OR sha256 = NEW.sha256)
BEGIN SELECT RAISE(ABORT, 'the file is imported already'); END;

@append_only(pool_row)
CREATE TRIGGER pool_row_once BEFORE INSERT ON pool_row
WHEN EXISTS (SELECT 1 FROM pool_row WHERE row_id = NEW.row_id)
    OR EXISTS (SELECT 1 FROM pool_row WHERE pool_id = NEW.pool_id AND key = NEW.key)
    OR EXISTS (SELECT 1 FROM pool_row WHERE pool_id = NEW.pool_id AND mac = NEW.mac)
BEGIN SELECT RAISE(ABORT, 'the row is in the pool already'); END;
CREATE TRIGGER pool_row_of_import BEFORE INSERT ON pool_row
WHEN NOT EXISTS (SELECT 1 FROM pool_import WHERE import_id = NEW.import_id AND pool_id = NEW.pool_id)
    OR NEW.position <> 1 + coalesce((SELECT max(position) FROM pool_row WHERE pool_id = NEW.pool_id), 0)
BEGIN SELECT RAISE(ABORT, 'there is no such import, or the row is taken already'); END;
CREATE TRIGGER pool_row_begins AFTER INSERT ON pool_row
BEGIN INSERT INTO pool_free (pool_id, position, row_id) VALUES (NEW.pool_id, NEW.position, NEW.row_id); END;

CREATE TRIGGER pool_free_keeps BEFORE UPDATE ON pool_free BEGIN SELECT RAISE(ABORT, 'the ledger is append only'); END;
CREATE TRIGGER pool_free_stays BEFORE DELETE ON pool_free
WHEN coalesce(
    (SELECT state FROM pool_event WHERE row_id = OLD.row_id ORDER BY event_id DESC LIMIT 1), 'released') = 'released'
BEGIN SELECT RAISE(ABORT, 'the ledger is append only'); END;
CREATE TRIGGER pool_free_once BEFORE INSERT ON pool_free
WHEN EXISTS (SELECT 1 FROM pool_free WHERE pool_id = NEW.pool_id AND position = NEW.position)
    OR coalesce(
        (SELECT state FROM pool_event WHERE row_id = NEW.row_id ORDER BY event_id DESC LIMIT 1), 'released') <> 'released'
BEGIN SELECT RAISE(ABORT, 'the row is free or given already'); END;
CREATE TRIGGER pool_free_of_row BEFORE INSERT ON pool_free
WHEN NOT EXISTS (
    SELECT 1 FROM pool_row WHERE row_id = NEW.row_id AND pool_id = NEW.pool_id AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'the pool has no such row'); END;

-- The way of a row. What a run has of it ends with the run; a row that was written stays with its MAC.
@append_only(pool_event, wide)
CREATE TRIGGER pool_event_once BEFORE INSERT ON pool_event
WHEN EXISTS (SELECT 1 FROM pool_event WHERE event_id = NEW.event_id)
BEGIN SELECT RAISE(ABORT, 'the event is recorded already'); END;
CREATE TRIGGER pool_event_of_row BEFORE INSERT ON pool_event
WHEN NOT EXISTS (
    SELECT 1 FROM pool_row WHERE row_id = NEW.row_id AND pool_id = NEW.pool_id AND coalesce(mac, NEW.mac) = NEW.mac)
BEGIN SELECT RAISE(ABORT, 'the pool has no such row for this MAC'); END;
CREATE TRIGGER pool_event_of_run BEFORE INSERT ON pool_event
WHEN NOT EXISTS (SELECT 1 FROM run WHERE run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'there is no such run'); END;
CREATE TRIGGER pool_event_in_time BEFORE INSERT ON pool_event
WHEN NEW.state IN ('reserved', 'written', 'verified') AND EXISTS (SELECT 1 FROM outcome WHERE run_id = NEW.run_id)
    OR EXISTS (SELECT 1 FROM chain WHERE run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'the run has ended already'); END;
CREATE TRIGGER pool_event_reserved BEFORE INSERT ON pool_event
WHEN NEW.state = 'reserved' AND EXISTS (
    SELECT 1 FROM pool_event WHERE run_id = NEW.run_id AND pool_id = NEW.pool_id AND state = 'reserved')
BEGIN SELECT RAISE(ABORT, 'the run has a row of this pool already'); END;
CREATE TRIGGER pool_event_reserved_once BEFORE INSERT ON pool_event
WHEN NEW.state = 'reserved' AND EXISTS (
    SELECT 1 FROM (SELECT run_id, state FROM pool_event WHERE row_id = NEW.row_id ORDER BY event_id DESC LIMIT 1) AS last
    WHERE last.state <> 'released' AND NOT EXISTS (SELECT 1 FROM outcome WHERE outcome.run_id = last.run_id))
BEGIN SELECT RAISE(ABORT, 'the row is reserved for another run'); END;
CREATE TRIGGER pool_event_reserved_for_one BEFORE INSERT ON pool_event
WHEN NEW.state = 'reserved' AND EXISTS (
    SELECT 1 FROM pool_event WHERE row_id = NEW.row_id AND state = 'written' AND mac <> NEW.mac)
BEGIN SELECT RAISE(ABORT, 'the row belongs to another MAC'); END;
CREATE TRIGGER pool_event_reserved_alone BEFORE INSERT ON pool_event
WHEN NEW.state = 'reserved' AND EXISTS (
    SELECT 1 FROM pool_event
    WHERE pool_id = NEW.pool_id AND mac = NEW.mac AND state = 'written' AND row_id <> NEW.row_id)
BEGIN SELECT RAISE(ABORT, 'the MAC has another row of this pool'); END;
CREATE TRIGGER pool_event_written BEFORE INSERT ON pool_event
WHEN NEW.state = 'written' AND NOT EXISTS (
    SELECT 1 FROM (SELECT * FROM pool_event WHERE row_id = NEW.row_id ORDER BY event_id DESC LIMIT 1) AS last
    WHERE last.run_id = NEW.run_id AND last.mac = NEW.mac AND last.state IN ('reserved', 'verified'))
BEGIN SELECT RAISE(ABORT, 'only a row that the run has reserved can be written'); END;
CREATE TRIGGER pool_event_verified BEFORE INSERT ON pool_event
WHEN NEW.state = 'verified' AND NOT EXISTS (
    SELECT 1 FROM (SELECT * FROM pool_event WHERE row_id = NEW.row_id ORDER BY event_id DESC LIMIT 1) AS last
    WHERE last.run_id = NEW.run_id AND last.mac = NEW.mac AND last.state = 'written')
BEGIN SELECT RAISE(ABORT, 'only a row that the run has written can be verified'); END;
CREATE TRIGGER pool_event_consumed BEFORE INSERT ON pool_event
WHEN NEW.state = 'consumed' AND NOT EXISTS (
    SELECT 1 FROM (SELECT * FROM pool_event WHERE row_id = NEW.row_id ORDER BY event_id DESC LIMIT 1) AS last
    JOIN outcome ON outcome.run_id = last.run_id
    WHERE last.run_id = NEW.run_id AND last.mac = NEW.mac AND last.state = 'verified'
        AND outcome.outcome IN ('pass', 'pass-marginal'))
BEGIN SELECT RAISE(ABORT, 'only a row that a passed run has verified can be consumed'); END;
CREATE TRIGGER pool_event_consumed_once BEFORE INSERT ON pool_event
WHEN NEW.state = 'consumed' AND EXISTS (SELECT 1 FROM pool_event WHERE row_id = NEW.row_id AND state = 'consumed')
BEGIN SELECT RAISE(ABORT, 'the row is consumed already'); END;
CREATE TRIGGER pool_event_released BEFORE INSERT ON pool_event
WHEN NEW.state = 'released' AND (
    NOT EXISTS (
        SELECT 1 FROM (SELECT * FROM pool_event WHERE row_id = NEW.row_id ORDER BY event_id DESC LIMIT 1) AS last
        JOIN outcome ON outcome.run_id = last.run_id
        WHERE last.run_id = NEW.run_id AND last.mac = NEW.mac AND last.state = 'reserved'
            AND outcome.outcome NOT IN ('pass', 'pass-marginal'))
    OR EXISTS (SELECT 1 FROM pool_event WHERE row_id = NEW.row_id AND state = 'written'))
BEGIN SELECT RAISE(ABORT, 'only a row that is not written can be released, by a run that did not pass'); END;
CREATE TRIGGER pool_event_takes AFTER INSERT ON pool_event WHEN NEW.state = 'reserved'
BEGIN
    DELETE FROM pool_free WHERE pool_id = NEW.pool_id
        AND position = (SELECT position FROM pool_row WHERE row_id = NEW.row_id);
END;
CREATE TRIGGER pool_event_frees AFTER INSERT ON pool_event WHEN NEW.state = 'released'
BEGIN
    INSERT INTO pool_free (pool_id, position, row_id)
        SELECT pool_id, position, row_id FROM pool_row WHERE row_id = NEW.row_id;
END;

@append_only(run_value)
CREATE TRIGGER run_value_once BEFORE INSERT ON run_value
WHEN EXISTS (SELECT 1 FROM chain WHERE run_id = NEW.run_id)
    OR EXISTS (SELECT 1 FROM run_value WHERE run_id = NEW.run_id AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'the value is recorded already'); END;

@append_only(run_log)
CREATE TRIGGER run_log_once BEFORE INSERT ON run_log
WHEN EXISTS (SELECT 1 FROM chain WHERE run_id = NEW.run_id) OR EXISTS (SELECT 1 FROM run_log WHERE run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'the log is recorded already'); END;

-- No run ends with a row in between.
CREATE TRIGGER chain_consumes BEFORE INSERT ON chain
WHEN EXISTS (
    SELECT 1 FROM pool_event AS mine JOIN outcome USING (run_id)
    WHERE mine.run_id = NEW.run_id AND mine.state = 'reserved' AND outcome IN ('pass', 'pass-marginal') AND (
        (SELECT state FROM pool_event WHERE row_id = mine.row_id ORDER BY event_id DESC LIMIT 1)
            NOT IN ('verified', 'consumed')
        OR NOT EXISTS (SELECT 1 FROM pool_event WHERE row_id = mine.row_id AND state = 'consumed')))
BEGIN SELECT RAISE(ABORT, 'a run passes with rows that it has verified only'); END;
CREATE TRIGGER chain_releases BEFORE INSERT ON chain
WHEN EXISTS (
    SELECT 1 FROM pool_event AS mine
    WHERE mine.run_id = NEW.run_id AND mine.state = 'reserved'
        AND (SELECT state FROM pool_event WHERE row_id = mine.row_id ORDER BY event_id DESC LIMIT 1) = 'reserved'
        AND NOT EXISTS (SELECT 1 FROM pool_event WHERE row_id = mine.row_id AND state = 'written'))
BEGIN SELECT RAISE(ABORT, 'a run that ends gives back what it has not written'); END;

-- For people: every row of every pool, and who has it. A row that a MAC keeps is as its last run left it.
CREATE VIEW serials AS
SELECT
    pool.name AS pool,
    pool_row.position AS row,
    iif(pool_column.secret, '(secret)', pool_row.key) AS key,
    coalesce(
        (SELECT state FROM pool_event WHERE row_id = pool_row.row_id AND state = 'consumed'),
        (SELECT state FROM pool_event WHERE row_id = pool_row.row_id AND state IN ('written', 'verified')
         ORDER BY event_id DESC LIMIT 1),
        iif(last.state = 'released', NULL, last.state),
        'free') AS state,
    iif(last.state = 'released', NULL, last.run_id) AS run,
    coalesce(iif(last.state = 'released', NULL, last.mac), pool_row.mac) AS mac,
    iif(last.state = 'released', NULL, last.recorded_utc) AS since,
    pool_import.file AS imported_from,
    pool_import.imported_utc AS imported
FROM pool_row
JOIN pool USING (pool_id)
JOIN pool_import USING (import_id)
JOIN pool_column ON pool_column.pool_id = pool_row.pool_id AND pool_column.position = 1
LEFT JOIN pool_event AS last
    ON last.event_id = (SELECT max(event_id) FROM pool_event AS e WHERE e.row_id = pool_row.row_id);

CREATE VIEW pools AS
SELECT
    pool.name,
    (SELECT max(position) FROM pool_row WHERE pool_row.pool_id = pool.pool_id) AS total,
    (SELECT count(*) FROM pool_free WHERE pool_free.pool_id = pool.pool_id) AS free,
    coalesce(held.reserved, 0) AS reserved,
    coalesce(held.written, 0) AS written,
    coalesce(held.verified, 0) AS verified,
    (SELECT count(*) FROM pool_event WHERE pool_event.pool_id = pool.pool_id AND state = 'consumed') AS consumed
FROM pool
LEFT JOIN (
    SELECT
        pool_id,
        count(*) FILTER (WHERE state = 'reserved') AS reserved,
        count(*) FILTER (WHERE state = 'written') AS written,
        count(*) FILTER (WHERE state = 'verified') AS verified
    FROM (
        SELECT
            pool_id,
            coalesce(
                (SELECT state FROM pool_event
                 WHERE pool_event.row_id = pool_row.row_id AND state IN ('written', 'verified')
                 ORDER BY event_id DESC LIMIT 1),
                'reserved') AS state
        FROM pool_row
        WHERE NOT EXISTS (
                SELECT 1 FROM pool_free
                WHERE pool_free.pool_id = pool_row.pool_id AND pool_free.position = pool_row.position)
            AND NOT EXISTS (
                SELECT 1 FROM pool_event
                WHERE pool_event.pool_id = pool_row.pool_id AND pool_event.row_id = pool_row.row_id
                    AND state = 'consumed'))
    GROUP BY pool_id) AS held USING (pool_id);

-- What each finished run gave to its board.
CREATE VIEW unit_values AS
SELECT run_id AS run, session.batch, outcome.mac, outcome.outcome, run_value.name, run_value.value
FROM run_value
JOIN outcome USING (run_id)
JOIN run USING (run_id)
JOIN session USING (session_id)
WHERE kind = 'unit';

-- What each finished run read from its board's log.
CREATE VIEW measurements AS
SELECT
    run_id AS run,
    session.batch,
    run.slot,
    outcome.mac,
    run_value.name,
    run_value.value,
    run_value.limits,
    iif(run_value.passed, 'yes', 'no') AS passed
FROM run_value
JOIN outcome USING (run_id)
JOIN run USING (run_id)
JOIN session USING (session_id)
WHERE kind = 'measured';
