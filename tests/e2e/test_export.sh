#!/usr/bin/env bash
# Ledgers of stations: copied while a line records, exported as JSON lines, merged into one.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"
make_job esp32 65536

refused() { # STATUS SENTENCE COMMAND...
  local status=$1 sentence=$2
  shift 2
  expect_status "$status" "$@"
  expect_equal "standard error of '$*'" "$(cat err.log)" "$sentence"
  expect_equal "standard output of '$*'" "$(cat out.log)" ''
}

usage() { # COMMAND SENTENCE ARGUMENT...
  local command=$1 sentence=$2
  shift 2
  refused 2 "espgang: $sentence; see 'espgang $command --help'" "$espgang" "$command" "$@"
}

usage backup 'missing argument: FILE'
usage backup "unexpected argument 'b'" a b
usage merge 'missing argument: OTHER.db'
usage merge "unexpected argument 'b.db'" a.db b.db
usage export "unexpected argument 'a.jsonl'" a.jsonl
usage export '--output: the path is empty' -o ''
for when in yesterday 2026-13-01 2026-1-1 24x 0 -5h 2026-11-27T8; do
  usage export "--since: '$when' is no date (2026-11-27, 2026-11-27T08:30), duration (30m, 24h, 7d) or number of a run" \
    --since="$when"
done
missing='espgang: ledger none.db: opening it: No such file or directory'
refused 3 "$missing" "$espgang" backup copy.db --ledger none.db
refused 3 "$missing" "$espgang" export -o out.jsonl --ledger none.db
refused 2 "espgang: none.db: No such file or directory" "$espgang" merge none.db --ledger "$work/ledger.db"
[ ! -e ledger.db ] && [ ! -e copy.db ] && [ ! -e out.jsonl ] || fail "a refusal left $(ls)"

# Copy and export while a line records.
"$espgang" run job.yaml --sim 4 --ledger ledger.db --batch going --json >run.log 2>&1 &
pid=$!
children+=("$pid")
until grep -q '"stage":"write"' run.log; do
  kill -0 "$pid" 2>/dev/null || fail "the run ended: $(cat run.log)"
  sleep 0.05
done
kill -STOP "$pid" # so that the line still records, however slow this machine is
expect_status 0 "$espgang" backup early.db --ledger ledger.db
expect_equal 'integrity of the copy' "$(sqlite3 early.db 'pragma integrity_check')" ok
expect_status 0 "$espgang" export --ledger ledger.db
refused 3 "espgang: ledger ledger.db: process $pid ($(cat "/proc/$pid/comm")) records into it" "$espgang" merge early.db --ledger ledger.db
kill -CONT "$pid"
wait "$pid"

expect_status 0 "$espgang" backup copy.db --ledger ledger.db
hash=$(ledger 'select hash from chain where chain_id = 4')
expect_equal backup "$(cat out.log)" "4 finished runs in copy.db, checked; the last has the hash $hash"
expect_equal 'mode of the copy' "$(stat -c %a copy.db)" 600
expect_status 0 "$espgang" backup json.db --json --ledger ledger.db
expect_equal 'backup as JSON' "$(cat out.log)" '{"espgang":"backup","version":1,"file":"json.db","runs":4,"hash":"'"$hash"'"}'
expect_status 0 "$espgang" purge --before 2020-01-01 --json --ledger ledger.db
expect_equal 'purge as JSON' "$(cat out.log)" \
  '{"espgang":"purge","version":1,"logs":0,"bytes":0,"before":"2020-01-01T00:00:00.000Z","removed":false}'
refused 2 'espgang: copy.db: is there already; --force replaces it' "$espgang" backup copy.db --ledger ledger.db
expect_status 0 "$espgang" backup copy.db --force --ledger ledger.db
refused 3 "espgang: ledger copy.db into ledger.db: is the same ledger as the one it would go into, or a copy of it" \
  "$espgang" merge copy.db --ledger ledger.db

expect_status 0 "$espgang" export --ledger ledger.db
cp out.log all.jsonl
expect_equal 'lines' "$(wc -l <all.jsonl)" 4
[ "$(grep -c '^{"espgang":"run","version":2,"ledger":"[0-9a-f]\{32\}","run":[1-4],.*"previous":"[0-9a-f]\{64\}","hash":"[0-9a-f]\{64\}".*}$' all.jsonl)" -eq 4 ] ||
  fail "what is exported is not as it should be: $(cat all.jsonl)"
expect_status 0 "$espgang" export --ledger ledger.db -o all.jsonl.zst
expect_equal 'said of a file' "$(cat err.log)" '4 runs in all.jsonl.zst'
zstd -qdc all.jsonl.zst | cmp - all.jsonl || fail 'what is compressed is another'
"$espgang" export --ledger ledger.db --zstd | zstd -qdc | cmp - all.jsonl || fail 'what is piped is another'
expect_status 0 "$espgang" export --ledger ledger.db --since 1h
cmp out.log all.jsonl || fail 'the last hour is not all'
expect_status 0 "$espgang" export --ledger ledger.db --since "$(date -u +%F -d tomorrow)" -o later.jsonl
expect_equal 'runs of tomorrow' "$(cat err.log) $(wc -c <later.jsonl)" '0 runs in later.jsonl 0'
last=$(ledger 'select run_id from chain where chain_id = 3')
expect_status 0 "$espgang" export --ledger ledger.db --since "$last"
cmp out.log <(tail -n 1 all.jsonl) || fail "after run $last is not the last line"
refused 3 'espgang: ledger ledger.db: has no finished run 77' "$espgang" export --ledger ledger.db --since 77
refused 3 'espgang: ledger ledger.db: has no batch x; the newest are going' "$espgang" export --ledger ledger.db --batch x
ln -s all.jsonl link
refused 2 'espgang: link: is a symbolic link; name the file itself' "$espgang" export --ledger ledger.db -o link
expect_equal 'what refusals left' "$(ls -- *.part 2>/dev/null | wc -l)" 0

# Another station.
expect_status 0 "$espgang" run job.yaml --sim 2 --fast --ledger second.db --batch second --station two
expect_status 0 "$espgang" merge second.db --dry-run --ledger ledger.db
expect_equal 'dry run' "$(cat out.log)" '2 runs would be merged, 0 here already, 0 unfinished and left there'
expect_status 0 "$espgang" merge second.db --ledger ledger.db
expect_equal merge "$(cat out.log)" '2 runs merged, 0 here already, 0 unfinished and left there'
expect_status 0 "$espgang" audit --ledger ledger.db
expect_equal 'audit of a merge' "$(head -n 1 out.log)" '6 runs in the chain, whole and untouched'
expect_status 0 "$espgang" merge second.db --ledger ledger.db
expect_equal 'second merge' "$(cat out.log)" '0 runs merged, 2 here already, 0 unfinished and left there'
expect_status 0 "$espgang" merge second.db --json --ledger ledger.db
expect_equal 'merge as JSON' "$(cat out.log)" '{"espgang":"merge","version":1,"runs":0,"known":2,"unfinished":0,"merged":true}'
expect_equal 'runs by station' "$(ledger "select count(*), sum(station = 'two'), sum(outcome like 'pass%') from runs")" '6|2|6'
expect_status 0 "$espgang" report --batch second --html second.html --ledger ledger.db
expect_status 0 "$espgang" run job.yaml --sim 1 --fast --ledger ledger.db
expect_equal 'links in a row' "$(ledger 'select count(*) from chain a join chain b on b.chain_id = a.chain_id + 1 where b.previous = a.hash')" 6
sqlite3 second.db "drop trigger outcome_keeps; update outcome set outcome = 'fail' where run_id = 1"
refused 3 'espgang: ledger second.db: its chain is broken at run 1: it was changed after it was recorded' \
  "$espgang" merge second.db --ledger ledger.db
