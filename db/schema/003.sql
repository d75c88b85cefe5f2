-- SPDX-License-Identifier: Apache-2.0
-- Schema version 3: more of the device (bridge, label, unique id of the flash, PSRAM) and of the writing of its flash.

-- The USB device behind the port of a run, as the system has it; no row = not known, or no USB.
CREATE TABLE run_bridge (
    run_id INTEGER PRIMARY KEY REFERENCES run,
    vid    INTEGER NOT NULL,
    pid    INTEGER NOT NULL,
    serial TEXT  -- the device's own
);

-- What stands on the label of the board, as it was scanned or typed.
CREATE TABLE run_label (
    run_id INTEGER PRIMARY KEY REFERENCES run,
    label  TEXT NOT NULL CHECK (label <> '')
);

-- What a finished run knows of its board besides outcome's columns.
CREATE TABLE run_device (
    run_id          INTEGER PRIMARY KEY REFERENCES outcome,
    flash_unique_id TEXT,    -- lower-case hex, in the order the flash gives it
    psram           TEXT,    -- in the chip's package: 'none', '8MB', 'of unknown size'
    psram_size      INTEGER  -- bytes
);

-- How long the flash took for a region, by its last attempt. A region that could not be written has no row.
CREATE TABLE region_time (
    run_id          INTEGER NOT NULL REFERENCES outcome,
    position        INTEGER NOT NULL,  -- the region's
    blocks          INTEGER NOT NULL CHECK (blocks > 0),
    erase_us        INTEGER,           -- until the chip said it has erased; NULL when it erases as it programs
    block_min_us    INTEGER NOT NULL,  -- from one block's answer to the next one's
    block_median_us INTEGER NOT NULL,
    block_max_us    INTEGER NOT NULL,
    slowest_addr    INTEGER NOT NULL,  -- where in the flash the block begins that took longest
    PRIMARY KEY (run_id, position),
    FOREIGN KEY (run_id, position) REFERENCES region
) WITHOUT ROWID;

-- Append only, as in version 1.
@append_only(run_bridge)
CREATE TRIGGER run_bridge_once BEFORE INSERT ON run_bridge
WHEN EXISTS (SELECT 1 FROM outcome WHERE run_id = NEW.run_id)
    OR EXISTS (SELECT 1 FROM run_bridge WHERE run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'the bridge is recorded already'); END;

@append_only(run_label)
CREATE TRIGGER run_label_once BEFORE INSERT ON run_label
WHEN EXISTS (SELECT 1 FROM outcome WHERE run_id = NEW.run_id)
    OR EXISTS (SELECT 1 FROM run_label WHERE run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'the label is recorded already'); END;

@append_only(run_device)
CREATE TRIGGER run_device_once BEFORE INSERT ON run_device
WHEN EXISTS (SELECT 1 FROM chain WHERE run_id = NEW.run_id)
    OR EXISTS (SELECT 1 FROM run_device WHERE run_id = NEW.run_id)
BEGIN SELECT RAISE(ABORT, 'the device is recorded already'); END;

@append_only(region_time)
CREATE TRIGGER region_time_once BEFORE INSERT ON region_time
WHEN EXISTS (SELECT 1 FROM chain WHERE run_id = NEW.run_id)
    OR EXISTS (SELECT 1 FROM region_time WHERE run_id = NEW.run_id AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'the times are recorded already'); END;

CREATE INDEX run_device_by_flash ON run_device (flash_unique_id) WHERE flash_unique_id IS NOT NULL;

-- As in version 1, with the new columns at the end.
DROP VIEW runs;
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
    chain.hash,
    run_label.label,
    iif(run_bridge.run_id IS NULL, NULL, printf('%04x:%04x', run_bridge.vid, run_bridge.pid)) AS bridge,
    run_bridge.serial AS bridge_serial,
    run_device.flash_unique_id,
    run_device.psram,
    run_device.psram_size,
    CASE coalesce(outcome.secure_boot, intent.secure_boot) WHEN 1 THEN 'on' WHEN 0 THEN 'off' END AS secure_boot,
    CASE coalesce(outcome.flash_encryption, intent.flash_encryption) WHEN 1 THEN 'on' WHEN 0 THEN 'off' END AS flash_encryption,
    CASE coalesce(outcome.secure_download, intent.secure_download) WHEN 1 THEN 'on' WHEN 0 THEN 'off' END AS secure_download
FROM run
JOIN session USING (session_id)
JOIN job USING (job_id)
LEFT JOIN outcome ON outcome.run_id = run.run_id
LEFT JOIN chain ON chain.run_id = run.run_id
LEFT JOIN run_bridge ON run_bridge.run_id = run.run_id
LEFT JOIN run_label ON run_label.run_id = run.run_id
LEFT JOIN run_device ON run_device.run_id = run.run_id
LEFT JOIN intent ON intent.intent_id = (SELECT max(intent_id) FROM intent AS i WHERE i.run_id = run.run_id);

-- The two times of the last attempt's blocks are those of all its regions.
DROP VIEW stages;
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
        WHERE run_id = stage.run_id AND region.attempt = stage.attempt), NULL) / 1000.0 AS slowest_block_ms
FROM stage
JOIN run USING (run_id)
JOIN session USING (session_id);

DROP VIEW regions;
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
    iif(region_time.run_id IS NULL, NULL, printf('0x%08x', region_time.slowest_addr)) AS slowest_block
FROM region
JOIN run USING (run_id)
JOIN session USING (session_id)
LEFT JOIN region_time ON region_time.run_id = region.run_id AND region_time.position = region.position;
