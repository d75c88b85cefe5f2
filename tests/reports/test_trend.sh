#!/usr/bin/env bash
# Trends over many batches: every number of CSV and JSON equals that of SQL written otherwise.
build=$1; . "$(dirname "$0")/../e2e/lib.sh"
ledger=$work/ledger.db
export ESPGANG_LEDGER=$ledger TZ=CST-8
cd "$work"

csv() { # SQL over the table `answer`, which is t.csv
  sqlite3 -batch -noheader :memory: '.import --csv t.csv answer' "$1"
}
json() { # SQL over `doc`, which is t.json
  sqlite3 -batch -noheader :memory: "WITH doc AS (SELECT CAST(readfile('t.json') AS TEXT) AS d) $1"
}

# Eight days of 200 units; some come back the next day, into another batch.
"$build/tools/bench/make_ledger" 1650 "$ledger" 7 200
sqlite3 "$ledger" "DROP TRIGGER outcome_keeps; UPDATE outcome SET mac = (SELECT mac FROM outcome AS o WHERE o.run_id = outcome.run_id - 200)
  WHERE run_id > 300 AND run_id % 50 = 7; DROP TRIGGER run_device_keeps; UPDATE run_device SET flash_unique_id = (SELECT flash_unique_id
  FROM run_device AS d WHERE d.run_id = run_device.run_id - 200) WHERE run_id > 300 AND run_id % 50 = 7; UPDATE outcome SET code = 'test-failed', outcome = 'fail', sentence = 'x'
  WHERE run_id % 90 = 5; DROP TRIGGER run_value_keeps;
  UPDATE run_value SET passed = 0 WHERE run_id % 90 = 5 AND kind = 'measured' AND name = 'supply'"
local_day="date(runs.finished, '+8 hours')"
last="SELECT *, date(finished, '+8 hours') AS day FROM runs AS r WHERE outcome <> 'unfinished' AND (mac IS NOT NULL OR chip IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM runs AS o WHERE o.mac = r.mac AND o.finish_order > r.finish_order)"
cause="CASE WHEN code = 'test-failed' AND EXISTS (SELECT 1 FROM measurements AS m WHERE m.run = l.run AND passed = 'no')
    THEN 'supply out of limits' WHEN code IN ('no-sync', 'port-gone') THEN 'Contact lost'
    WHEN code IN ('flash-stuck-bits', 'verify-mismatch') THEN 'Flash faults' WHEN code = 'not-accepted' THEN 'Wrong board'
    WHEN code = 'cancelled' THEN 'Aborted' WHEN code = 'test-failed' THEN 'Test failed' ELSE code END"

expect_status 0 "$espgang" report --by day --csv t.csv --json t.json --html t.html
expect_equal 'units and yield by day' \
  "$(csv "SELECT begin, units, pass, pass_marginal, fail, error, aborted, printf('%.6f', yield) FROM answer")" \
  "$(ledger "SELECT strftime('%Y-%m-%dT16:00:00Z', day, '-1 day'), count(*), sum(outcome = 'pass'), sum(outcome = 'pass-marginal'), sum(outcome = 'fail'),
      sum(outcome = 'error'), sum(outcome = 'aborted'), printf('%.6f', avg(outcome LIKE 'pass%')) FROM ($last) GROUP BY day ORDER BY day")"
expect_equal 'first pass by day' "$(csv "SELECT printf('%.6f', first_pass_yield) FROM answer")" \
  "$(ledger "SELECT printf('%.6f', avg(outcome LIKE 'pass%' AND coalesce((SELECT outcome LIKE 'pass%' AND attempts = 1 FROM runs AS f WHERE f.mac = l.mac
      ORDER BY finish_order LIMIT 1), 0))) FROM ($last) AS l GROUP BY day ORDER BY day")"
expect_equal 'runs and cycle by day' "$(csv "SELECT runs, printf('%.6f', cycle_median_s) FROM answer")" \
  "$(ledger "WITH passed AS (SELECT $local_day AS day, duration_us, row_number() OVER (PARTITION BY $local_day ORDER BY duration_us) AS place,
        count(*) OVER (PARTITION BY $local_day) AS size FROM runs JOIN outcome ON run_id = run WHERE runs.outcome LIKE 'pass%')
      SELECT (SELECT count(*) FROM runs WHERE $local_day = day AND outcome <> 'unfinished'), printf('%.6f', duration_us / 1e6)
        FROM passed WHERE place = (size + 1) / 2 ORDER BY day")"
expect_equal 'causes by day' \
  "$(json "SELECT json_extract(p.value, '\$.begin_utc'), json_extract(c.value, '\$.name'), json_extract(c.value, '\$.units')
      FROM doc, json_each(d, '\$.periods') AS p, json_each(p.value, '\$.causes') AS c ORDER BY 1, 2")" \
  "$(ledger "SELECT strftime('%Y-%m-%dT16:00:00Z', day, '-1 day'), $cause AS cause, count(*) FROM ($last) AS l
      WHERE outcome NOT LIKE 'pass%' GROUP BY day, cause ORDER BY 1, 2")"
# A value counts once for each unit: that of its first test.
first="SELECT m.name, m.number AS x, m.lower, m.upper, m.passed, date(r.finished, '+8 hours') AS day, m.run FROM measurements AS m JOIN runs AS r USING (run)
  WHERE NOT EXISTS (SELECT 1 FROM measurements AS o WHERE o.mac = m.mac AND o.name = m.name AND o.run < m.run)"
expect_equal 'values by day' \
  "$(json "SELECT json_extract(p.value, '\$.begin_utc'), json_extract(m.value, '\$.name'), json_extract(m.value, '\$.n'), json_extract(m.value, '\$.outside'),
      printf('%.7f %.7f %.3f %.3f %.6f', json_extract(m.value, '\$.mean'), json_extract(m.value, '\$.sd'), json_extract(m.value, '\$.least'),
        json_extract(m.value, '\$.most'), json_extract(m.value, '\$.cpk'))
      FROM doc, json_each(d, '\$.periods') AS p, json_each(p.value, '\$.measured') AS m ORDER BY 1, 2")" \
  "$(ledger "WITH v AS ($first), s AS (SELECT day, name, count(*) AS n, sum(passed = 'no') AS outside, avg(x) AS mean, min(x) AS least, max(x) AS most,
        min(lower) AS lower, min(upper) AS upper FROM v GROUP BY day, name),
      d AS (SELECT s.*, sqrt((SELECT sum((x - mean) * (x - mean)) FROM v WHERE v.day = s.day AND v.name = s.name) / (n - 1)) AS sd FROM s)
      SELECT strftime('%Y-%m-%dT16:00:00Z', day, '-1 day'), name, n, outside, printf('%.7f %.7f %.3f %.3f %.6f', mean, sd, least, most,
        min(mean - lower, upper - mean) / 3 / sd) FROM d ORDER BY 1, 2")"
expect_equal 'batches' \
  "$(json "SELECT json_extract(b.value, '\$.batch'), json_extract(b.value, '\$.units'), json_extract(b.value, '\$.pass') FROM doc, json_each(d, '\$.batches') AS b ORDER BY 1")" \
  "$(ledger "SELECT batch, count(*), sum(outcome = 'pass') FROM ($last) GROUP BY batch ORDER BY batch")"
expect_equal 'all units' "$(json "SELECT json_extract(d, '\$.total.units') FROM doc")" "$(ledger "SELECT count(*) FROM ($last)")"
expect_equal 'units of all days and batches' \
  "$(json "SELECT (SELECT sum(json_extract(value, '\$.units')) FROM json_each(d, '\$.periods')) = json_extract(d, '\$.total.units'),
    (SELECT sum(json_extract(value, '\$.units')) FROM json_each(d, '\$.batches')) = json_extract(d, '\$.total.units') FROM doc")" '1|1'

# Some of it: two batches, a slot, a day, an outcome.
expect_status 0 "$espgang" report --batch batch-2,batch-3 --slot 1-2.3 --outcome fail,error --json t.json
expect_equal 'units of a selection' "$(json "SELECT json_extract(d, '\$.total.fail') + json_extract(d, '\$.total.error'), json_extract(d, '\$.total.units'),
    json_extract(d, '\$.total.yield') FROM doc")" \
  "$(ledger "WITH s AS (SELECT * FROM runs WHERE batch IN ('batch-2', 'batch-3') AND slot = '1-2.3')
    SELECT count(*), count(*), NULL FROM s AS r WHERE outcome IN ('fail', 'error') AND (mac IS NOT NULL OR chip IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM s AS o WHERE o.mac = r.mac AND o.finish_order > r.finish_order)")"
expect_status 0 "$espgang" report --since 2024-01-03 --until 2024-01-04 --by month --csv t.csv
expect_equal 'two days in a month' "$(csv 'SELECT count(*), sum(runs) FROM answer')" \
  "1|$(ledger "SELECT count(*) FROM runs WHERE $local_day IN ('2024-01-03', '2024-01-04') AND outcome <> 'unfinished'")"
expect_status 0 "$espgang" report --station nowhere --csv t.csv --json empty.json --html t.html
expect_equal 'nothing' "$(wc -l <t.csv)" 1
expect_status 2 "$espgang" report --by year --csv t.csv
expect_equal 'a step' "$(cat err.log)" "espgang: --by is 'year', not day, week or month; see 'espgang report --help'"
expect_status 2 "$espgang" report --batch batch-1,batch-2 --junit t.xml
expect_status 3 "$espgang" report --batch batch-1,none --json t2.json
[ ! -e t2.json ] || fail 'a report of an unknown batch was written'

# Types are what SQLite's import and the schema say.
expect_status 0 "$espgang" report --batch batch-1,batch-2 --json t.json --csv t.csv
schema=$(dirname "$0")/../../reports/trend.schema.json
if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
  /usr/bin/python3 "$(dirname "$0")/../e2e/report_schema.py" "$schema" t.json empty.json 2>python.log || fail "not what the schema says: $(cat python.log)"
  sed 's/"by":"day"/"by":"hour"/' t.json >bad.json
  ! /usr/bin/python3 "$(dirname "$0")/../e2e/report_schema.py" "$schema" bad.json 2>python.log || fail 'a step of an hour fits the schema'
else
  echo 'SKIPPED: no schema was looked at: no Debian package python3-jsonschema here' >&2
fi
