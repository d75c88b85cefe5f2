#!/usr/bin/env bash
# Two lines of different chips record into one ledger, and one of them is killed again and again: no record is lost, no
# run of a living line is closed, and the ledger agrees with the counts from outside. BUILD alone is a short run; BUILD
# --long [RUNS SEED] a long one (1000 1).
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"
runs=40 seed=1
if [ "${2-}" = --long ]; then
  runs=${3:-1000} seed=${4:-1}
fi
RANDOM=$seed
sockets=3 kills=0 starts=0
declare -A pid log

for chip in esp32 esp32c3; do
  mkdir "$chip"
  work=$work/$chip make_job "$chip" 65536
done

# Four that make the ledger at the same time.
firsts=()
for number in 1 2 3 4; do
  "$espgang" run esp32/job.yaml --sim 1 --fast --ledger ledger.db --batch "first.$number" >"first.$number.log" 2>&1 &
  firsts+=("$!")
done
children+=("${firsts[@]}")
for number in "${firsts[@]}"; do wait "$number" || fail "a ledger was not made: $(cat first.*.log)"; done
expect_equal 'first runs' "$(ledger "select count(*), min(outcome) from runs")" '4|pass'

begin() { # CHIP: starts its line, in a batch of its own
  starts=$((starts + 1))
  log[$1]=$1.$starts.jsonl
  : >"${log[$1]}"
  "$espgang" run "$1/job.yaml" --sim "$sockets" --fast --watch --insertions 0 --pace 20 --json --seed "$starts" \
    --ledger ledger.db --batch "$1.$starts" >"${log[$1]}" 2>"${log[$1]%.jsonl}.log" &
  pid[$1]=$!
  children+=("$!")
}

results() { # LOG...: how many results were seen
  cat "$@" | grep -c '"event":"result"' || true
}

seen() { # CHIP COUNT: its line has told so many results
  for _ in $(seq 2400); do
    [ "$(results "${log[$1]}")" -lt "$2" ] || return 0
    kill -0 "${pid[$1]}" 2>/dev/null || fail "the line of $1 ended: $(tail -n 3 "${log[$1]}" "${log[$1]%.jsonl}.log")"
    sleep 0.02
  done
  fail "the line of $1 hangs: $(tail -n 3 "${log[$1]}")"
}

begin esp32
begin esp32c3
while [ "$(results ./*.jsonl)" -lt "$runs" ]; do
  seen esp32 2
  seen esp32c3 2
  victim=esp32
  [ $((RANDOM % 2)) = 0 ] || victim=esp32c3
  sleep "0.0$((RANDOM % 100))"
  kill -9 "${pid[$victim]}"
  wait "${pid[$victim]}" 2>/dev/null || true
  kills=$((kills + 1))
  begin "$victim"
done
seen esp32 1
seen esp32c3 1
for chip in esp32 esp32c3; do
  kill -INT "${pid[$chip]}"
  status=0
  wait "${pid[$chip]}" || status=$?
  [ "$status" -le 1 ] || fail "the line of $chip ended with $status" # 1: the hands took a board out too early
done
expect_status 0 "$espgang" run esp32/job.yaml --sim 1 --fast --ledger ledger.db --batch last # closes what is left

sed -n 's/.*"event":"result".*"run":\([0-9]*\),"outcome":"\([a-z-]*\)".*"board":"\([^"]*\)".*"version":.*}$/\1|\2|\3/p' ./*.jsonl >seen.csv
[ "$(wc -l <seen.csv)" -ge "$runs" ] || fail "only $(wc -l <seen.csv) results were seen"
sqlite3 seen.db 'create table seen (run, outcome, mac)' '.import seen.csv seen'
counted() { # SQL: what is asked of what was seen and of the ledger
  sqlite3 -batch -noheader seen.db "attach 'ledger.db' as ledger" "$1"
}
expect_equal 'results that are not on record as they were seen' \
  "$(counted "select * from seen left join ledger.runs using (run) where runs.outcome is not seen.outcome or coalesce(runs.mac, '') <> seen.mac")" ''
expect_equal 'results seen twice' "$(counted 'select count(*) from (select run from seen group by run having count(*) > 1)')" 0
live="batch in ('${log[esp32]%.jsonl}', '${log[esp32c3]%.jsonl}')"
expect_equal 'runs of the lines that were not killed, and results of them' \
  "$(ledger "select count(*), sum(code = 'abandoned') from runs where $live")" "$(results "${log[esp32]}" "${log[esp32c3]}")|0"
expect_equal 'unfinished runs' "$(ledger "select count(*) from runs where outcome = 'unfinished'")" 0
abandoned=$(ledger "select count(*) from runs where code = 'abandoned'")
unseen=$(ledger "select count(*) from runs where code <> 'abandoned' and batch <> 'last' and batch not like 'first.%'")
unseen=$((unseen - $(wc -l <seen.csv)))
[ "$abandoned" -le $((kills * sockets)) ] || fail "$abandoned runs are abandoned after $kills kills of $sockets boards"
{ [ "$unseen" -ge 0 ] && [ "$unseen" -le $((kills * sockets)) ]; } || fail "$unseen runs ended on record and were never seen"
expect_equal 'numbers of runs without a gap' "$(ledger 'select count(*) = max(run) from runs')" 1
expect_status 0 "$espgang" audit --ledger ledger.db
echo "$(wc -l <seen.csv) results seen and on record, $kills kills, $abandoned runs closed, $unseen ended while killed; $(head -n 1 out.log)"
