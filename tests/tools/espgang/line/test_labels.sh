#!/usr/bin/env bash
# The labels of a line: a printer that is gone, one that comes back, a program that is killed while a label is printed.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"
cd "$work"
make_job esp32c3 65536
# Simulated boards have the same MACs in every run, so each part has a template of its own.
template() { printf 'MAC {mac} {run} %s\n' "$1" >label.txt; }
line() { "$espgang" run job.yaml --fast --hooks --label-template label.txt --ledger ledger.db --plain "$@"; }
wait_for() { # TEXT FILE
  for _ in $(seq 600); do
    ! grep -qF -- "$1" "$2" 2>/dev/null || return 0
    sleep 0.1
  done
  fail "no '$1' in $(cat "$2")"
}

# The printer is gone: the line goes on, and says so once; the labels wait, and are printed in order when it is back.
template one
mkfifo input
line --sim 3 --trigger enter --printer "file:$work/printer/out" --batch back <input >line.log 2>&1 &
children+=("$!")
exec 7>input
echo >&7
wait_for 'boards go on, and their labels wait' line.log
for slot in 1 2 3; do wait_for "sim:esp32c3/$slot: pass" line.log; done
mkdir printer
wait_for 'works again' line.log
until [ "$(grep -c MAC printer/out)" -eq 3 ]; do sleep 0.1; done
exec 7>&-
wait "${children[-1]}" || fail "the line ended with $?: $(cat line.log)"
expect_equal 'warnings' "$(grep -c 'their labels wait' line.log)" 1
expect_equal 'order of the labels' "$(awk '{print $3}' printer/out | tr '\n' ' ')" "$(ledger 'select group_concat(run_id, " ") || " " from (select run_id from chain order by chain_id)')"
! grep -q 'printed twice' line.log || fail "said to be printed twice: $(cat line.log)"

# The printer stays away: the end of the line says what is left, and so does the next start; then they are printed.
template two
expect_status 0 line --sim 2 --printer "file:$work/gone/out" --batch gone
expect_text out.log '2 boards that passed have no printed label on record: run '
expect_status 0 line --sim 1 --printer none --batch next
expect_text out.log '2 boards that passed have no printed label on record'
expect_status 1 "$espgang" label --ledger ledger.db
expect_equal 'what is missing' "$(grep -c missing out.log)" 2
expect_status 0 "$espgang" label print --ledger ledger.db --printer "file:$work/late"
expect_equal 'labels' "$(grep -c MAC late)" 2
expect_status 0 "$espgang" label --ledger ledger.db

# A printer that takes a label and fails: it is printed again, and the operator is told to look.
template broken
printf '#!/bin/sh\ncat >>%s/taken; [ -e %s/once ] || { touch %s/once; exit 1; }\n' "$work" "$work" "$work" >broken
chmod +x broken
line --sim 1 --trigger enter --printer program:./broken --batch broken <input >line.log 2>&1 &
children+=("$!")
exec 7>input
echo >&7
wait_for 'the label of board 02:65:67:00:00:01 in slot sim:esp32c3/1 may be printed twice: the first print broke off' line.log
exec 7>&-
wait "${children[-1]}" || fail "the line ended with $?: $(cat line.log)"
expect_equal 'prints' "$(grep -c MAC taken)" 2
expect_status 0 "$espgang" label --ledger ledger.db

# Killed while a label is printed: nobody knows of that one; the other is missing.
printf '#!/bin/sh\ncat >>%s/got; touch %s/printing; while [ -e %s/printing ]; do sleep 0.1; done\n' "$work" "$work" "$work" >slow
chmod +x slow
template three
"$espgang" run job.yaml --fast --hooks --label-template label.txt --ledger ledger.db --sim 2 --printer program:./slow --batch killed >line.log 2>&1 &
line=$!
children+=("$line")
until [ -e printing ] && [ "$(ledger "select count(*) from runs where batch = 'killed' and outcome = 'pass'")" = 2 ]; do sleep 0.1; done
kill -9 "$line"
wait "$line" 2>/dev/null || true
rm printing
expect_status 1 "$espgang" label --ledger ledger.db
expect_text out.log 'in doubt'
expect_text out.log 'missing'
expect_status 0 line --sim 1 --printer none --batch after
expect_text out.log '2 boards that passed have no printed label on record'
expect_status 0 "$espgang" label print --ledger ledger.db --printer "file:$work/after"
expect_equal 'labels of the one that is missing' "$(grep -c MAC after)" 1
expect_text err.log 'may be printed already: look at the board'
doubt=$(ledger "select mac from runs join label_print on of_run = run where batch = 'killed' and state = 'begun' and sha256 <> '' order by print_id limit 1")
expect_status 0 "$espgang" label drop "$doubt" --reason 'it is on the board' --ledger ledger.db
expect_status 0 "$espgang" label --ledger ledger.db
expect_status 0 "$espgang" audit --ledger ledger.db
