#!/usr/bin/env bash
# Files with their own addresses, and partition tables as CSV: they are used as they say, or refused before any byte of
# the flash changes.
build=$1; . "$(dirname "$0")/lib.sh"; . "$(dirname "$0")/one_board.sh"

mkdir flash
start_boards one 1 --fast --chip esp32s3 --flash-dir "$work/flash"
flash=$work/flash/board1.bin
board=("$espgang" --port "${urls[0]}")
expect_status 0 "${board[@]}" erase-flash
flash_size=$(stat -c %s "$flash")
head -c "$flash_size" /dev/zero | tr '\0' '\377' >wanted

# written ADDRESS FILE COMMAND...: check that the command writes the file there and nothing else.
written() {
  local at=$1 file=$2
  shift 2
  expect_status 0 "${board[@]}" "$@"
  put wanted "$at" "$file"
  cmp wanted "$flash" || fail "after '$*' the flash holds something else"
}

# refused SENTENCE COMMAND...: check that it exits with 2 and changes nothing.
refused() {
  local sentence=$1
  shift
  expect_status 2 "${board[@]}" "$@"
  expect_text err.log "$sentence"
  cmp wanted "$flash" || fail "'$*' was refused and changed the flash"
}

make_bytes data.bin 4096
printf ':10000000000102030405060708090A0B0C0D0E0F78\n:00000001FF\n' >x.hex
printf '\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17' >x.bin

# ---- Tables as CSV ----

printf '%s\n' nvs,data,nvs,,0x4000 otadata,data,ota,,0x2000 ota_0,app,ota_0,,1M >p.csv
printf '%s\n' nvs,data,nvs,0x9000,0x4000 assets_partition_1,data,spiffs,,64K >long.csv
tr , ';' <long.csv >semicolons.csv
{ cat long.csv; echo assets_partition_2,data,spiffs,,64K; } >twice.csv
"$make_firmware" --chip esp32s3 --size 65536 --seed 2 firmware >/dev/null
refused 'semicolons.csv: line 1: the fields are separated by semicolons, not by commas' \
  write-flash --partition-table semicolons.csv nvs data.bin
refused 'twice.csv: line 3: name assets_partition_2 is the same as that of another partition once it is cut' \
  write-flash --partition-table twice.csv nvs data.bin
refused 'names are cut to 16 bytes, so it is assets_partition' \
  write-flash --partition-table long.csv assets_partition_1 data.bin
refused 'the partition table has no "nvm"' write-flash --partition-table p.csv nvm data.bin
refused '--partition-table-offset "here" is not an address' \
  write-flash --partition-table p.csv --partition-table-offset here nvs data.bin
refused '--partition-table-offset goes with a file' write-flash --partition-table-offset 0xd000 nvs data.bin
written 0xd000 data.bin write-flash --partition-table long.csv assets_partition data.bin
expect_text out.log 'the name of partition assets_partition is longer and cut to 16 bytes'

# For a CSV without offsets the table's place in the flash counts, wherever it is; without a table in the flash, 0x8000,
# with a warning.
written 0x9000 data.bin write-flash --partition-table p.csv nvs data.bin
expect_text out.log 'p.csv leaves offsets out, and the flash has no partition table'
written 0x11000 x.bin write-flash --partition-table p.csv --partition-table-offset 0x10000 nvs x.bin
table=firmware/partition_table/partition-table.bin
written 0xf000 $table write-flash 0xf000 $table
refused 'say where the table of the file goes with --partition-table-offset' \
  write-flash --partition-table p.csv ota_0 data.bin

# ---- Files with addresses ----

refused 'x.hex is an Intel HEX file, which says itself where it goes: to 0x00000000, not to 0x00030000' write-flash 0x30000 x.hex
refused 'x.hex is an Intel HEX file' verify-flash 0x30000 x.hex
written 0x30000 x.hex write-flash --raw 0x30000 x.hex
expect_status 0 "${board[@]}" verify-flash --raw 0x30000 x.hex
written 0x0 x.bin write-flash 0x0 x.hex

# The application at address 0 of a UF2 file fits a partition.
"$espgang" --chip esp32s3 merge-bin --format uf2 -o app.uf2 0x0 firmware/app.bin >/dev/null
for at in 0x0 0x20000; do
  refused 'app.uf2 is a UF2 file whose addresses count from an application partition' write-flash $at app.uf2
done
printf 'nvs,data,nvs,0x9000,0x4000\nota_0,app,ota_0,0x40000,1M\n' >fixed.csv
written 0x40000 firmware/app.bin write-flash --partition-table fixed.csv ota_0 app.uf2
