-- SPDX-License-Identifier: Apache-2.0
-- Schema version 10: how much of a region was written, and what the wire alone takes for it.

-- NULL of what an older version recorded: it wrote every region whole.
ALTER TABLE region ADD COLUMN written INTEGER;  -- bytes; the flash held the rest of `size` already
ALTER TABLE region ADD COLUMN wire_us INTEGER;  -- bytes on the wire at the rate of the link

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
    iif(region_time.run_id IS NULL, NULL, printf('0x%08x', region_time.slowest_addr)) AS slowest_block,
    region.written,
    region.wire_us / 1000.0 AS wire_ms
FROM region
JOIN run USING (run_id)
JOIN session USING (session_id)
LEFT JOIN region_time ON region_time.run_id = region.run_id AND region_time.position = region.position;

-- The rate is that at the end of the stage, so the time is a lower bound.
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
        WHERE run_id = stage.run_id AND region.attempt = stage.attempt), NULL) / 1000.0 AS slowest_block_ms,
    round(max(stage.bytes_sent, stage.bytes_received) * 10000.0 / nullif(stage.baud, 0), 3) AS wire_ms
FROM stage
JOIN run USING (run_id)
JOIN session USING (session_id);
