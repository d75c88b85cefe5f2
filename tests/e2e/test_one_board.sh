#!/usr/bin/env bash
# One board with esptool's verbs: partitions by name, resuming a read after Ctrl-C, settings, messages, the monitor.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"

"$make_firmware" --chip esp32 --size 300000 --seed 5 fw >/dev/null
start_boards board 1 --chip esp32 --fast --flash-dir "$work"
board=("$espgang" -p "${urls[0]}")

# Names of partitions are looked up in the board's own table, or in a file.
expect_status 2 "${board[@]}" read-flash factory all factory.bin
expect_equal 'without a table' "$(cat err.log)" 'espgang: there is no partition table at 0x00008000 of the flash'
expect_status 0 "${board[@]}" write-flash 0x8000 fw/partition_table/partition-table.bin 0x10000 fw/app.bin
expect_status 0 "${board[@]}" read-flash factory 300000 app.bin
cmp app.bin fw/app.bin || fail 'factory is not what was written to 0x10000'
expect_status 0 "${board[@]}" read-flash factory all factory.bin
expect_equal 'bytes of factory' "$(stat -c %s factory.bin)" $((0x100000))
expect_status 0 "${board[@]}" erase-region factory 4k
expect_text out.log '0x00010000 to 0x00010fff'
printf 'mine, data, nvs, 0x110000, 8k\n' >table.csv
expect_status 0 "${board[@]}" write-flash --partition-table table.csv mine fw/partition_table/partition-table.bin
expect_text out.log 'at 0x00110000'
expect_status 2 "${board[@]}" read-flash mien all x.bin
expect_equal 'an unknown name' "$(cat err.log)" 'espgang: the partition table has no "mien"'
expect_status 2 "${board[@]}" erase-region --partition-table table.csv mine 16k
expect_equal 'beyond a partition' "$(cat err.log)" 'espgang: 16384 bytes (0x4000) are more than the 8192 that partition mine has'
[ ! -e x.bin ] && [ ! -e x.bin.part ] || fail 'a file was made for nothing'

# Messages: none, results, more, every frame.
expect_status 0 "${board[@]}" --silent read-mac
expect_equal 'what --silent says' "$(cat out.log err.log)" ''
expect_status 0 "${board[@]}" read-mac
expect_equal 'the MAC' "$(grep -c '^MAC: *02:65:67:00:00:01$' out.log)" 2
! grep -q SYNC out.log || fail 'frames are shown unasked'
expect_status 0 "${board[@]}" read-mac --trace
expect_text out.log SYNC
expect_text out.log READ_REG
expect_status 0 "${board[@]}" --no-stub read-mac
! grep -q 'Stub' out.log || fail 'a stub was started'

# Settings: the environment, esptool.cfg, and mistakes in them.
expect_status 1 env ESPTOOL_CHIP=esp32s2 "${board[@]}" read-mac
expect_equal 'the chip of the environment' "$(cat err.log)" 'espgang: the chip is an ESP32, not an ESP32-S2'
expect_status 0 env ESPTOOL_CHIP=esp32s2 "${board[@]}" --chip esp32 read-mac
expect_status 0 env ESPTOOL_PORT="${urls[0]}" ESPTOOL_BAUD=460800 "$espgang" read-mac --trace
expect_text out.log CHANGE_BAUDRATE
expect_status 2 env ESPTOOL_BEFORE=never "${board[@]}" read-mac
mkdir settings
printf '[esptool]\nconnect_attempts = 1\ncustom_reset_sequence = D0|R1|W0.1|D0|R0\ntimout = 5\n' >settings/esptool.cfg
(cd settings && expect_status 1 "${board[@]}" read-mac) || exit 1
expect_text out.log 'there is no setting "timout"'
expect_status 0 "${board[@]}" read-mac
expect_status 1 env ESPTOOL_CFGFILE="$work/settings/esptool.cfg" "${board[@]}" read-mac
printf '[esptool]\ncustom_reset_sequence = D0|R1|W0.1|D1|R0|W0.05|D0\n' >settings/esptool.cfg
expect_status 0 env ESPTOOL_CFGFILE="$work/settings/esptool.cfg" "${board[@]}" read-mac

# Arguments from a file.
printf -- "--flash_mode dio\n0x20000 'fw/app.bin'\n" >args
expect_status 0 "${board[@]}" write_flash @args
expect_text out.log 'fw/app.bin: wrote 300000 bytes'
expect_status 2 "${board[@]}" write-flash @nowhere
expect_equal 'a missing file' "$(cat err.log)" 'espgang: nowhere: No such file or directory'

# A reset, then the board's output from its first line on.
expect_status 0 "${board[@]}" monitor --seconds 1
expect_text out.log 'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)'
expect_status 0 "${board[@]}" read-mac --after no-reset
expect_status 0 "${board[@]}" monitor --no-reset --seconds 1
expect_equal 'what a board says that is left alone' "$(cat out.log)" ''

# No port could be a board: only allowed ports are tried.
expect_status 3 "$espgang" --port-filter serial=none-such flash-id
expect_status 2 "$espgang" --port-filter colour=red flash-id
expect_equal 'a filter of no kind' "$(cat err.log)" \
  'espgang: port filter "colour=red": is none of vid=NUMBER, pid=NUMBER, name=TEXT, serial=TEXT'

# Ctrl-C while reading keeps the data read so far and the existing file; --resume continues.
head -c 4194304 /dev/urandom >slow1.bin
mkdir slow
mv slow1.bin slow/board1.bin
start_boards slow 1 --chip esp32 --flash-dir "$work/slow"
echo before >out.bin
"$espgang" -p "${urls[0]}" -b 921600 read-flash 0x1000 0x60000 out.bin >out.log 2>err.log &
reader=$!
children+=("$reader")
until [ "$(stat -c %s out.bin.part 2>/dev/null || echo 0)" -ge 262144 ]; do
  kill -0 "$reader" || fail 'the reader has ended too early'
  sleep 0.1
done
kill -INT "$reader"
got=0
wait "$reader" || got=$?
expect_equal 'status of what was interrupted' "$got" 130
expect_text out.log '--resume continues with what has been read so far'
expect_equal 'the file that was there' "$(cat out.bin)" before
expect_status 0 "$espgang" -p "${urls[0]}" -b 921600 read-flash --resume 0x1000 0x60000 out.bin
expect_text out.log '262144 bytes are there already'
cmp -n $((0x60000)) -i 0x1000:0 slow/board1.bin out.bin || fail 'what was read in two goes is not the flash'
[ ! -e out.bin.part ] || fail 'the part is still there'

# Partial data from another flash is not continued.
head -c 262144 /dev/zero >out.bin.part
expect_status 0 "$espgang" -p "${urls[0]}" -b 921600 read-flash --resume 0x1000 0x48000 out.bin
cmp -n $((0x48000)) -i 0x1000:0 slow/board1.bin out.bin || fail 'what was read over the remains of another is not the flash'
