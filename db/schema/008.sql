-- SPDX-License-Identifier: Apache-2.0
-- Schema version 8: measured values as number, unit and limits, each in a column of its own.

-- Of a measured value; NULL of the others, and of all that an older version recorded: those have the unit in `value`
-- and the limits in `limits` alone.
ALTER TABLE run_value ADD COLUMN unit TEXT;    -- '' = none
ALTER TABLE run_value ADD COLUMN lower TEXT;   -- decimal, as the job has it; NULL = no limit
ALTER TABLE run_value ADD COLUMN upper TEXT;
ALTER TABLE run_value ADD COLUMN number REAL;  -- `value` as a number; NULL = it is none

-- Values of all versions alike: `value` as it was read, without its unit.
CREATE VIEW run_values AS
SELECT
    run_id,
    position,
    kind,
    name,
    iif(old, word, value) AS value,
    iif(old, CAST(word AS REAL), number) AS number,
    nullif(iif(old, substr(value, length(word) + 2), unit), '') AS unit,
    CASE
        WHEN unit IS NOT NULL THEN CAST(lower AS REAL)
        WHEN limits GLOB 'at least *' THEN CAST(substr(limits, 10) AS REAL)
        WHEN limits GLOB '* to *' THEN CAST(limits AS REAL)
    END AS lower,
    CASE
        WHEN unit IS NOT NULL THEN CAST(upper AS REAL)
        WHEN limits GLOB 'at most *' THEN CAST(substr(limits, 9) AS REAL)
        WHEN limits GLOB '* to *' THEN CAST(substr(limits, instr(limits, ' to ') + 4) AS REAL)
    END AS upper,
    limits,
    passed
FROM (
    SELECT
        *,
        unit IS NULL AND kind = 'measured' AND word GLOB '*[0-9]' AND ltrim(word, '+-') GLOB '[0-9]*'
        AND word NOT GLOB '?*[^0-9.]*' AND word NOT GLOB '*.*.*' AS old
    FROM (SELECT *, substr(value, 1, instr(value || ' ', ' ') - 1) AS word FROM run_value));

DROP VIEW measurements;
CREATE VIEW measurements AS
SELECT
    run_id AS run,
    session.batch,
    run.slot,
    outcome.mac,
    name,
    value,
    number,
    unit,
    lower,
    upper,
    limits,
    iif(passed, 'yes', 'no') AS passed
FROM run_values
JOIN outcome USING (run_id)
JOIN run USING (run_id)
JOIN session USING (session_id)
WHERE kind = 'measured';
