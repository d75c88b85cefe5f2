#!/usr/bin/env bash
# flash-md5 and reset: the digest of the flash by address or partition, and the ways to leave the loader.
build=$1; . "$(dirname "$0")/lib.sh"; . "$(dirname "$0")/one_board.sh"

"$make_firmware" --chip esp32c3 --size 65536 build >/dev/null
make_bytes board1.bin $((4 << 20))
put board1.bin 0x8000 build/partition_table/partition-table.bin
put board1.bin 0x10000 build/app.bin
start_boards boards 1 --chip esp32c3 --fast --flash-dir .
export ESPTOOL_PORT=${urls[0]}

# digest ADDRESS SIZE WORD...: check that the command with these words shows the digest of that part of the flash.
digest() {
  expect_status 0 "$espgang" "${@:3}"
  expect_equal "what '${*:3}' shows" "$(grep '^MD5' out.log)" \
    "MD5:                $(part board1.bin "$1" "$2" | md5sum | cut -d ' ' -f 1)"
}

for front in --no-stub --verbose; do
  digest 0x10000 65536 $front flash-md5 0x10000 64k
  digest 0x10001 3 $front flash-md5 0x10001 3
  digest 0 0 $front flash-md5 0 0
  digest 0 0x400000 $front flash-md5 0 all
  digest 0x3ffffe 2 $front flash-md5 0x3ffffe ALL
done
digest 0x10000 65536 checksum-md5 0x10000 65536 # as espflash has it
digest 0x10000 65536 checksum_md5 factory 65536

# refused STATUS SENTENCE WORD...
refused() {
  expect_status "$1" "$espgang" "${@:3}"
  expect_equal "what '${*:3}' says" "$(cat err.log)" "espgang: $2"
}

refused 1 '0x003fffff to 0x00400001 goes beyond the end of the flash at 0x00400000' flash-md5 0x3fffff 2
refused 2 'the partition table has no "nothing"' flash-md5 nothing all
refused 2 'size "much" is no number of 32 bits' flash-md5 0 much
refused 2 "missing argument: SIZE|all; see 'espgang flash-md5 --help'" flash-md5 0

# The message tells the truth: only a board that was left in its loader answers without a reset.
answers() { "$espgang" --before no-reset --after no-reset --connect-attempts 1 read-mac >out.log 2>err.log; }
for after in 'hard-reset:hard reset by RTS' 'watchdog-reset:reset by watchdog'; do
  expect_status 0 "$espgang" reset --after "${after%%:*}"
  expect_text out.log "left the loader: ${after#*:}"
  ! answers || fail "the loader answers after --after ${after%%:*}"
done
expect_status 0 "$espgang" --after no_reset reset
expect_text out.log 'left the loader: no reset: the ROM loader waits'
answers || fail "nothing answers after --after no_reset: $(cat err.log)"
expect_status 0 "$espgang" reset
expect_text out.log 'left the loader: hard reset by RTS'
! answers || fail 'the loader answers after a reset'
