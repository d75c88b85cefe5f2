-- SPDX-License-Identifier: Apache-2.0
-- Schema version 15: the least time that a stage needs on the wire, and what made it take longer.

ALTER TABLE stage ADD COLUMN wire_us INTEGER;  -- NULL of older versions, and of links without a rate
ALTER TABLE stage ADD COLUMN limited_by TEXT;  -- rate, latency, resends, erase, flash, digest; NULL = not known

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
    stage.wire_us / 1000.0 AS wire_ms,
    stage.limited_by
FROM stage
JOIN run USING (run_id)
JOIN session USING (session_id);
