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

# If the ledger disappears, the line ends by itself, and every green board is recorded.
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

# An empty pool ends the line, too; the board that has the last serial is finished first.
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

# Rehearsal of a line: simulated hands insert and remove boards until the number of insertions is reached.
make_job esp32c3 65536 'link: {return: 300ms}'
status=0
"$espgang" run "$work/job.yaml" --sim 3 --watch --fast --pace 200 --seed 4 --insertions 12 --fault 5:lie --json \
  --ledger "$work/ledger.db" --batch hands >"$work/hands.log" || status=$?
expect_equal 'status, with boards that were taken out' "$status" 1
expect_equal 'runs in each slot' "$(ledger "select slot, count(*) from runs where batch = 'hands' group by 1")" \
  $'sim:esp32c3/1|4\nsim:esp32c3/2|4\nsim:esp32c3/3|4'
pulled=$(sed -nE 's/.*put in 12 boards, .* took out ([0-9]+) too early.*/\1/p' "$work/hands.log")
expect_equal outcomes "$(ledger "select case when code in ('board-removed', 'board-exchanged') then 'taken-out' else code end, count(*)
    from runs where batch = 'hands' group by 1 order by 1")" \
  "flash-not-written|1"$'\n'"ok|$((11 - pulled))"$'\n'"taken-out|$pulled"
expect_equal 'the board with the fault' "$(ledger "select slot || ' ' || mac from runs where code = 'flash-not-written'")" \
  'sim:esp32c3/2 02:65:67:00:00:05'

# Without that number it goes on until it is told to end, and then accepts no further board.
"$espgang" run "$work/job.yaml" --sim 2 --watch --fast --pace 200 --insertions 0 --json >"$work/line.log" 2>"$work/line.err.log" &
line=$!
children+=("$line")
for _ in $(seq 600); do
  [ "$(grep -c '"event":"result"' "$work/line.log" || true)" -ge 12 ] && break
  sleep 0.1
done
status=0
kill -TERM "$line"
wait "$line" || status=$?
unset 'children[-1]'
[ "$status" -le 1 ] || fail "an endless rehearsal ended with $status: $(cat "$work/line.err.log")"
expect_text "$work/line.err.log" 'no further board begins; once more to abort those in progress'
[ "$(grep -c '"event":"result"' "$work/line.log")" -ge 12 ] || fail "the rehearsal ended by itself: $(cat "$work/line.log")"
! grep -q '"outcome":"aborted"' "$work/line.log" || fail 'a board in progress was not finished'
