#!/usr/bin/env bash
# A real ESP-IDF build folder, as the build left it.
build=$1; . "$(dirname "$0")/lib.sh"

folder=${EG_FIXTURES:-}/jobs/esp32-idf
[ -r "$folder/flasher_args.json" ] || skip "no fixtures at '${EG_FIXTURES:-}' (EG_FIXTURES)"
cat >"$work/job.yaml" <<JOB
espgang: 1
job: app-template
chip: esp32
firmware: {from: $folder/flasher_args.json}
JOB
expect_status 0 "$espgang" run "$work/job.yaml" --sim 2 --fast --ledger "$work/ledger.db" --flash-dir "$work"
for part in 1:bootloader/bootloader.bin 8:partition_table/partition-table.bin 16:app-template.bin; do
  file=$folder/${part#*:}
  expect_equal "$file" \
    "$(dd if="$work/board2.bin" bs=4096 skip="${part%%:*}" status=none | head -c "$(stat -c %s "$file")" | md5sum)" \
    "$(md5sum <"$file")"
done
