#!/usr/bin/env bash
# The options that select runs, as `runs` takes them: every command that has them reads them alike.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"
ledger=$work/ledger.db
export ESPGANG_LEDGER=$ledger
cd "$work"
"$build/tools/bench/make_ledger" 220 "$ledger" 7 100
ledger "DROP TRIGGER session_keeps; UPDATE session SET batch = 'a,b' WHERE batch = 'batch-2'"

numbers() { # ARGUMENT...: of the runs
  expect_status 0 "$espgang" runs --columns run --csv "$@"
  tail -n +2 out.log | tr -d '\r' | paste -sd ' '
}
all() { ledger "SELECT group_concat(run, ' ') FROM (SELECT run FROM runs WHERE $1 ORDER BY run)"; }

expect_equal 'a list' "$(numbers --batch batch-1,batch-3)" "$(all "batch IN ('batch-1', 'batch-3')")"
expect_equal 'a repeated option' "$(numbers --batch batch-1 --batch batch-3)" "$(all "batch IN ('batch-1', 'batch-3')")"
expect_equal 'a name with a comma' "$(numbers --batch a,b)" "$(all "batch = 'a,b'")"
expect_equal 'outcomes' "$(numbers --outcome fail,error,fail)" "$(all "outcome IN ('fail', 'error')")"
expect_status 3 "$espgang" runs --batch=a,c
for bad in '--batch=batch-1,' '--batch='; do
  expect_status 2 "$espgang" runs "$bad"
  expect_text err.log 'espgang: a batch without a name is asked for'
done
expect_status 2 "$espgang" runs --since 2026-01-02 --until 2026-01-01
expect_text err.log "espgang: --until '2026-01-01' is before --since '2026-01-02'"
expect_status 0 "$espgang" runs --since 2026-01-01 --until 2026-01-01
for bad in --outcome= '--outcome=fail,' --since=12 --until=yesterday; do
  expect_status 2 "$espgang" runs "$bad"
done
# A run counts as after a number in `export` alone.
expect_status 0 "$espgang" export --since 218
expect_equal 'runs after a number' "$(wc -l <out.log)" "$(ledger "SELECT count(*) FROM runs WHERE finish_order > (SELECT finish_order FROM runs WHERE run = 218)")"
expect_status 0 "$espgang" export --slot 1-2.3 --outcome pass
expect_equal 'export of a slot' "$(wc -l <out.log)" "$(ledger "SELECT count(*) FROM runs WHERE slot = '1-2.3' AND outcome = 'pass'")"
