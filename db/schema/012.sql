-- SPDX-License-Identifier: Apache-2.0
-- Schema version 12: what a run erased, and what a region should hold once per image, not once per run.

-- A stretch of flash that a run erased and did not write.
CREATE TABLE run_erased (
    run_id     INTEGER NOT NULL REFERENCES outcome,
    position   INTEGER NOT NULL,  -- from 1
    name       TEXT NOT NULL,     -- the partition, or 'the whole flash'
    flash_addr INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    was_blank  INTEGER NOT NULL CHECK (was_blank IN (0, 1)),  -- 1: it was, so nothing was erased
    erase_us   INTEGER NOT NULL,
    read_md5   TEXT,              -- these three as in region
    method     TEXT NOT NULL,
    verdict    TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
) WITHOUT ROWID;
@append_only(run_erased)
CREATE TRIGGER run_erased_once BEFORE INSERT ON run_erased
WHEN EXISTS (SELECT 1 FROM chain WHERE run_id = NEW.run_id)
    OR EXISTS (SELECT 1 FROM run_erased WHERE run_id = NEW.run_id AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'what was erased is recorded already'); END;

CREATE VIEW erased AS
SELECT
    run_id AS run,
    session.batch,
    position,
    name,
    printf('0x%08x', flash_addr) AS address,
    size,
    attempt,
    iif(was_blank, 'was blank', 'erased') AS done,
    erase_us / 1000.0 AS erase_ms,
    read_md5,
    method,
    verdict
FROM run_erased
JOIN run USING (run_id)
JOIN session USING (session_id);

-- What a region should hold, once for all runs that should hold the same. No run's hash lacks it: a run's regions are
-- hashed as the view `region` shows them.
CREATE TABLE image (
    image_id        INTEGER PRIMARY KEY,  -- 1, 2, 3, without a gap
    name            TEXT NOT NULL,
    file            TEXT NOT NULL,
    flash_addr      INTEGER NOT NULL,
    size            INTEGER NOT NULL,
    expected_md5    TEXT NOT NULL,
    expected_sha256 TEXT NOT NULL
);
CREATE INDEX image_by_md5 ON image (substr(expected_md5, 1, 8));
@append_only(image)
CREATE TRIGGER image_once BEFORE INSERT ON image
WHEN EXISTS (SELECT 1 FROM image WHERE image_id = NEW.image_id)
BEGIN SELECT RAISE(ABORT, 'the image is recorded already'); END;

-- Of a row with an image, the columns that the image has are '' or 0, and read_md5 is '=' where it is the expected one.
-- A row without an image is of an older version, and has all of its own.
DROP VIEW regions;
DROP VIEW stages;
ALTER TABLE region RENAME TO region_row;
ALTER TABLE region_row ADD COLUMN image_id INTEGER REFERENCES image;
DROP TRIGGER region_keeps;
DROP TRIGGER region_stays;
DROP TRIGGER region_once;
@append_only(region_row)
CREATE TRIGGER region_row_once BEFORE INSERT ON region_row
WHEN EXISTS (SELECT 1 FROM chain WHERE run_id = NEW.run_id)
    OR EXISTS (SELECT 1 FROM region_row WHERE run_id = NEW.run_id AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'the region is recorded already'); END;

CREATE VIEW region AS
SELECT
    row.run_id AS run_id,
    row.position AS position,
    coalesce(image.name, '') || row.name AS name,
    coalesce(image.file, '') || row.file AS file,
    coalesce(image.flash_addr, 0) + row.flash_addr AS flash_addr,
    coalesce(image.size, 0) + row.size AS size,
    row.attempt AS attempt,
    coalesce(image.expected_md5, '') || row.expected_md5 AS expected_md5,
    coalesce(image.expected_sha256, '') || row.expected_sha256 AS expected_sha256,
    iif(row.read_md5 = '=', image.expected_md5, row.read_md5) AS read_md5,
    row.method AS method,
    row.verdict AS verdict,
    row.write_us AS write_us,
    row.written AS written,
    row.wire_us AS wire_us
FROM region_row AS row
LEFT JOIN image ON image.image_id = row.image_id;

CREATE TRIGGER region_adds INSTEAD OF INSERT ON region
BEGIN
    INSERT INTO image (name, file, flash_addr, size, expected_md5, expected_sha256)
        SELECT NEW.name, NEW.file, NEW.flash_addr, NEW.size, NEW.expected_md5, NEW.expected_sha256
        WHERE NOT EXISTS (
            SELECT 1 FROM image
            WHERE substr(expected_md5, 1, 8) = substr(NEW.expected_md5, 1, 8) AND expected_md5 = NEW.expected_md5
                AND expected_sha256 = NEW.expected_sha256 AND name = NEW.name AND file = NEW.file
                AND flash_addr = NEW.flash_addr AND size = NEW.size);
    INSERT INTO region_row (
        run_id, position, name, file, flash_addr, size, attempt, expected_md5, expected_sha256, read_md5, method, verdict,
        write_us, written, wire_us, image_id)
    VALUES (
        NEW.run_id, NEW.position, '', '', 0, 0, NEW.attempt, '', '',
        iif(NEW.read_md5 = NEW.expected_md5, '=', NEW.read_md5), NEW.method, NEW.verdict,
        NEW.write_us, NEW.written, NEW.wire_us, (
            SELECT image_id FROM image
            WHERE substr(expected_md5, 1, 8) = substr(NEW.expected_md5, 1, 8) AND expected_md5 = NEW.expected_md5
                AND expected_sha256 = NEW.expected_sha256 AND name = NEW.name AND file = NEW.file
                AND flash_addr = NEW.flash_addr AND size = NEW.size));
END;

-- As in version 10.
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
    region.write_us / 1000.0 AS write_ms,
    region_time.blocks,
    region_time.erase_us / 1000.0 AS erase_ms,
    region_time.block_min_us / 1000.0 AS block_min_ms,
    region_time.block_median_us / 1000.0 AS block_median_ms,
    region_time.block_max_us / 1000.0 AS block_max_ms,
    iif(region_time.run_id IS NULL, NULL, printf('0x%08x', region_time.slowest_addr)) AS slowest_block,
    region.written,
    region.wire_us / 1000.0 AS wire_ms
FROM region
JOIN run USING (run_id)
JOIN session USING (session_id)
LEFT JOIN region_time ON region_time.run_id = region.run_id AND region_time.position = region.position;

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
    stage.resends,
    iif(stage.stage = 'write', (
        SELECT min(block_min_us) FROM region_time JOIN region USING (run_id, position)
        WHERE run_id = stage.run_id AND region.attempt = stage.attempt), NULL) / 1000.0 AS fastest_block_ms,
    iif(stage.stage = 'write', (
        SELECT max(block_max_us) FROM region_time JOIN region USING (run_id, position)
        WHERE run_id = stage.run_id AND region.attempt = stage.attempt), NULL) / 1000.0 AS slowest_block_ms,
    round(max(stage.bytes_sent, stage.bytes_received) * 10000.0 / nullif(stage.baud, 0), 3) AS wire_ms
FROM stage
JOIN run USING (run_id)
JOIN session USING (session_id);
