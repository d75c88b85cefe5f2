#!/usr/bin/env bash
# A long line, observed from outside: used boards, some of them faulty by seed, boards and programmer restarted and
# killed. BUILD alone is a short run; BUILD --soak [BOARDS RUNS SEED] a long one (32 10000 1).
build=$1; . "$(dirname "$0")/lib.sh"
boards=4 runs=24 seed=1
if [ "${2-}" = --soak ]; then
  boards=${3:-32} runs=${4:-10000} seed=${5:-1}
fi
RANDOM=$seed
kinds=(flip@60000x3 double@60000x2 lose@60000x2 refuse@30000 garble@50000 drop@60000 silent@60000 gone@60000 lie brownout@60000
  stuck@0x10010.3=1 write-error@40000 watchdog@60000)

make_job esp32c3 65536 'accept: {repeat: allow}'
mkdir "$work/flash"
checked=0 killed=0 faulty=0 epoch=0 begun=0
peak_fds=0 peak_threads=0 peak_kb=0 first_kb=0

# Measure the use of file descriptors, threads and memory, now and at most.
measure() {
  local fds threads kb
  fds=$(find "/proc/$line/fd" 2>/dev/null | wc -l)
  threads=$(awk '/^Threads/ { print $2 }' "/proc/$line/status" 2>/dev/null || echo 0)
  kb=$(awk '/^VmRSS/ { print $2 }' "/proc/$line/status" 2>/dev/null || echo 0)
  [ "$fds" -le "$peak_fds" ] || peak_fds=$fds
  [ "${threads:-0}" -le "$peak_threads" ] || peak_threads=$threads
  [ "${kb:-0}" -le "$peak_kb" ] || peak_kb=$kb
  [ "$first_kb" -gt 0 ] || first_kb=${kb:-0}
}

# ended COUNT: return whether the line has reported so many results, or has ended.
ended() {
  for _ in $(seq 1200); do
    [ "$(grep -c '"event":"result"' "$work/line.log")" -lt "$1" ] && kill -0 "$line" 2>/dev/null || return 0
    sleep 0.05
  done
  fail "the line hangs: $(tail -n 3 "$work/line.log")"
}

# holds NUMBER ADDRESS NAME: check that the board's flash has every byte of this file there.
holds() {
  local file=$work/firmware/$3.bin
  cmp -s -n "$(stat -c %s "$file")" -i "$(($2)):0" "$work/flash/board$1.bin" "$file"
}

# Every board whose last run passed has every byte of the job in its flash; the boards with wrong data or no answer have
# not passed.
check_flash() {
  local number outcome url
  for number in $(seq "$boards"); do
    url=${urls[number - 1]}
    outcome=$(ledger "select outcome from runs where port like '%$url%' and batch = 'soak' order by run desc limit 1")
    case $outcome in pass*) ;; *) continue ;; esac
    { holds "$number" 0x10000 app && holds "$number" 0x8000 partition_table/partition-table && holds "$number" 0x0 bootloader/bootloader; } ||
      fail "board $number is green and its flash is not: start $epoch, seed $seed"
    checked=$((checked + 1))
  done
}

while [ "$begun" -lt "$runs" ]; do
  epoch=$((epoch + 1))
  options=(--chip esp32c3 --fast --used --seed $((seed * 1000 + epoch)) --flash-dir "$work/flash")
  for number in $(seq "$boards"); do
    if [ $((RANDOM % 20)) = 0 ] || { [ "$boards" -lt 20 ] && [ "$number" = $((epoch % boards + 1)) ]; }; then
      options+=(--fault "$number:${kinds[RANDOM % ${#kinds[@]}]}")
      faulty=$((faulty + 1))
    fi
  done
  start_boards "epoch$epoch" "$boards" "${options[@]}"
  simulator=${children[-1]}
  mkfifo "$work/keys"
  : >"$work/line.log" # the line may make it later than it is read
  "$espgang" run "$work/job.yaml" --ports "$(join_by_comma "${urls[@]}")" --ledger "$work/ledger.db" --batch soak --json \
    --trigger enter <"$work/keys" >"$work/line.log" 2>"$work/line.err.log" &
  line=$!
  children+=("$line")
  exec 9>"$work/keys"
  rm "$work/keys"
  rounds=$((2 + RANDOM % 3)) kill_in=0
  [ $((epoch % 2)) != 0 ] || kill_in=$((1 + RANDOM % rounds))
  for round in $(seq "$rounds"); do
    echo >&9 || break
    begun=$((begun + boards))
    if [ "$round" = "$kill_in" ]; then
      sleep "0.$((RANDOM % 5))"
      kill -9 "$line"
      killed=$((killed + 1))
      break
    fi
    ended $((round * boards))
    measure
  done
  exec 9>&-
  wait "$line" || [ "$kill_in" -gt 0 ] || [ $? = 1 ] || fail "the line ended with $?: $(cat "$work/line.err.log")"
  unset 'children[-1]'
  kill "$simulator" 2>/dev/null
  wait "$simulator" || true
  children=()
  check_flash
done

# The next start closes the killed runs; then every run has its end and its place in the chain.
expect_status 0 "$espgang" run "$work/job.yaml" --sim 1 --fast --ledger "$work/ledger.db" --batch last
expect_equal 'runs without an end' "$(ledger "select count(*) from runs where outcome = 'unfinished'")" 0
expect_equal 'runs without a link in the chain' "$(ledger "select count(*) from runs where hash is null")" 0
expect_equal integrity "$(ledger 'pragma integrity_check')" ok
expect_status 0 "$espgang" audit --ledger "$work/ledger.db"
[ "$checked" -gt 0 ] || fail 'nothing was checked'
expect_equal 'liars that passed' \
  "$(ledger "select count(*) from runs where batch = 'soak' and outcome like 'pass%' and code <> 'ok'")" 0

echo "soak: seed $seed, $boards boards, $(ledger "select count(*) from runs where batch = 'soak'") runs in $epoch starts of the boards, $faulty faults, $killed kills:"
ledger "select outcome || ' ' || count(*) from runs where batch = 'soak' group by outcome"
echo "$checked green flashes compared; the programmer had at most $peak_fds descriptors, $peak_threads threads, $first_kb kB at first, $peak_kb kB at most"
[ "$peak_threads" -le $((boards + 10)) ] || fail "$peak_threads threads for $boards boards"
