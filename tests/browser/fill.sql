-- A batch 'big' of @N@ runs, made up by arithmetic so that it is the same every time: 16 slots, of which the seventh is a
-- bad socket, three flash parts, of which one is a bad reel, some boards aborted, some that come again, values with limits.
-- For a ledger that is there; a chain is pretended.
INSERT INTO job (sha256, name, version, chip, text)
    VALUES ('00', 'acme "sensor" <b>', '1.4.0', 'esp32c3', 'x');
INSERT INTO session (job_id, started_utc, station, operator, batch, job_path, tool_version)
    SELECT max(job_id), '2026-11-23T06:00:00.000Z', 'line 3', 'mira', 'big', 'job.yaml', '0.1.0' FROM job;
CREATE TEMP TABLE made AS
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @N@),
    dice AS (SELECT i, i * 2654435761 % 4294967296 AS d, i * 40503 * 2654435761 % 4294967296 AS e,
            (SELECT coalesce(max(run_id), 0) FROM run) AS before,
            (SELECT coalesce(max(chain_id), 0) FROM chain) AS chained FROM n),
    drawn AS (SELECT i + before AS run_id, i + chained AS chain_id, i, d, i % 16 + 1 AS slot, d % 10000 AS p, e % 10000 AS q,
            CASE WHEN d / 7 % 10 < 6 THEN 0x1640c8 WHEN d / 7 % 10 < 9 THEN 0x1640ef ELSE 0x164068 END AS jedec FROM dice)
    SELECT *, CASE
            WHEN q < 30 THEN 'cancelled'
            WHEN slot = 7 AND p < 1200 THEN 'no-sync'
            WHEN jedec = 0x164068 AND p > 9200 THEN 'flash-stuck-bits'
            WHEN p < 60 THEN 'verify-mismatch'
            WHEN p < 90 THEN 'test-failed'
            WHEN p < 100 THEN 'no-sync'
            ELSE 'ok' END AS code,
        printf('7c:df:a1:%02x:%02x:%02x', i * 99 / 100 / 65536, i * 99 / 100 / 256 % 256, i * 99 / 100 % 256) AS mac,
        strftime('%Y-%m-%dT%H:%M:%S', 1795413600 + i * 4, 'unixepoch') || printf('.%03dZ', d % 1000) AS begun,
        strftime('%Y-%m-%dT%H:%M:%S', 1795413600 + i * 4 + 15, 'unixepoch') || printf('.%03dZ', d % 1000) AS ended,
        14000000 + d % 3000000 + CASE WHEN jedec = 0x164068 THEN 4000000 ELSE 0 END AS duration
    FROM drawn;
INSERT INTO run (run_id, session_id, slot, port, started_utc)
    SELECT run_id, (SELECT max(session_id) FROM session), printf('usb-1-%d.%d', slot / 4 + 1, slot % 4 + 1), '/dev/ttyUSB' || slot,
        begun FROM made;
INSERT INTO outcome (run_id, finished_utc, outcome, code, blame, sentence, marginal, attempts, duration_us, bytes_sent, bytes_received, resends,
        mac, chip, revision, package, flash_jedec, flash_size, secure_boot, flash_encryption, secure_download)
    SELECT run_id, ended, CASE code WHEN 'ok' THEN CASE WHEN q < 400 THEN 'pass-marginal' ELSE 'pass' END WHEN 'cancelled' THEN 'aborted' WHEN 'no-sync' THEN 'error'
            ELSE 'fail' END,
        code, CASE code WHEN 'ok' THEN '' WHEN 'cancelled' THEN 'host' WHEN 'no-sync' THEN 'link' ELSE 'board' END,
        CASE code WHEN 'ok' THEN '' ELSE 'write: ' || code || ' at <0x10000> & "more"' END,
        CASE WHEN code = 'ok' AND q < 400 THEN 'blocks were sent again' ELSE '' END,
        CASE WHEN q < 500 THEN 2 ELSE 1 END, duration, 900000, 20000, 0, CASE code WHEN 'no-sync' THEN NULL ELSE mac END, 'esp32c3', 4, 'QFN32',
        CASE code WHEN 'no-sync' THEN NULL ELSE jedec END, CASE code WHEN 'no-sync' THEN NULL ELSE 4194304 END, 0, 0, 0
    FROM made;
INSERT INTO stage
    SELECT run_id, s.column1, s.column2, 1, begun, duration * s.column3 / 100, CASE WHEN code = 'ok' OR s.column1 < 4 THEN 'ok' ELSE code END,
        '', 921600, 1, 1, 0, CASE s.column2 WHEN 'write' THEN duration * 65 / 100 END, CASE s.column2 WHEN 'write' THEN 'rate' WHEN 'verify' THEN 'digest' END
    FROM made, (VALUES (1, 'connect', 5), (2, 'identify', 1), (3, 'stub', 4), (4, 'write', 70), (5, 'verify', 12), (6, 'test', 8)) AS s;
INSERT INTO region
    SELECT run_id, 1, 'app', 'a.bin', 65536, 655360, 1, 'a5', 'b6', 'a5', 'md5-by-chip', CASE code WHEN 'verify-mismatch' THEN 'different' ELSE 'equal' END, 1000, 655360, 970
    FROM made WHERE code NOT IN ('no-sync', 'cancelled');
INSERT INTO run_value
    WITH read AS (SELECT run_id, v.column1 AS position, v.column2 AS kind, v.column3 AS name, v.column4 AS unit,
            v.column5 AS lower, v.column6 AS upper,
            CASE v.column1 WHEN 1 THEN printf('ACME-%06d', i) WHEN 2 THEN printf('%.2f', 3.2 + (d % 400 + i % 37) / 1000.0)
                ELSE printf('%d', -50 - d % 17) END AS value
        FROM made, (VALUES (1, 'unit', 'serial', NULL, NULL, NULL), (2, 'measured', 'supply', 'V', '3.22', '3.60'),
            (3, 'measured', 'rssi', 'dBm', NULL, NULL)) AS v WHERE code = 'ok')
    SELECT run_id, position, kind, name, value, iif(lower IS NULL, '', '3.22 to 3.60 V'),
        iif(lower IS NULL, 1, CAST(value AS REAL) BETWEEN 3.22 AND 3.60), unit, lower, upper, iif(unit IS NULL, NULL, CAST(value AS REAL))
    FROM read;
INSERT INTO chain (chain_id, run_id, form, previous, hash) SELECT chain_id, run_id, 2, 'p', printf('%064d', chain_id) FROM made;
