#!/usr/bin/env bash
# Hooks before and after boards and batches: their input, the effect of their failure, and Ctrl-C while they run.
build=$1; . "$(dirname "$0")/lib.sh"

# script NAME LINE...: write a program next to the job.
script() {
  local name=$1
  shift
  printf '%s\n' '#!/bin/sh' "cd $work" "$@" >"$work/$name"
  chmod +x "$work/$name"
}

# run_job STATUS ARGUMENT...
run_job() {
  local status=$1
  shift
  expect_status "$status" "$espgang" run "$work/job.yaml" --fast --hooks --ledger "$work/ledger.db" "$@"
}

# told FILE PATH: print a value of a JSON file, as SQLite reads it.
told() {
  sqlite3 -batch -noheader :memory: "select json_extract(readfile('$work/$1'), '$2')"
}

# Hooks run in the job's folder, and get JSON on standard input and the same data in the environment.
ulimit -S -c "$(ulimit -H -c)"
script tell.sh 'grep "Max core" /proc/$PPID/limits >core' 'cat >"told.$ESPGANG_EVENT.$ESPGANG_RUN"' 'echo "$*" >"words.$ESPGANG_EVENT.$ESPGANG_RUN"' \
  'env | grep ^ESPGANG_ >"variables.$ESPGANG_EVENT.$ESPGANG_RUN"'
script label.sh 'cat >"told.$ESPGANG_EVENT.$ESPGANG_RUN"' \
  'sqlite3 -cmd ".timeout 10000" "$1" "select outcome from runs where run = $ESPGANG_RUN" >"ledger.$ESPGANG_RUN"'
make_job esp32c3 65536 'hooks:' '  before_batch: ./tell.sh' '  before_board: [./tell.sh, "on  $HOME", ";"]' \
  "  after_board: [./label.sh, $work/ledger.db]" '  after_batch: ./tell.sh'
run_job 0 --sim 4 --batch first
for file in "$work"/told.*; do
  expect_equal "$file is JSON" "$(sqlite3 :memory: "select json_valid(readfile('$file'))")" 1
done
expect_equal 'hooks that ran' "$(cd "$work" && echo told.*)" "$(echo told.after-batch. told.after-board.{1..4} \
  told.before-batch. told.before-board.{1..4})"
expect_equal 'arguments meet no shell' "$(cat "$work/words.before-board.1")" 'on  $HOME ;'
slot=$(ledger 'select slot from runs where run = 2')
expect_equal 'slot before the board' "$(told told.before-board.2 $.slot)" "$slot"
expect_text "$work/variables.before-board.2" "ESPGANG_SLOT=$slot"
expect_equal 'a MAC' "$(told told.after-board.2 $.mac)" "$(ledger 'select mac from runs where run = 2')"
expect_equal 'a digest' "$(told told.after-board.2 '$.regions[2].read_md5')" \
  "$(md5sum <"$work/firmware/app.bin" | cut -c1-32)"
expect_equal 'batch and count' "$(told told.after-batch. $.batch) $(told told.after-batch. $.passed)" 'first 4'

expect_equal 'core dumps' "$(awk '{ print $5 }' "$work/core")" 0 # keys would be in them

# A label is printed after the pass is recorded; a required hook runs before.
expect_equal 'the ledger has it before the label' "$(cat "$work"/ledger.{1..4} | sort | uniq -c | xargs)" '4 pass'
make_job esp32c3 65536 'hooks:' "  after_board: [./label.sh, $work/ledger.db]" '  required: after_board'
run_job 0 --sim 1
expect_equal 'a required one runs before' "$(cat "$work/ledger.5")" unfinished
# In this order; further stages may come between them.
expect_equal 'stages of the record' "$(ledger "select group_concat(stage, ' ') from (select stage from stages where run = 5 and stage in
  ('connect', 'identify', 'admit', 'stub', 'write', 'verify', 'finish', 'after-board') order by position)")" \
  'connect identify admit stub write verify finish after-board'
expect_equal 'the last stages of the record' "$(ledger 'select stage from stages where run = 5 order by position desc limit 2')" \
  $'after-board\nfinish'

# A failure is a warning, unless the hook is required; then only that board fails.
script power.sh '[ "${ESPGANG_SLOT##*/}" != 2 ] && exit' 'echo no answer >&2; echo "relay 2 is stuck" >&2' 'exit 3'
make_job esp32c3 65536 'hooks: {before_board: ./power.sh}'
run_job 0 --sim 2 --batch tolerant
expect_text "$work/out.log" 'warning: before-board: power.sh exited with status 3: relay 2 is stuck'
expect_equal 'on record' "$(ledger "select code || ': ' || sentence from stages where batch = 'tolerant' and code != 'ok'")" \
  'program-failed: power.sh exited with status 3: relay 2 is stuck'
make_job esp32c3 65536 'hooks: {before_board: ./power.sh, required: [before_board]}'
run_job 1 --sim 2 --batch strict --flash-dir "$work"
expect_text "$work/out.log" 'before-board: power.sh exited with status 3: relay 2 is stuck'
expect_equal 'outcomes' "$(ledger "select group_concat(outcome || ' ' || code, ', ') from (select * from runs where batch = 'strict' order by mac is null)")" \
  'pass ok, error program-failed'
expect_equal 'bytes written to board 2' "$(tr -d '\377' <"$work/board2.bin" | wc -c)" 0

# A hook before the batch fails: no board has begun.
script gate.sh 'echo "the door is open"' 'exit 1'
make_job esp32c3 65536 'hooks: {before_batch: ./gate.sh, required: before_batch}'
run_job 3 --sim 2 --batch gate
expect_equal 'the sentence' "$(cat "$work/err.log")" 'espgang: before-batch: gate.sh exited with status 1: the door is open'
expect_equal 'runs' "$(ledger "select count(*) from runs where batch = 'gate'")" 0
make_job esp32c3 65536 'hooks: {after_batch: ./gate.sh, required: after_batch}'
run_job 3 --sim 2 --batch gate
expect_text "$work/out.log" '2 of 2 passed'
expect_text "$work/err.log" 'espgang: after-batch: gate.sh exited with status 1: the door is open'
make_job esp32c3 65536 'hooks: {before_batch: ./gone.sh, required: before_batch}'
run_job 2 --sim 2 --batch gate
expect_equal 'a program that is not there' "$(cat "$work/err.log")" \
  "espgang: $work/job.yaml:7:23: hooks.before_batch: no such program: $work/./gone.sh"

# A hook that hangs or floods delays the line by no more than its time limit.
script hang.sh 'sleep 1000'
script flood.sh 'exec yes'
make_job esp32c3 65536 'hooks: {before_board: ./hang.sh, after_board: ./flood.sh, timeout: 500ms}'
run_job 0 --sim 2 --json
expect_text "$work/out.log" '"text":"before-board: hang.sh did not end within 500 ms"'
expect_text "$work/out.log" '"text":"after-board: flood.sh printed more than 1048576 bytes'
tail -n 1 "$work/out.log" | grep -q '"event":"batch-end".*"passed":2' || fail "the last event is no batch-end: $(cat "$work/out.log")"

# Ctrl-C ends the hanging hook with all processes it started; every run is recorded, and the hooks of the end run.
script hang.sh 'sleep 1000 &' 'echo $! >"hanging.$ESPGANG_RUN"' 'wait'
script off.sh 'echo "$ESPGANG_EVENT $ESPGANG_OUTCOME" >>off'
make_job esp32c3 65536 'hooks: {before_board: ./hang.sh, after_board: ./off.sh, after_batch: ./off.sh, timeout: 1h}'
rm "$work/ledger.db"*
"$espgang" run "$work/job.yaml" --sim 2 --fast --hooks --ledger "$work/ledger.db" --plain >"$work/line.log" 2>"$work/line.err.log" &
line=$!
children+=("$line")
until [ -s "$work/hanging.1" ] && [ -s "$work/hanging.2" ]; do
  kill -0 "$line" 2>/dev/null || fail "it ended: $(cat "$work/line.log")"
  sleep 0.1
done
kill -INT "$line"
status=0
wait "$line" || status=$?
expect_equal 'status when interrupted' "$status" 130
expect_equal outcomes "$(ledger "select outcome || ' ' || sentence from runs" | sort -u)" \
  'aborted stopped by Ctrl-C: before-board: cancelled while hang.sh ran'
expect_equal 'hooks for the end' "$(sort "$work/off" | uniq -c | xargs)" '1 after-batch 2 after-board aborted'
for number in 1 2; do
  ! grep -qs '^State:.[^ZX]' "/proc/$(cat "$work/hanging.$number")/status" || fail "a hook's child is left running"
done

# A line: the hooks of the batch run once. The first board's slow hook delays no other board: it waits for the second
# board to finish.
script slow.sh 'echo "$ESPGANG_EVENT" >>events' '[ "$ESPGANG_EVENT" = before-board ] && mkdir first 2>/dev/null || exit 0' \
  'until grep -q after-board events; do sleep 0.1; done'
make_job esp32c3 65536 'hooks: {before_batch: ./slow.sh, before_board: ./slow.sh, after_board: ./slow.sh, after_batch: ./slow.sh,' \
  '  timeout: 1min, required: before_board}'
mkdir "$work/ports"
start_boards boards 2 --chip esp32c3 --fast --pty --download --link "$work/ports"
"$espgang" run "$work/job.yaml" --watch --ports "$work/ports/*" --ledger "$work/line.db" --json >"$work/line.log" 2>"$work/line.err.log" &
line=$!
children+=("$line")
until [ "$(grep -c '"event":"result".*"outcome":"pass"' "$work/line.log")" -eq 2 ]; do
  kill -0 "$line" 2>/dev/null || fail "it ended: $(cat "$work/line.log")"
  sleep 0.1
done
kill -INT "$line"
wait "$line" || fail "the line ended with $?"
expect_equal 'hooks of the line' "$(sort "$work/events" | uniq -c | xargs)" \
  '1 after-batch 2 after-board 1 before-batch 2 before-board'

# Attempts: the job says how many, and the first failure stays recorded.
make_job esp32c3 65536 'retry: {codes: {port-gone: 1}}'
run_job 1 --sim 1 --batch once --fault gone@20000:300
expect_equal attempts "$(ledger "select attempts || ' ' || code from runs where batch = 'once'")" '1 port-gone'
make_job esp32c3 65536 'retry: {attempts: 1, codes: {port-gone: 3}, delay: 500ms}'
run_job 0 --sim 1 --batch thrice --fault gone@20000:300
expect_equal outcome "$(ledger "select outcome from runs where batch = 'thrice'")" pass-marginal
expect_equal 'the first attempt' "$(ledger "select stage || ' ' || code || ' ' || (sentence != '') from stages where batch = 'thrice' and code != 'ok' and attempt = 1")" \
  'write port-gone 1'
make_job esp32c3 65536 'retry: {codes: {no-snyc: 3}}'
run_job 2 --sim 1
expect_equal 'a slip' "$(cat "$work/err.log")" \
  "espgang: $work/job.yaml:7:26: retry.codes: there is no code no-snyc; did you mean no-sync"
