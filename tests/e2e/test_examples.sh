#!/usr/bin/env bash
# Every program of tools/examples: its output, the resulting flash, and its failures. With EG_UNDER, words one a line,
# each program runs under that command.
build=$1; . "$(dirname "$0")/lib.sh"; . "$(dirname "$0")/one_board.sh"

examples=$build/tools/examples
under=()
[ -z "${EG_UNDER-}" ] || mapfile -t under <<<"$EG_UNDER"

# example STATUS NAME ARGUMENT...
example() {
  local status=$1 name=$2
  shift 2
  expect_status "$status" "${under[@]}" "$examples/$name" "$@"
}

# refused STATUS SENTENCE NAME ARGUMENT...: check that standard error is exactly the sentence.
refused() {
  local sentence=$2
  example "$1" "${@:3}"
  expect_equal "standard error of '${*:3}'" "$(cat "$work/err.log")" "$sentence"
}

for name in command_line write_two_files flash_series elf_to_flash block_by_block custom_logger; do
  example 2 $name
  expect_text "$work/err.log" "usage: $name "
done

make_bytes bootloader.bin 20000 2
make_bytes application.bin 100001 3
make_bytes before.bin $((4 << 20)) 4
mkdir esp32 esp32c3 esp8266
for chip in esp32 esp32c3 esp8266; do
  cp before.bin $chip/board1.bin
  start_boards $chip 1 --chip $chip --fast --flash-dir $chip
  declare "$chip=${urls[0]}"
done
no_port="$work/no-port: No such file or directory"

# Also without a port; eg_main() then takes it from the environment, as the program does.
example 0 command_line read.bin "$esp32c3"
expect_text out.log "running espgang --baud 460800 read-flash 0 0x200000 read.bin --port $esp32c3"
part before.bin 0 0x200000 | cmp - read.bin || fail 'command_line read something else'
ESPTOOL_PORT=$esp32c3 example 0 command_line again.bin
cmp read.bin again.bin || fail 'command_line read something else the second time'
refused 3 "espgang: $no_port" command_line never.bin "$work/no-port"
refused 2 "espgang: none/read.bin: No such file or directory" command_line none/read.bin "$esp32c3"
[ ! -e never.bin ] || fail 'command_line made a file of nothing'

example 0 write_two_files bootloader.bin application.bin "$esp32c3"
expect_text out.log 'bootloader.bin: wrote 20000 bytes'
expect_text out.log 'application.bin: wrote 100004 bytes'
expect_in_flash esp32c3/board1.bin 0x0 bootloader.bin
expect_in_flash esp32c3/board1.bin 0x10000 application.bin
expect_status 1 "$espgang" --port "$esp32c3" --before no-reset --connect-attempts 1 read-mac
expect_text err.log 'not in its loader'
refused 1 "write_two_files: $no_port" write_two_files bootloader.bin application.bin "$work/no-port"
refused 1 'write_two_files: none.bin: No such file or directory' write_two_files bootloader.bin none.bin "$esp32c3"

if stubs; then
  example 0 flash_series esp32 bootloader.bin application.bin output.bin "$esp32"
  expect_text out.log 'flash of maker 0xc8, device 0x4016, 4096 KB'
  expect_text out.log 'application.bin: 100004 bytes at 0x00010000 are in the flash'
  head -c $((4 << 20)) /dev/zero | tr '\0' '\377' >wanted.bin
  dd if=bootloader.bin of=wanted.bin bs=4096 seek=1 conv=notrunc status=none
  dd if=application.bin of=wanted.bin bs=4096 seek=16 conv=notrunc status=none
  cmp wanted.bin esp32/board1.bin || fail 'flash_series left something else in the flash'
  part wanted.bin 0 0x2400 | cmp - output.bin || fail 'flash_series read something else'
else
  echo 'SKIPPED: flash_series: no stubs in this build, and a ROM does not erase all of a flash' >&2
fi
refused 1 'flash_series: the chip is an ESP32-C3, not an ESP32' \
  flash_series esp32 bootloader.bin application.bin never.bin "$esp32c3"
refused 1 "flash_series: $no_port" flash_series esp32 bootloader.bin application.bin never.bin "$work/no-port"

make_elf app.elf 243 0x40380000 .iram0.text:0x40380000:0x1000 .flash.rodata:0x3c000020:0x2000 .flash.text:0x42010020:0x8000
example 0 elf_to_flash esp32c3 app.elf image.bin "$esp32c3"
expect_text out.log 'image for ESP32-C3, '
expect_text out.log 'entry point 0x40380000'
expect_equal 'valid checksums' "$(grep -cE '^checksum 0x.., valid$' out.log)" 3
expect_equal 'images from memory' "$(grep -cE '^image in memory: wrote .* at 0x00010000 .*, verified$' out.log)" 2
expect_equal 'images from a file' "$(grep -cE '^image.bin: wrote .* at 0x00010000 .*, verified$' out.log)" 1
expect_in_flash esp32c3/board1.bin 0x10000 image.bin
make_elf old.elf 94 0x40100004 .text:0x40100000:0x1000 .irom0.text:0x40210000:0x4000
example 0 elf_to_flash esp8266 old.elf old- "$esp8266"
expect_in_flash esp8266/board1.bin 0 old-0x00000.bin
expect_in_flash esp8266/board1.bin 0x10000 old-0x10000.bin
refused 1 "elf_to_flash: $no_port" elf_to_flash esp32c3 app.elf image.bin "$work/no-port"
refused 1 'elf_to_flash: none.elf: No such file or directory' elf_to_flash esp32c3 none.elf image.bin "$esp32c3"
refused 1 'elf_to_flash: bootloader.bin: is no ELF file: it does not begin with 7f 45 4c 46' \
  elf_to_flash esp32c3 bootloader.bin image.bin "$esp32c3"

example 0 block_by_block application.bin "$esp32c3"
expect_text out.log "chip on $esp32c3: ESP32-C3 (QFN32) (revision v0.4)"
expect_text out.log 'features: Wi-Fi, BT 5 (LE), Single Core, 160MHz'
expect_text out.log "MD5 of the flash: $(md5sum <application.bin | cut -d ' ' -f 1)"
expect_equal 'the last progress' "$(grep '^wrote ' out.log | tail -n 1)" 'wrote 100 %'
expect_in_flash esp32c3/board1.bin 0x10000 application.bin
: >empty.bin
refused 1 "block_by_block: $no_port" block_by_block application.bin "$work/no-port"
refused 1 'block_by_block: none.bin: No such file or directory' block_by_block none.bin "$esp32c3"
refused 1 'block_by_block: empty.bin: has no bytes, or too many' block_by_block empty.bin "$esp32c3"

example 0 custom_logger custom.log bootloader.bin "$esp32c3"
expect_equal 'lines without the prefix' "$(grep -cv '^\[CustomLogger\] ' out.log || true)" 0
expect_equal 'the log file' "$(cat custom.log)" "$(sed 's/^\[CustomLogger\] //' out.log)"
for line in "ESP32-C3 on $esp32c3" 'WARNING: what is at 0x00010000 will be gone' 'begin: write' \
  'finished bootloader.bin: 100.0 %' 'end: write' 'NOTE: the board is reset'; do
  grep -qxF -- "$line" custom.log || fail "no line '$line' in custom.log: $(cat custom.log)"
done
expect_in_flash esp32c3/board1.bin 0x10000 bootloader.bin
example 0 custom_logger --silent silent.log application.bin "$esp32c3"
expect_equal 'what is said silently' "$(cat out.log err.log silent.log)" ''
expect_in_flash esp32c3/board1.bin 0x10000 application.bin
refused 1 "[CustomLogger] $no_port" custom_logger --silent silent.log bootloader.bin "$work/no-port"
expect_equal 'the log file after a failure' "$(cat silent.log)" "$no_port"
refused 1 '[CustomLogger] none.bin: No such file or directory' custom_logger custom.log none.bin "$esp32c3"
refused 1 'custom_logger: none/custom.log: No such file or directory' custom_logger none/custom.log bootloader.bin "$esp32c3"
