#!/usr/bin/env bash
# A line that stops by itself: after a number of good units, counted in the ledger, or after a number of failures in a
# row.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"
make_job esp32 65536

line() { # STATUS OPTION...: a line whose next board is there at once
  expect_status "$1" timeout 120 "$espgang" run job.yaml --fast --trigger program --trigger-program true --ledger ledger.db "${@:2}"
}

# Never more than wanted, although there are more sockets than missing boards; every third board fails.
line 1 --sim 4 --fault 2:lie --fault 5:lie --fault 8:lie --batch good --stop-after 5
expect_text out.log 'batch good has its 5 good units: no further board begins'
expect_equal 'good units' "$(ledger "select count(distinct mac) from runs where batch = 'good' and outcome like 'pass%'")" 5

# A batch can continue to a higher number, but not to one that it already has.
line 0 --sim 2 --seed 2 --batch more --stop-after 2
line 0 --sim 3 --seed 3 --batch more --stop-after 9
expect_equal 'good units of both lines' "$(ledger "select count(distinct mac) from runs where batch = 'more' and outcome like 'pass%'")" 9
line 2 --sim 2 --batch more --stop-after 9
expect_text err.log 'batch more has 9 good units already, and --stop-after is 9'

line 1 --sim 2 --fault lie --batch bad --stop-failures 4
expect_text out.log '4 boards in a row did not pass, the last in slot sim:esp32/'
[ "$(ledger "select count(*) from runs where batch = 'bad'")" -le 5 ] || fail 'boards begin after the line has stopped'

# Boards that wait for their turn do not begin either.
line 1 --sim 4 --fault lie --batch turns --stop-failures 2 --at-once 1
expect_equal 'runs of a line that stops after two' "$(ledger "select count(*) from runs where batch = 'turns'")" 2

# A pause: nobody begins until somebody lets the line go on, and failures are counted anew.
: >pause.log # what runs in the background may make it later than it is read
"$espgang" run job.yaml --fast --trigger program --trigger-program true --ledger ledger.db --sim 2 --fault lie --batch pause --pause-failures 3 \
  --plain --http 127.0.0.1:0 --http-control >pause.log 2>&1 &
line=$!
children+=("$line")
wait_for() { # COUNT TEXT
  for _ in $(seq 600); do
    [ "$(grep -cF -- "$2" pause.log)" -lt "$1" ] || return 0
    sleep 0.1
  done
  fail "no '$2' in $(cat pause.log)"
}
boards() { ledger "select count(*) from runs where batch = 'pause' and outcome <> 'unfinished'"; }
wait_for 1 'the line pauses: 3 boards in a row did not pass, the last in slot sim:esp32/'
until [ "$(ledger "select count(*) from runs where batch = 'pause' and outcome = 'unfinished'")" = 0 ]; do sleep 0.1; done
paused=$(boards)
[ "$paused" -ge 3 ] && [ "$paused" -le 4 ] || fail "$paused boards until the line paused"
kill -USR1 "$line"
wait_for 1 'the line goes on'
wait_for 2 'the line pauses'
[ "$(boards)" -gt "$paused" ] || fail 'no board began after the line went on'
if command -v curl >/dev/null; then # from a browser, too
  url=$(sed -n 's|.*dashboard at \(http://[^ /]*\)/.*|\1|p' pause.log)
  pauses() { curl -s "$url/api/v1/line" | grep -q "\"paused\":$1"; }
  until pauses true; do sleep 0.1; done
  expect_equal 'go on' "$(curl -s -X POST -H 'Content-Type: application/json' -d '{}' "$url/api/v1/go-on")" '{"version":1,"paused":false}'
  wait_for 2 'the line goes on'
  wait_for 3 'the line pauses'
  until pauses true; do sleep 0.1; done
fi
kill -TERM "$line"
wait "$line" && fail 'a line of failed boards ended with 0' || true
expect_status 2 "$espgang" run job.yaml --sim 2 --pause-failures 3
printf 'espgang_station: 1\ntrigger: program\ntrigger_program: "true"\nlimits: {stop_failures: 2}\n' >station.yaml
line 1 --sim 2 --fault lie --batch file --station "$work/station.yaml"
expect_text out.log '2 boards in a row did not pass'

# A socket's supply is switched before its board is tried again.
printf '#!/bin/sh\necho "$1 $ESPGANG_ATTEMPT" >>%s/switched\n' "$work" >switch
chmod +x switch
printf 'espgang_station: 1\npower: {program: ./switch}\n' >station.yaml
expect_status 1 "$espgang" run job.yaml --sim 1 --fast --hooks --fault lie --batch power --station "$work/station.yaml" --ledger ledger.db
expect_equal 'switched' "$(cat switched)" 'sim:esp32/1 1'
expect_text out.log 'the supply of the socket was switched off and on'
chmod -x switch
expect_status 2 "$espgang" run job.yaml --sim 1 --hooks --station "$work/station.yaml" --ledger ledger.db
expect_text err.log 'station.yaml:2:18: power.program: '

# One bad socket among good ones.
faults=()
for board in $(seq 1 3 60); do faults+=(--fault "$board:lie"); done
line 1 --sim 3 --disable-slots "${faults[@]}" --batch slot --stop-after 30
expect_text out.log 'sim:esp32/1: warning: the slot is disabled: '
bad=$(ledger "select count(*) from runs where batch = 'slot' and slot = 'sim:esp32/1'")
[ "$bad" -ge 3 ] && [ "$bad" -le 10 ] || fail "$bad boards were put into the bad socket"

expect_status 2 "$espgang" run job.yaml --sim 2 --stop-after 3
expect_text err.log '--stop-after, --stop-failures, --pause-failures and --disable-slots go with --watch or --trigger'
