#!/usr/bin/env bash
# Events of `run --json`: real streams match the schema, and contain what an MES needs to know about a board.
build=$1; . "$(dirname "$0")/lib.sh"
here=$(dirname "$0")

python=/usr/bin/python3
"$python" -c 'import jsonschema' 2>/dev/null ||
  skip 'the events were held against no schema: no Debian package python3-jsonschema here'

fits() { # FILE: the kinds of events in it
  "$python" "$here/events.py" "$here/../../reports/events.schema.json" "$1" 2>"$work/python.log" || fail "$1: $(cat "$work/python.log")"
}

cat >"$work/app.log" <<'LOG'
self-test: 3v3=2.91 rssi=-61
self-test: OK
LOG
make_job esp32c3 65536 'retry: {attempts: 1}' 'unit: {serial: {pool: serials}}' 'test: [{expect: "self-test: OK", timeout: 60s}]' 'capture:' \
  '  - {name: supply, pattern: "3v3=([0-9.]+)", unit: V, least: 3.0, most: 3.6}' \
  '  - {name: rssi, pattern: "rssi=(-?[0-9]+)", unit: dBm}'
{ echo serial; seq -f A-%.0f 60; } >"$work/serials.csv"
expect_status 0 "$espgang" pool import "$work/serials.csv" --ledger "$work/ledger.db"
expect_status 1 "$espgang" run "$work/job.yaml" --sim 2 --fast --ledger "$work/ledger.db" --batch one --json \
  --app-log "$work/app.log" --label sim:esp32c3/1=LABEL --fault 2:silent
cp "$work/out.log" "$work/one.jsonl"
expect_equal 'kinds of events' "$(fits "$work/one.jsonl")" \
  'batch-begin batch-end note outcome progress result run-begin stage-begin stage-end'

result() { # SLOT SQL-EXPRESSION of the event's text e
  grep '"event":"result","slot":"sim:esp32c3/'"$1"'"' "$work/one.jsonl" >"$work/result.json"
  sqlite3 -batch :memory: "select $2 from (select readfile('$work/result.json') as e)"
}
expect_equal 'a measured value as a number' \
  "$(result 1 "json_extract(e, '\$.values[1].name', '\$.values[1].number', '\$.values[1].unit', '\$.values[1].least', '\$.values[1].most', '\$.values[1].passed')")" \
  '["supply",2.91,"V",3.0,3.6,false]'
expect_equal 'a value without limits' "$(result 1 "json_extract(e, '\$.values[2]')")" \
  '{"kind":"measured","name":"rssi","value":"-61","passed":true,"unit":"dBm","number":-61.0}'
expect_equal 'label, code' "$(result 1 "json_extract(e, '\$.label', '\$.code')")" '["LABEL","test-failed"]'
expect_equal 'digest of the application' "$(result 1 "json_extract(e, '\$.regions[2].sha256')")" \
  "$(ledger "select expected_sha256 from region where run_id = $(result 1 "json_extract(e, '\$.run')") and name = 'app'")"
expect_equal 'a board that does not answer has no values' "$(result 2 "json_extract(e, '\$.code', '\$.values')")" '["no-sync",[]]'

# A line with boards that come, go and fail.
expect_status 1 "$espgang" run "$work/job.yaml" --sim 4 --watch --insertions 12 --pace 1000 --fast --json --seed 7 \
  --app-log "$work/app.log" --ledger "$work/ledger.db" --batch line
cp "$work/out.log" "$work/line.jsonl"
case " $(fits "$work/line.jsonl") " in *' unplugged '*) ;; *) fail 'no board was unplugged' ;; esac
expect_equal 'results are the runs of the ledger' "$(grep -c '"event":"result"' "$work/line.jsonl")" \
  "$(ledger "select count(*) from runs where batch = 'line'")"

# Test the test: an invalid event is found.
sed '1s/"job":"e2e",//' "$work/one.jsonl" >"$work/bad.jsonl"
! "$python" "$here/events.py" "$here/../../reports/events.schema.json" "$work/bad.jsonl" 2>"$work/python.log" || fail 'an event without its job fits'
expect_text "$work/python.log" "'event': 'batch-begin', 'job_version'"
