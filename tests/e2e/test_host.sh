#!/usr/bin/env bash
# A host out of memory or file descriptors, stopped and continued, or with a closed output: the program reports it and
# ends, or goes on without; every green board is right. BUILD SEED COUNT makes that many allocations of each command
# fail, chosen by seed.
build=$1; . "$(dirname "$0")/lib.sh"
RANDOM=${2-1} samples=${3-8}
shim=$build/tests/libmemory_shim.so
[ -e "$shim" ] || fail "there is no $shim"

make_job esp32c3 65536
mkdir "$work/flash"
expect_status 0 "$espgang" run "$work/job.yaml" --sim 1 --fast --ledger "$work/ledger.db" --batch first

# attempt NUMBER COMMAND...: run it with this allocation failing, status in `status`; 0 = only count allocations.
attempt() {
  status=0
  timeout 60 env EG_COUNT_ALLOC="$work/count" EG_FAIL_ALLOC="$1" LD_PRELOAD="$shim" "${@:2}" >"$work/out.log" 2>"$work/err.log" || status=$?
  # libfyaml of Debian 12 does not check all of its allocations; no board has been touched by then.
  if [ "$status" = 139 ] && grep -q '^crash in .*/libfyaml' "$work/err.log"; then status=2; echo 'espgang: libfyaml' >"$work/err.log"; fi
  [ "$status" -lt 124 ] || fail "allocation $1 of '${*:2}': status $status: $(tail -n 1 "$work/err.log")"
  [ "$status" = 0 ] || grep -q '^espgang: ' "$work/err.log" || grep -q '"outcome":"\(error\|aborted\|fail\)"' "$work/out.log" ||
    fail "allocation $1 of '${*:2}': status $status and no sentence"
}

# numbers: print a sample of the counted allocations.
numbers() {
  local count
  count=$(cat "$work/count")
  [ "$count" -gt 100 ] || fail "only $count allocations"
  for _ in $(seq "$samples"); do echo $(((RANDOM * 32768 + RANDOM) % count + 1)); done
}

for command in "check $work/job.yaml" "report --batch first --json -" 'audit'; do
  read -ra words <<<"$command"
  attempt 0 "$espgang" "${words[@]}" --ledger "$work/ledger.db"
  expect_equal "status of $command" "$status" 0
  sed 's/20[0-9-]*T[0-9:.]*Z//g' "$work/out.log" >"$work/sound"
  for number in $(numbers); do
    attempt "$number" "$espgang" "${words[@]}" --ledger "$work/ledger.db"
    [ "$status" != 0 ] || sed 's/20[0-9-]*T[0-9:.]*Z//g' "$work/out.log" | cmp -s - "$work/sound" ||
      fail "allocation $number of $command: it ends well and says something else"
  done
done

run=("$espgang" run "$work/job.yaml" --sim 1 --fast --json --ledger "$work/ledger.db" --flash-dir "$work/flash" --batch)
attempt 0 "${run[@]}" counted
passed=0
for number in $(numbers); do
  rm -f "$work"/flash/*
  attempt "$number" "${run[@]}" "n$number"
  outcome=$(ledger "select group_concat(outcome) from runs where batch = 'n$number'")
  [ "$status" != 0 ] || case $outcome in pass*) ;; *) fail "allocation $number: the status is 0, the record $outcome" ;; esac
  case $outcome in
    pass*)
      cmp -s -n 65536 -i $((0x10000)):0 "$work/flash/board1.bin" "$work/firmware/app.bin" || fail "allocation $number: green is not right"
      passed=$((passed + 1))
      ;;
  esac
done

# green BATCH: check that every green board N of the batch is right in $work/flash.
green() {
  local number
  for number in $(ledger "select substr(slot, instr(slot, '/') + 1) from runs where batch = '$1' and outcome like 'pass%'"); do
    cmp -s -n 65536 -i $((0x10000)):0 "$work/flash/board$number.bin" "$work/firmware/app.bin" || fail "$1: board $number is green and not right"
  done
}
gang=("$espgang" run "$work/job.yaml" --sim 4 --fast --ledger "$work/ledger.db" --flash-dir "$work/flash" --batch)

# Few descriptors.
for most in 5 9 12 15 18 24 32; do
  rm -f "$work"/flash/*
  status=0
  (ulimit -n "$most" && exec "${gang[@]}" "few$most") >"$work/out.log" 2>"$work/err.log" || status=$?
  [ "$status" -lt 124 ] || fail "$most descriptors: status $status"
  [ "$status" != 3 ] && [ "$status" != 2 ] || expect_text "$work/err.log" 'espgang: '
  green "few$most"
done

# Stop and continue the process all the time, which interrupts system calls.
"${gang[@]}" storm --plain >"$work/out.log" 2>"$work/err.log" &
line=$!
children+=("$line")
while kill -STOP "$line" 2>/dev/null && kill -CONT "$line" 2>/dev/null; do sleep 0.005; done
wait "$line" || fail "stopped and continued it ends with $?: $(cat "$work/err.log")"
expect_equal 'passed in a storm' "$(ledger "select count(*) from runs where batch = 'storm' and outcome = 'pass'")" 4
green storm

# A reader that leaves.
status=0
"${gang[@]}" reader --plain 2>"$work/err.log" | head -n 1 >/dev/null || status=${PIPESTATUS[0]}
[ "$status" -lt 126 ] || fail "without a reader it ends with $status"
expect_equal 'runs without a reader that have no end' "$(ledger "select count(*) from runs where batch = 'reader' and outcome = 'unfinished'")" 0
green reader

expect_status 0 "$espgang" audit --ledger "$work/ledger.db"
expect_equal integrity "$(ledger 'pragma integrity_check')" ok
echo "$samples allocations of each command failed; $passed runs passed all the same"
