#!/usr/bin/env bash
# Eight boards at once, in process: all pass, and the ledger holds the chip's own digest of every region.
build=$1; . "$(dirname "$0")/lib.sh"

make_job esp32 131072
expect_status 0 "$espgang" run "$work/job.yaml" --sim 8 --ledger "$work/ledger.db" --batch first \
  --operator olga --station line-1 --flash-dir "$work" --label 'sim:esp32/3=SN 0003' --label 'sim:esp32/4=SN=4' \
  --fault 7:same-flash-id --fault 8:same-flash-id
expect_text "$work/out.log" '8 of 8 passed'

expect_equal runs "$(ledger "select count(*) from runs where outcome = 'pass'")" 8
expect_equal MACs "$(ledger 'select count(distinct mac) from runs')" 8
expect_equal facts "$(ledger 'select distinct station, operator, batch, job, chip, flash_size from runs')" \
  'line-1|olga|first|e2e|esp32|4194304'
expect_equal regions "$(ledger "select count(*) from regions where read_md5 = expected_md5 and verdict = 'equal'")" 24
app_md5=$(md5sum <"$work/firmware/app.bin" | cut -c1-32)
expect_equal 'the chip computed the file'\''s MD5' \
  "$(ledger "select count(*) from regions where name = 'app' and read_md5 = '$app_md5'")" 8

# Also recorded: the flash's own id, the label as scanned, the time of each block.
expect_equal 'unique ids' \
  "$(ledger "select count(*), count(distinct flash_unique_id), min(length(flash_unique_id)) from runs")" '8|7|16'
expect_equal labels "$(ledger 'select slot, label from runs where label is not null order by slot')" \
  $'sim:esp32/3|SN 0003\nsim:esp32/4|SN=4'
expect_equal 'times of blocks' "$(ledger "select count(*) from regions where blocks > 0 and erase_ms is null
  and block_min_ms <= block_median_ms and block_median_ms <= block_max_ms and slowest_block >= address")" 24
expect_status 2 "$espgang" run "$work/job.yaml" --sim 1 --ledger "$work/none.db" --label 'sim:esp32/2=A'
expect_text "$work/err.log" 'espgang: --label: no board is in slot sim:esp32/2'
[ ! -e "$work/none.db" ] || fail 'a ledger was made for a label of nobody'
expect_status 2 "$espgang" run "$work/job.yaml" --watch --ledger "$work/none.db" --label a=A
expect_text "$work/err.log" '--label and --watch exclude each other: a label is for one board of one slot'

# The boards' flash holds the written data.
for board in 1 8; do
  size=$(stat -c %s "$work/firmware/app.bin")
  expect_equal "flash of board $board" \
    "$(dd if="$work/board$board.bin" bs=4096 skip=16 status=none | head -c "$size" | md5sum)" \
    "$(md5sum <"$work/firmware/app.bin")"
done

# The report comes from the same ledger.
expect_status 0 "$espgang" report --ledger "$work/ledger.db" --html "$work/report.html"
expect_text "$work/report.html" "$(ledger 'select mac from runs where run = 1')"
expect_status 3 "$espgang" report --ledger "$work/ledger.db" --batch none --html "$work/none.html"
[ ! -e "$work/none.html" ] || fail 'a report of no batch was written'

# A second batch goes into the same ledger; the boards are recognised.
expect_status 0 "$espgang" run "$work/job.yaml" --sim 2 --fast --ledger "$work/ledger.db" --batch second
expect_text "$work/out.log" 'seen before'
expect_equal 'all runs' "$(ledger 'select count(*) from runs')" 10

# Events for programs: every line is JSON; the last has the counts.
expect_status 0 "$espgang" run "$work/job.yaml" --sim 2 --fast --ledger "$work/ledger.db" --json
grep -q '"event":"batch-end"' "$work/out.log" || fail "no batch-end in $(cat "$work/out.log")"
grep -vq '^{.*}$' "$work/out.log" && fail 'a line is not an object'
expect_equal passed "$(tail -n 1 "$work/out.log" | grep -o '"passed":[0-9]*')" '"passed":2'
