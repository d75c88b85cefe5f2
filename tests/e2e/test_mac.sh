#!/usr/bin/env bash
# A MAC in any usual format names the same board: for the simulated board, in a job, in a file of MACs, in a pool and in
# the history.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"

make_job esp32 65536
cp job.yaml plain.yaml
start_boards one 1 --fast --chip esp32 --mac 240A.C400.1001

pools=0
for mac in 24:0a:c4:00:10:01 24-0A-C4-00-10-01 24.0a.c4.00.10.01 240a.c400.1001 240ac4-001001 240AC4001001; do
  expect_status 2 "$vboard" --chip esp32 --mac "$mac" --boards 0 # refused for their number, so not for the MAC
  expect_equal "the complaint about --mac $mac" "$(cat err.log)" 'vboard: --boards 0: 1 to 256'

  { cat plain.yaml; printf 'accept: {mac: %s}\n' "$mac"; } >job.yaml
  expect_status 0 "$espgang" run job.yaml --ledger ledger.db --plain --ports "${urls[0]}"
  echo "$mac" >macs.txt
  { cat plain.yaml; printf 'accept: {mac_file: macs.txt}\n'; } >job.yaml
  expect_status 0 "$espgang" run job.yaml --ledger ledger.db --plain --ports "${urls[0]}"

  printf 'serial,mac\nA-1,%s\n' "$mac" >pool.csv
  expect_status 0 "$espgang" pool import pool.csv --pool "p$((++pools))" --ledger ledger.db
  expect_equal "the MAC of the row for $mac" "$(ledger 'select mac from pool_row order by row_id desc limit 1')" 24:0a:c4:00:10:01

  expect_status 0 "$espgang" history "$mac" --ledger ledger.db
  expect_text out.log 24:0a:c4:00:10:01
done
expect_equal 'MACs that runs have' "$(ledger 'select distinct mac from runs')" 24:0a:c4:00:10:01

for mac in 24:0a:c4:00:10 24:0a-c4:00:10:01 240a:c4:00:10:01 240ac40010012; do
  expect_status 2 "$vboard" --chip esp32 --mac "$mac"
  expect_equal "the complaint about --mac $mac" "$(cat err.log)" "vboard: --mac $mac: not a MAC such as 24:0a:c4:00:10:00"
  printf 'serial,mac\nB-1,%s\n' "$mac" >pool.csv
  expect_status 2 "$espgang" pool import pool.csv --pool other --ledger ledger.db
  expect_equal "the complaint about a pool with $mac" "$(cat err.log)" 'espgang: pool.csv:2: mac is no MAC'
  expect_status 1 "$espgang" history "$mac" --ledger ledger.db
done
