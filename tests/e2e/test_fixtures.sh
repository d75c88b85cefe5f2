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
for part in 8:partition_table/partition-table.bin 16:app-template.bin; do
  file=$folder/${part#*:}
  expect_equal "$file" \
    "$(dd if="$work/board2.bin" bs=4096 skip="${part%%:*}" status=none | head -c "$(stat -c %s "$file")" | md5sum)" \
    "$(md5sum <"$file")"
done
# The build asks for DIO, 4 MB, 40 MHz; its bootloader was built with DOUT, 2 MB.
expect_equal 'head of the bootloader' "$(dd if="$work/board2.bin" bs=4096 skip=1 status=none | od -An -tx1 -N4)" ' e9 04 02 20'
