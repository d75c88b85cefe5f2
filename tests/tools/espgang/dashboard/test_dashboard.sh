#!/usr/bin/env bash
# The dashboard's API: a client starts slots and learns the outcome; its answers agree with the ledger; access is
# limited.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"; . "$(dirname "$0")/lib.sh"
command -v curl >/dev/null || skip 'no curl here: the API was asked by nobody'

cat >"$work/app.log" <<'LOG'
self-test: 3v3=3.31
self-test: OK
LOG
make_job esp32c3 65536 'retry: {attempts: 1}' 'test: [{expect: "self-test: OK", timeout: 60s}]' 'capture:' \
  '  - {name: supply, pattern: "3v3=([0-9.]+)", unit: V, least: 3.0, most: 3.6}'

refused() { # SENTENCE ARGUMENT...
  expect_status 2 "$espgang" run "$work/job.yaml" --sim 1 --ledger "$work/ledger.db" "${@:2}"
  expect_text "$work/err.log" "$1"
}
refused '--http-token-file, --http-name and --http-control go with --http' --http-control
refused '--trigger api goes with --http and --http-control' --trigger api --http 127.0.0.1:0
refused "--http: 'here' is not ADDRESS:PORT" --http here
refused '0.0.0.0:0 is reached from other machines: that needs --http-token-file FILE, and TLS or a proxy in front' --http 0.0.0.0:0
echo 0123456789abcdef >"$work/token"
chmod 644 "$work/token"
refused "$work/token: other users may read the token or change it; run: chmod 600 $work/token" --http 0.0.0.0:0 --http-token-file "$work/token"
chmod 600 "$work/token"
echo short >"$work/short"
chmod 600 "$work/short"
refused "$work/short: the token has 5 characters, not 16 to 200" --http 127.0.0.1:0 --http-token-file "$work/short"
refused "$work/none: No such file or directory" --http 127.0.0.1:0 --http-token-file "$work/none"
[ ! -e "$work/ledger.db" ] || fail 'a command line that was refused made a ledger'

begin_line --sim 3 --trigger api --fast --http-control --fault 2:lie --app-log "$work/app.log" --station 'line "2"'

# A port in use is refused with a sentence.
expect_status 3 "$espgang" run "$work/job.yaml" --sim 1 --ledger "$work/other.db" --http "$address"
expect_text "$work/err.log" "dashboard: listening at $address: Address already in use"

# A fixture starts its slot, and polls until it is done.
expect_equal 'the line' "$(ask /api/v1/line)" 200
expect_equal 'its station' "$(of_body '$.line.station')" 'line "2"'
expect_equal 'its slots' "$(of_body '$.slots[1].slot') $(of_body '$.slots[1].state')" 'sim:esp32c3/2 empty'
expect_equal 'the start of a slot' "$(post /api/v1/start '{"slot": "sim:esp32c3/1", "label": "SCAN-1"}')" 202
done_with() { # SLOT AFTER-RUN
  [ "$(ask "/api/v1/slot?name=sim:esp32c3/$1")" = 200 ] && [ "$(of_body '$.slot.state')" = 'done' ] &&
    [ "$(of_body '$.slot.run')" -gt "$2" ] && [ "$(of_body '$.events[#-1].event')" = result ]
}
wait_until 'slot 1 is done' done_with 1 0
expect_equal 'its outcome' "$(of_body '$.slot.word') $(of_body '$.slot.outcome') $(of_body '$.slot.label')" 'PASS pass SCAN-1'
expect_equal 'its value' "$(of_body '$.events[#-1].values[0].number')" 3.31
expect_equal 'its log' "$(ask "/api/v1/log?run=$(of_body '$.slot.run')") $(grep -c '^self-test: OK' "$work/body")" '200 1'
expect_equal 'no such log' "$(ask '/api/v1/log?run=77')" 404

expect_equal 'the start of all' "$(post /api/v1/start '{}')" 202
wait_until 'slot 2 is done' done_with 2 0
expect_equal 'a board that fails' "$(of_body '$.slot.word') $(of_body '$.slot.code') $(of_body '$.slot.advice')" 'FAIL flash-not-written red box'
wait_until 'slot 3 is done' done_with 3 0
expect_equal 'an unknown slot' "$(post /api/v1/start '{"slot": "B9"}') $(of_body '$.error.text')" \
  '404 there is no slot B9; name one, or its number from 1 to 3'
expect_equal 'a slot by its number' "$(post /api/v1/start '{"slot": "3"}')" 202

expect_equal 'a scan that is no slot' "$(post /api/v1/scan '{"text": "B9 X"}')" 404
scanned() { [ "$(post /api/v1/scan '{"text": " 1 SCAN-2 "}')" = 202 ]; }
wait_until 'slot 1 is scanned when it is free' scanned
labelled() { [ "$(ask '/api/v1/slot?name=sim:esp32c3/1')" = 200 ] && [ "$(of_body '$.slot.label') $(of_body '$.slot.state')" = 'SCAN-2 done' ]; }
wait_until 'its board has the label' labelled

counted() { # all runs that the ledger has are counted by the page's figures
  ask /api/v1/line >/dev/null
  [ "$(of_body '$.batch.units') $(of_body '$.batch.passed')" = "$(ledger 'select count(distinct mac) from runs') $(
    ledger "select count(distinct mac) from runs where outcome like 'pass%'")" ]
}
wait_until 'the batch is what the ledger has' counted
expect_equal 'what failed' "$(of_body '$.batch.causes[0].code')" flash-not-written
expect_equal 'the report' "$(ask /report) $(grep -c '<title>' "$work/body")" '200 1'

# The stream of events continues after the client's last one; the state stream begins with the whole state.
session=$(sed -n '1s/.*"session":"\([0-9a-f]*\)".*/\1/p' "$work/line.log")
curl -sN --max-time 3 -H "Last-Event-ID: $session-3" "$url/api/v1/events" >"$work/events" || true
expect_equal 'the event after the third' "$(sed -n '/^id: /{s/^id: [0-9a-f]*-//p;q}' "$work/events")" 4
sed -n '/^data: /{s///p;q}' "$work/events" >"$work/one"
grep -qxF "$(cat "$work/one")" "$work/line.log" || fail "an event is another one than --json prints: $(cat "$work/one")"
expect_equal 'events that never were' "$(ask /api/v1/events -H "Last-Event-ID: $session-999999")" 410
curl -sN --max-time 3 "$url/api/v1/stream" >"$work/stream" || true
expect_equal 'state of all' "$(grep -m 5 '^event:' "$work/stream" | tr -d '\n')" 'event: lineevent: slotevent: slotevent: slotevent: batch'

# A client ends the line, and all viewers are told.
curl -sN --max-time 60 "$url/api/v1/stream" >"$work/stream" &
watcher=$!
wait_until 'the watcher is served' grep -q '^event: slot' "$work/stream"
expect_equal 'drain' "$(post /api/v1/drain '{}')" 202
wait "$watcher" || fail 'the stream did not end with the line'
grep -q '^event: end' "$work/stream" || fail 'the stream has no end'
end_line 1

# A token gives access to programs and browsers; without control nothing can be changed.
begin_line --sim 1 --trigger program --trigger-program "$(command -v sleep)" --fast --http-token-file "$work/token"
expect_equal 'without token' "$(ask /api/v1/line)" 401
expect_equal 'the page without token' "$(ask / -D "$work/head")" 401
grep -qi '^www-authenticate: basic' "$work/head" || fail 'a browser is not asked for the token'
expect_equal 'a wrong token' "$(ask / -H 'Authorization: Bearer 0123456789abcdeF')" 401
expect_equal 'the token' "$(ask /api/v1/line -H 'Authorization: Bearer 0123456789abcdef')" 200
expect_equal 'read-only' "$(of_body '$.line.may_start') $(of_body '$.line.may_drain')" '0 0'
expect_equal 'the token of a browser' "$(ask / -u any:0123456789abcdef)" 200
expect_equal 'no control' "$(post /api/v1/drain '{}' -u any:0123456789abcdef) $(of_body '$.error.text')" \
  '403 this dashboard is read-only; see --http-control'
guessed() { [ "$(ask / -u any:wrong-wrong-wrong-wrong)" = 429 ]; }
wait_until 'guessing is stopped' guessed
expect_equal 'the token all the same' "$(ask /api/v1/line -u any:0123456789abcdef)" 200
! grep -q 0123456789abcdef "$work/line.log" "$work/line.err.log" || fail 'the token is in the log'
end_line 0

# A job whose boards have labels: the slot is scanned, then its label, or the label alone for the next free slot.
make_job esp32c3 65536 'retry: {attempts: 1}' 'label: {required: yes, pattern: "SN-[0-9]+"}'
begin_line --sim 2 --trigger api --fast --http-control
expect_equal 'all without labels' "$(post /api/v1/start '{}') $(of_body '$.error.text')" '400 the job requires a label: scan it'
expect_equal 'a slot' "$(post /api/v1/scan '{"text": "2"}') $(of_body '$.begun') $(of_body '$.text')" \
  '202 0 slot sim:esp32c3/2: scan the label of its board'
expect_equal 'a label that the job does not take' "$(post /api/v1/scan '{"text": "XX-1"}')" 400
expect_equal 'the label' "$(post /api/v1/scan '{"text": "SN-1"}') $(of_body '$.begun')" '202 1'
wait_until 'slot 2 is done' done_with 2 0
expect_equal 'its label' "$(of_body '$.slot.label')" SN-1
end_line 0
