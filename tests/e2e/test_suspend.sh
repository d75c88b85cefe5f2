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

# program NAME JOB URL: start it in the background, with a ledger of its own, since a stopped program may hold it. Its clock jumps by
# five hours once NAME.slept exists.
program() {
  : >"$1.jsonl"
  env EG_CLOCK_SHIM=18000 EG_CLOCK_SHIM_FROM="$work/$1.slept" LD_PRELOAD="$clock_shim" \
    "$espgang" run "$2" --ports "$3" --json --ledger "$1.db" >"$1.jsonl" 2>"$1.err.log" &
  pid[$1]=$!
  children+=("$!")
}

# halt NAME STAGE: stop the program when it comes to the stage, for longer than the 3 s that an answer may take.
halt() {
  until grep -q "\"event\":\"stage-begin\".*\"stage\":\"$2\"" "$1.jsonl"; do
    kill -0 "${pid[$1]}" 2>/dev/null || fail "$1 ended before $2: $(cat "$1.err.log" "$1.jsonl")"
    sleep 0.01
  done
  kill -STOP "${pid[$1]}" 2>/dev/null || true # the last stage may be over by now
  touch "$1.slept"
}

# of NAME SQL: query the ledger of a program.
of() {
  sqlite3 -batch "$1.db" "$2"
}

# passed NAME: check that the program ends well and that its run is on record.
passed() {
  wait "${pid[$1]}" || fail "$1 ends with $?: $(cat "$1.err.log" "$1.jsonl")"
  case $(of "$1" 'select outcome from runs') in
    pass | pass-marginal) ;;
    *) fail "$1: $(of "$1" 'select outcome, sentence from runs')" ;;
  esac
  expect_equal 'durations by the time of day' "$(of "$1" 'select count(*) from runs where duration_ms > 3600000')" 0
  expect_status 0 "$espgang" audit --ledger "$1.db"
}

# Where an answer is waited for at the moment is chance; each stage has a program and a board of its own.
declare -A pid
for number in "${!stages[@]}"; do program "${stages[number]}" job.yaml "${urls[number]}"; done
halts=()
for stage in "${stages[@]}"; do
  halt "$stage" "$stage" &
  halts+=("$!")
done
wait "${halts[@]}"

# Meanwhile a second program wants the port of a stopped program.
expect_status 1 timeout 60 "$espgang" run job.yaml --ports "${urls[4]}" --ledger second.db
expect_equal 'a second program' "$(of second 'select outcome, blame from runs')" 'error|host'
sleep 4
for stage in "${stages[@]}"; do kill -CONT "${pid[$stage]}" 2>/dev/null || true; done
for stage in "${stages[@]}"; do passed "$stage"; done
for number in "${!stages[@]}"; do
  cmp -n 65536 -i $((0x10000)):0 "flash/board$((number + 1)).bin" firmware/app.bin || fail "board $number is green and not right"
done
jumped=0
for stage in "${stages[@]}"; do
  jumped=$((jumped + $(of "$stage" 'select julianday(finished) - julianday(started) > 0.2 from runs')))
done
[ "$jumped" -gt 4 ] || fail "the clock has jumped in $jumped runs only"

# The same at a serial line: the name of the holder is in the sentence.
make_job esp32 65536 'link: {before: no-reset}'
start_boards pty 1 --pty --chip esp32 --download
program holder job.yaml "${urls[0]}"
halt holder write
expect_status 1 timeout 60 "$espgang" run job.yaml --ports "${urls[0]}" --ledger third.db
expect_equal 'a held port' "$(of third 'select code, sentence from runs')" \
  "port-busy|connect: ${urls[0]}: $(cat "/proc/${pid[holder]}/comm") (process ${pid[holder]}) uses it"
kill -CONT "${pid[holder]}"
passed holder
