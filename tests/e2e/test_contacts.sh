#!/usr/bin/env bash
# Contacts of each slot's needles: shown, compared with a limit, reset on record.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"
make_job esp32 65536
for _ in 1 2 3; do expect_status 0 "$espgang" run job.yaml --sim 2 --fast --ledger ledger.db --station line-3; done
expect_status 0 "$espgang" run job.yaml --sim 1 --fast --ledger ledger.db --station line-4

contacts() { # what is shown of each slot, in brief
  "$espgang" contacts --csv --ledger ledger.db | tail -n +2 | cut -d , -f 1-5,8,9 | tr -d '\r' | tr '\n' ' '
}
expect_equal contacts "$(contacts)" 'line-3,sim:esp32/1,3,3,3,, line-3,sim:esp32/2,3,3,3,, line-4,sim:esp32/1,1,1,1,, '
expect_status 0 "$espgang" contacts --most 4 --ledger ledger.db
expect_status 1 "$espgang" contacts --most 3 --ledger ledger.db
expect_text out.log '2 slots with 3 contacts or more: look at the needles'
expect_status 0 "$espgang" contacts reset sim:esp32/2 --station line-3 --reason 'needles replaced' --operator olga --ledger ledger.db
expect_equal 'what is said' "$(cat out.log)" 'slot sim:esp32/2 of station line-3 had 3 contacts; they count anew'
expect_status 0 "$espgang" run job.yaml --sim 2 --fast --ledger ledger.db --station line-3
expect_equal 'after a reset' "$(contacts)" \
  'line-3,sim:esp32/1,4,4,4,, line-3,sim:esp32/2,1,1,4,olga,needles replaced line-4,sim:esp32/1,1,1,1,, '
expect_status 0 "$espgang" audit --ledger ledger.db

expect_status 0 "$espgang" run job.yaml --sim 1 --fast --ledger ledger.db --station line-12-of-hall-north
expect_status 0 "$espgang" contacts --ledger ledger.db
expect_text out.log 'line-12-of-hall-north  sim:esp32/1 '

expect_status 2 "$espgang" contacts reset sim:esp32/2 --ledger ledger.db
expect_text err.log 'missing option: --reason TEXT, which goes on record'
expect_status 2 "$espgang" contacts reset nowhere --station line-3 --reason x --ledger ledger.db
expect_text err.log "station line-3 has had no run in slot nowhere; 'espgang contacts' lists slots"
expect_status 2 "$espgang" contacts again
expect_text err.log "'again' is not reset"
