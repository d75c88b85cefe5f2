#!/usr/bin/env bash
# A suspended host: the program stands still at each stage for longer than an answer may take, and the time of day is
# hours further when it goes on. The boards, which have power of their own, did not stand still. Two programs at one port.
build=$1; . "$(dirname "$0")/lib.sh"
clock_shim=$build/tests/fakes/libclock_shim.so
[ -e "$clock_shim" ] || skip "$clock_shim is not built"
cd "$work"
export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0

stages=(connect identify admit stub write verify test finish)
printf 'self-test: OK\n' >app.log
make_job esp32 65536 'test: {expect: "self-test: OK"}' 'retry: {attempts: 3}'
mkdir flash
start_boards line ${#stages[@]} --chip esp32 --app-log app.log --flash-dir flash

# program NAME URL...: start it in the background, with a clock that jumps by five hours once NAME.slept exists.
program() {
  local ports=()
  for url in "${@:2}"; do ports+=(--ports "$url"); done
  : >"$1.jsonl"
  env EG_CLOCK_SHIM=18000 EG_CLOCK_SHIM_FROM="$work/$1.slept" LD_PRELOAD="$clock_shim" \
    "$espgang" run job.yaml "${ports[@]}" --json --ledger ledger.db --batch "$1" >"$1.jsonl" 2>"$1.err.log" &
  pid[$1]=$!
  children+=("$!")
}

# await PATTERN NAME: wait until the program has printed a line that matches.
await() {
  until grep -q "$1" "$2.jsonl"; do
    kill -0 "${pid[$2]}" 2>/dev/null || fail "$2 ended before $1: $(cat "$2.err.log" "$2.jsonl")"
    sleep 0.01
  done
}

declare -A pid
"$espgang" run job.yaml --sim 1 --fast --app-log app.log --ledger ledger.db --batch first >first.log 2>&1 || fail "$(cat first.log)"
for number in "${!stages[@]}"; do program "${stages[number]}" "${urls[number]}"; done
for stage in "${stages[@]}"; do
  await "\"event\":\"stage-begin\".*\"stage\":\"$stage\"" "$stage"
  kill -STOP "${pid[$stage]}"
  touch "$stage.slept"
done

# Meanwhile another program wants the port of one that stands still.
status=0
timeout 60 "$espgang" run job.yaml --ports "${urls[4]}" --ledger ledger.db --batch second --plain >second.log 2>&1 || status=$?
echo "second: $status"; cat second.log
sleep 4
for stage in "${stages[@]}"; do kill -CONT "${pid[$stage]}"; done
for number in "${!stages[@]}"; do
  stage=${stages[number]}
  status=0
  wait "${pid[$stage]}" || status=$?
  echo "$stage $status $(ledger "select outcome, code, attempts, duration_ms, started, finished, sentence, marginal from runs where batch = '$stage'")"
done
cat *.err.log
