#!/usr/bin/env bash
# Questions to the ledger: every number equals the result of independent SQL on the same file.
build=$1; . "$(dirname "$0")/lib.sh"
ledger=$work/ledger.db
export ESPGANG_LEDGER=$ledger
cd "$work"

ask() { # WORD...: into $work/out.log, with nothing to complain about
  expect_status 0 "$espgang" "$@"
  expect_equal "standard error of '$*'" "$(cat err.log)" ''
}
refused() { # STATUS SENTENCE WORD...
  local status=$1 sentence=$2
  shift 2
  expect_status "$status" "$espgang" "$@"
  expect_equal "standard error of '$*'" "$(cat err.log)" "espgang: $sentence"
  expect_equal "standard output of '$*'" "$(cat out.log)" ''
}
json() { # PATH: of the document in out.log
  sqlite3 -batch -noheader :memory: "SELECT json_extract(CAST(readfile('out.log') AS TEXT), '$.$1')"
}
csv() { # SQL over the table `answer`, which is out.log
  sqlite3 -batch -noheader :memory: '.import --csv out.log answer' "$1"
}

# The command line.
for command in history units runs compare duplicates; do
  case $command in
    history) words=(A-1) ;;
    compare) words=(a b) ;;
    *) words=() ;;
  esac
  usage="; see 'espgang $command --help'"
  refused 2 "--json and --csv exclude each other$usage" $command "${words[@]}" --json --csv
  refused 3 "ledger $ledger: opening it: No such file or directory" $command "${words[@]}"
  [ ! -e "$ledger" ] || fail "$command made a ledger"
done
refused 2 "missing argument: MAC|SERIAL|LABEL; see 'espgang history --help'" history
refused 2 "unexpected argument 'b'; see 'espgang history --help'" history a b
refused 2 "missing argument: BATCH|CONDITIONS; see 'espgang compare --help'" compare a
refused 2 "unexpected argument 'a'; see 'espgang units --help'" units a
refused 2 "unexpected argument 'a'; see 'espgang duplicates --help'" duplicates a
refused 2 "--outcome: 'good' is none of pass, pass-marginal, fail, error and aborted; see 'espgang units --help'" \
  units --outcome pass,good
refused 2 "--since: '2026-02-30' is no time like 2026-11-27, 2026-11-27T10:00, 24h or 7d; see 'espgang units --help'" units --since 2026-02-30

# Two batches, the second cut short.
"$build/tools/bench/make_ledger" 1500 "$ledger" 7 1000
# They merge in slices, and into another ledger they come once.
expect_status 0 "$espgang" merge "$ledger" --ledger merged.db
expect_text out.log '1500 runs merged, 0 here already, 0 unfinished and left there'
expect_status 0 "$espgang" merge "$ledger" --ledger merged.db
expect_text out.log '0 runs merged, 1500 here already, 0 unfinished and left there'
expect_status 0 "$espgang" audit --ledger merged.db
batch="batch = 'batch-1'"
last="SELECT * FROM runs WHERE finish_order IN
  (SELECT max(finish_order) FROM runs WHERE $batch GROUP BY coalesce(mac, run))"

ask units --batch batch-1 --csv
expect_equal 'units of a batch' "$(csv 'SELECT run, mac, outcome, code FROM answer ORDER BY run + 0')" \
  "$(ledger "SELECT run, coalesce(mac, ''), outcome, code FROM ($last) ORDER BY run")"
expect_equal 'line ends' "$(grep -c $'\r$' out.log)" "$(wc -l <out.log)"
ask units --batch batch-1 --json
for outcome in pass fail error aborted; do
  expect_equal "units: $outcome" "$(json "$outcome")" "$(ledger "SELECT count(*) FROM ($last) WHERE outcome = '$outcome'")"
done
expect_equal 'units: all' "$(json count)" "$(ledger "SELECT count(*) FROM ($last)")"
expect_equal 'kind of document' "$(json espgang) $(json version) $(json ledger)" "units 2 $ledger"
ask units --batch batch-1 --outcome fail,error --slot 1-2.3 --csv
expect_equal 'units of a slot' "$(csv 'SELECT run FROM answer ORDER BY run + 0')" \
  "$(ledger "SELECT run FROM runs WHERE finish_order IN (SELECT max(finish_order) FROM runs
    WHERE $batch AND slot = '1-2.3' GROUP BY coalesce(mac, run)) AND outcome IN ('fail', 'error') ORDER BY run")"
ask units --since 2024-01-01T08:10Z --until 2024-01-01T08:11Z --csv
expect_equal 'units of two minutes' "$(csv 'SELECT count(*) FROM answer')" \
  "$(ledger "SELECT count(DISTINCT coalesce(mac, run)) FROM runs
    WHERE finished >= '2024-01-01T08:10' AND finished < '2024-01-01T08:12'")"
ask units --batch batch-1
expect_equal 'widest line' "$(awk '{ if (length($0) > w) w = length($0) } END { print (w <= 100) }' out.log)" 1
expect_equal 'counts' "$(tail -n 1 out.log)" "$(ledger "SELECT (SELECT count(*) FROM ($last)) || ' units: '
  || group_concat(size || ' ' || outcome, ', ') FROM (SELECT outcome, count(*) AS size FROM ($last) GROUP BY outcome
  ORDER BY instr('pass pass-marginal fail error aborted ', outcome || ' '))")"
ask units --code none
expect_equal 'no units' "$(cat out.log)" 'no units'
ask units --code none --json
expect_equal 'no units as JSON' "$(json units) $(json count)" '[] 0'
for command in units runs export 'history x'; do
  # shellcheck disable=SC2086 # two words
  refused 3 "ledger $ledger: has no batch c; the newest are batch-2, batch-1" $command --batch batch-1,c
done

# Lists of runs, by the same selection; local times in text, UTC elsewhere.
ask runs --batch batch-1,batch-2 --slot 1-2.3 --outcome fail,error --csv
expect_equal 'runs of a slot' "$(csv 'SELECT run FROM answer ORDER BY run + 0')" \
  "$(ledger "SELECT run FROM runs WHERE slot = '1-2.3' AND outcome IN ('fail', 'error') ORDER BY run")"
ask runs --station "$(ledger 'SELECT station FROM runs LIMIT 1')" --operator "$(ledger 'SELECT operator FROM runs LIMIT 1')" \
  --job "$(ledger 'SELECT job FROM runs LIMIT 1')" --newest 3 --json
expect_equal 'the newest runs' "$(json count) $(json 'runs[0].run') $(json 'runs[2].run')" \
  "3 $(ledger "SELECT (max(run) - 2) || char(32) || max(run) FROM runs")"
for nothing in --station=x --operator=x --job=x --label=x --chip=esp8266 --code=x; do
  ask runs $nothing
  expect_equal "runs $nothing" "$(cat out.log)" 'no runs'
done
ask runs --newest 1 --columns run,started,duration_ms --csv
expect_equal 'asked columns' "$(cat out.log)" "$(printf 'run,started,duration_ms\r\n%s\r' \
  "$(ledger "SELECT run || ',' || started || ',' || duration_ms FROM runs ORDER BY run DESC LIMIT 1")")"
TZ=CST-8 ask runs --newest 1 --columns run,started
expect_equal 'local times' "$(sed -n 2p out.log)" \
  "$(ledger "SELECT printf('%d  ', run) || strftime('%Y-%m-%d %H:%M:%S+08:00', started, '+8 hours') FROM runs ORDER BY run DESC LIMIT 1")"
TZ=CST-8 ask units --since 2024-01-01T16:10 --until 2024-01-01T16:11 --csv
expect_equal 'a selection by local times' "$(csv 'SELECT count(*) FROM answer')" \
  "$(ledger "SELECT count(DISTINCT coalesce(mac, run)) FROM runs
    WHERE finished >= '2024-01-01T08:10' AND finished < '2024-01-01T08:12'")"
ask runs --newest 1 --columns all --csv
expect_equal 'all columns' "$(csv 'SELECT hash, firmware FROM answer')" \
  "$(ledger "SELECT hash, (SELECT group_concat(name || '=' || expected_sha256, '; ') FROM regions AS r WHERE r.run = runs.run)
    FROM runs ORDER BY run DESC LIMIT 1")"
ask runs --newest 1 --columns all
expect_equal 'all columns fit' "$(awk '{ if (length($0) > w) w = length($0) } END { print (w <= 100) }' out.log)" 1
refused 2 "--columns: 'run' is there twice; see 'espgang units --help'" units --columns run,run
expect_status 2 "$espgang" units --columns run,colour
expect_text err.log "--columns: there is no column 'colour'; the first line of '--columns all --csv' has all names; see"
expect_status 2 "$espgang" runs --columns run,outcom
expect_text err.log "--columns: there is no column 'outcom'; did you mean 'outcome'; see"

# A unit that came back, by its MAC and by its serial number.
mac=$(ledger "SELECT mac FROM runs WHERE mac IS NOT NULL GROUP BY mac
  HAVING count(*) = 2 AND max(outcome = 'pass') ORDER BY mac LIMIT 1")
serial=$(ledger "SELECT value FROM unit_values WHERE mac = '$mac' LIMIT 1")
for text in "$mac" "$(tr -d : <<<"$mac" | tr a-f A-F)" "$serial"; do
  ask history "$text" --json
  expect_equal "history of $text" "$(json 'units[0].mac') $(json 'units[0].runs[0].run') $(json 'units[0].runs[1].run')" \
    "$mac $(ledger "SELECT group_concat(run, ' ') FROM (SELECT run FROM runs WHERE mac = '$mac' ORDER BY run)")"
done
run=$(json 'units[0].runs[1].run')
expect_equal 'serial of a run' "$(json 'units[0].runs[1].serial')" "$serial"
expect_equal 'measured of a run' "$(json 'units[0].runs[1].values[1].value')" \
  "$(ledger "SELECT value FROM measurements WHERE run = $run LIMIT 1")"
for column in number unit lower upper; do
  expect_equal "$column of a measured value" "$(json "units[0].runs[1].values[1].$column")" \
    "$(ledger "SELECT iif(typeof($column) = 'real', printf('%.15g', $column), $column) FROM measurements WHERE run = $run LIMIT 1")"
done
expect_equal 'digest of a run' "$(json 'units[0].runs[1].regions[3].sha256')" \
  "$(ledger "SELECT expected_sha256 FROM regions WHERE run = $run AND name = 'app'")"
expect_equal 'stages of a run' "$(json 'units[0].runs[1].stages[#-1].stage')" finish
ask history "$mac" --csv
expect_equal 'history as CSV' "$(csv 'SELECT run, outcome FROM answer')" \
  "$(ledger "SELECT run, outcome FROM runs WHERE mac = '$mac' ORDER BY run")"
ask history "$mac" --outcome pass --columns outcome --csv
expect_equal 'history of a selection' "$(cat out.log)" "$(printf 'outcome\r\npass\r')"
ask history "$mac"
expect_equal 'widest line' "$(awk '{ if (length($0) > w) w = length($0) } END { print (w <= 100) }' out.log)" 1
! grep -q '^stages:' out.log || fail 'stages without --verbose'
ask history "$mac" --verbose
expect_text out.log 'stages:'
refused 1 "ledger $ledger: no run of a unit with MAC, serial, label or pool key 'ACME-9'" history ACME-9

# Side by side.
ask compare batch-1 batch-2 --csv
expect_equal codes "$(csv "SELECT name, first, second, difference FROM answer WHERE section = 'codes' ORDER BY name")" \
  "$(ledger "SELECT code, count(*) FILTER (WHERE $batch), count(*) FILTER (WHERE NOT $batch),
    count(*) FILTER (WHERE NOT $batch) - count(*) FILTER (WHERE $batch)
    FROM runs WHERE outcome NOT LIKE 'pass%' GROUP BY code ORDER BY code")"
expect_equal 'yield' "$(csv "SELECT first FROM answer WHERE name = 'yield_percent'")" \
  "$(ledger "SELECT printf('%.1f', avg(outcome LIKE 'pass%') * 100) FROM ($last)")"
expect_equal 'median cycle' "$(csv "SELECT first FROM answer WHERE name = 'cycle_ms'")" \
  "$(ledger "SELECT duration_ms FROM runs WHERE $batch AND outcome LIKE 'pass%' ORDER BY duration_ms
    LIMIT 1 OFFSET (SELECT (count(*) - 1) / 2 FROM runs WHERE $batch AND outcome LIKE 'pass%')")"
# Fisher's exact test computed with logarithms of factorials, from the counts above.
significance=$(csv "WITH RECURSIVE
  n AS (SELECT sum(iif(name IN ('passed', 'marginal'), first, 0)) AS a, sum(iif(name = 'units', first, 0)) AS n,
      sum(iif(name IN ('passed', 'marginal'), second, 0)) AS b, sum(iif(name = 'units', second, 0)) AS m FROM answer WHERE section = 'counts'),
  f AS (SELECT 0 AS i, 0.0 AS l UNION ALL SELECT i + 1, l + ln(i + 1) FROM f WHERE i < 5000),
  k AS (SELECT max(0, a + b - m) AS k FROM n UNION ALL SELECT k + 1 FROM k, n WHERE k < min(n, a + b)),
  t AS (SELECT k, fn.l - fk.l - fr.l + fm.l - fj.l - fs.l AS l FROM k, n JOIN f AS fn ON fn.i = n.n JOIN f AS fm ON fm.i = n.m
      JOIN f AS fk ON fk.i = k JOIN f AS fr ON fr.i = n.n - k JOIN f AS fj ON fj.i = a + b - k JOIN f AS fs ON fs.i = m - a - b + k),
  top AS (SELECT max(l) AS top FROM t), seen AS (SELECT l AS seen FROM t, n WHERE k = a)
  SELECT iif(p >= 0.05, 'no difference beyond chance', iif(b * n > a * m, 'the second is better than chance explains',
      'the second is worse than chance explains')) || printf(' (p = %.4f, Fisher''s exact test)', p)
    FROM n, (SELECT sum(iif(l <= seen + 1e-7, exp(l - top), 0)) / sum(exp(l - top)) AS p FROM t, top, seen)")
ask compare batch-1 batch-2 --json
expect_equal 'significance' "$(json significance)" "yield: $significance"
ask compare batch-1 batch-2 --csv
expect_equal 'values' "$(csv "SELECT first FROM answer WHERE section = 'values' AND name IN ('supply min', 'supply max')")" \
  "$(ledger "SELECT printf('%.2f V', min(number)) FROM measurements WHERE $batch AND name = 'supply'
    UNION SELECT printf('%.2f V', max(number)) FROM measurements WHERE $batch AND name = 'supply'")"
refused 3 "ledger $ledger: has no batch c; the newest are batch-2, batch-1" compare batch-1 c
# Any two selections: slots of a batch; cycle times by the Mann-Whitney test, computed once more from the ledger.
ask compare slot=1-1.1+batch=batch-1 slot=1-2.3 --outcome pass,pass-marginal --json
one="slot = '1-1.1' AND $batch AND outcome LIKE 'pass%'" other="slot = '1-2.3' AND outcome LIKE 'pass%'"
expect_equal 'units of two slots' "$(json 'counts[0].first') $(json 'counts[0].second')" \
  "$(ledger "SELECT (SELECT count(DISTINCT mac) FROM runs WHERE $one) || ' ' || (SELECT count(DISTINCT mac) FROM runs WHERE $other)")"
if command -v python3 >/dev/null; then
  expect_equal 'test of cycles' "$(json 'tests[0].name') $(json 'tests[0].p') $(json 'tests[0].second_higher')" "$(ledger "
    SELECT 1, duration_us FROM runs JOIN outcome ON run_id = run WHERE ${one//outcome/runs.outcome}
    UNION ALL SELECT 2, duration_us FROM runs JOIN outcome ON run_id = run WHERE ${other//outcome/runs.outcome}" | python3 -c '
import sys, statistics, collections
rows = [line.split("|") for line in sys.stdin]
a, b = ([int(value) for side, value in rows if side == which] for which in "12")
n, m, every = len(a), len(b), a + b
u = sum((y > x) + (y == x) / 2 for x in a for y in b)
ties = sum(c ** 3 - c for c in collections.Counter(every).values())
variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
z = max(0, abs(u - n * m / 2) - 0.5) / variance ** 0.5
p, share = f"{min(1, 2 * (1 - statistics.NormalDist().cdf(z))):.4f}", f"{u / n / m:.3f}"
print("cycle_ms", float(p), float(share))')"
fi
ask compare batch=batch-1 batch=batch-2
expect_text out.log 'tests:'
refused 2 "'colour=red' is no condition like slot=A3, each once: batch, since, until, station, operator, slot, label, job, chip, outcome or code; see 'espgang compare --help'" \
  compare batch-1 colour=red

# Every document is what the schema says.
schema=$(dirname "$0")/../../reports/questions.schema.json
if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
  number=0
  for words in 'runs --newest 3 --columns all' 'runs --newest 1' 'units --batch batch-2' "history $mac" 'compare batch-1 batch-2' duplicates contacts; do
    # shellcheck disable=SC2086 # words
    ask $words --json
    cp out.log "answer-$((++number)).json"
  done
  /usr/bin/python3 "$(dirname "$0")/report_schema.py" "$schema" answer-*.json 2>python.log || fail "not what the schema says: $(cat python.log)"
  sed 's/"outcome":"[a-z]*"/"outcome":1/' answer-1.json >bad.json
  ! /usr/bin/python3 "$(dirname "$0")/report_schema.py" "$schema" bad.json 2>python.log || fail 'an outcome that is a number fits the schema'
else
  echo 'SKIPPED: no schema was looked at: no Debian package python3-jsonschema here' >&2
fi

# Duplicates: a real line programs the same boards for two batches.
ask duplicates
expect_equal duplicates "$(cat out.log)" 'no duplicates'
make_job esp32 65536
start_boards two 2 --fast --chip esp32
for batch in x y; do
  expect_status 0 "$espgang" run job.yaml --ports "${urls[0]}" --ports "${urls[1]}" --batch $batch
done
expect_status 0 "$espgang" run job.yaml --sim 2 --fast --batch rehearsal --ledger "$ledger" # of the same MACs: not counted
expect_status 1 "$espgang" duplicates --csv
expect_equal 'duplicates' "$(csv 'SELECT kind, value, among, runs FROM answer ORDER BY value')" \
  "$(ledger "SELECT 'batches-of-mac', mac, 'x, y', group_concat(run, ', ') FROM (SELECT mac, run FROM runs
    WHERE batch IN ('x', 'y') ORDER BY run) GROUP BY mac ORDER BY mac")"
expect_status 1 "$espgang" duplicates --batch x
expect_equal 'counted' "$(tail -n 1 out.log)" '2 duplicates'
ask duplicates --batch batch-1
ask units --since 1h --csv
expect_equal 'units of the last hour' "$(csv 'SELECT count(*) FROM answer')" 2
