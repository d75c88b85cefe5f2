#!/usr/bin/env bash
# A line: boards are plugged in, programmed, taken out, and the next ones come.
build=$1; . "$(dirname "$0")/lib.sh"

make_job esp32c3 65536
refused() { # SENTENCE ARGUMENT...
  local sentence=$1
  shift
  expect_status 2 "$espgang" run "$work/job.yaml" --watch "$@"
  expect_text "$work/err.log" "$sentence"
}
refused '--sim and --watch exclude each other' --sim 2
refused "which 'tcp://127.0.0.1:1' does not" --ports tcp://127.0.0.1:1

mkdir "$work/ports"
"$espgang" run "$work/job.yaml" --watch --ports "$work/ports/*" --ledger "$work/ledger.db" --json >"$work/line.log" 2>"$work/line.err.log" &
line=$!
children+=("$line")

wait_for() { # COUNT EVENT
  for _ in $(seq 600); do
    [ "$(grep -c "\"event\":\"$2\"" "$work/line.log" || true)" -ge "$1" ] && return
    sleep 0.1
  done
  fail "no $1 events $2 in $(cat "$work/line.log")"
}

start_boards first 2 --chip esp32c3 --pty --download --link "$work/ports"
wait_for 2 result
kill "${children[-1]}"
wait "${children[-1]}" || fail "vboard ended with $?"
wait_for 2 unplugged
start_boards second 1 --chip esp32 --pty --download --link "$work/ports"
wait_for 3 result

status=0
kill -INT "$line"
wait "$line" || status=$?
expect_equal 'status, with one board that was refused' "$status" 1
expect_equal runs "$(ledger "select group_concat(outcome || ' ' || code, ', ') from (select outcome, code from runs order by run)")" \
  'pass ok, pass ok, fail wrong-chip'

# A ledger that is gone in mid-line ends it by itself, with nothing green that is not on record.
"$espgang" run "$work/job.yaml" --watch --ports "$work/ports/*" --ledger "$work/gone.db" --json >"$work/line.log" 2>"$work/line.err.log" &
line=$!
children+=("$line")
wait_for 1 result
kill "${children[-2]}"
wait_for 1 unplugged
rm "$work"/gone.db*
start_boards third 1 --chip esp32c3 --pty --download --link "$work/ports"
status=0
wait "$line" || status=$?
expect_equal 'status without a ledger' "$status" 3
grep -q '"event":"result".*"code":"ledger"' "$work/line.log" || fail "no board was refused by the ledger: $(cat "$work/line.log")"
! grep -q '"outcome":"pass"' "$work/line.log" || fail 'a board is green without a ledger'

# So does a pool with nothing left; the board that has the last serial goes on to its end.
make_job esp32c3 524288 'unit: {serial: {pool: serials}}'
printf 'serial\n1\n' >"$work/serials.csv"
expect_status 0 "$espgang" pool import "$work/serials.csv" --ledger "$work/ledger.db"
"$espgang" run "$work/job.yaml" --watch --ports "$work/ports/*" --ledger "$work/ledger.db" --batch serials --json >"$work/line.log" 2>"$work/line.err.log" &
line=$!
children+=("$line")
kill "${children[-2]}"
wait "${children[-2]}" || true
start_boards fourth 2 --chip esp32c3 --pty --download --link "$work/ports"
status=0
wait "$line" || status=$?
expect_equal 'status with an empty pool' "$status" 3
expect_equal 'two boards and one serial' "$(ledger "select outcome, code, count(*) from runs where batch = 'serials' group by 1, 2 order by 1")" \
  $'error|pool-empty|1\npass|ok|1'
