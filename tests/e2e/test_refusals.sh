#!/usr/bin/env bash
# Refused operations on a board: one sentence, the right exit status, and no byte of the flash changed.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"

"$make_firmware" --chip esp32 --size 65536 --seed 1 fw >/dev/null
"$make_firmware" --chip esp32c3 --size 65536 --seed 1 fw-c3 >/dev/null
"$make_firmware" --chip esp8266 --size 65536 --seed 1 fw-8266 >/dev/null
boot=fw/bootloader/bootloader.bin app=fw/app.bin

# begin NAME VBOARD-OPTION...: start a board whose flash is full of data.
begin() {
  mkdir "$1"
  head -c 4194304 /dev/urandom >"$1/board1.bin"
  cp "$1/board1.bin" "$1.before"
  start_boards "$1" 1 --fast --flash-dir "$work/$1" "${@:2}"
  board=("$espgang" -p "${urls[0]}")
}

# refused STATUS SENTENCE ARGUMENT...
refused() {
  expect_status "$1" "${board[@]}" "${@:3}"
  expect_equal "what '${*:3}' says" "$(cat err.log)" "espgang: $2"
}

# unchanged NAME: stop the board and check its flash.
unchanged() {
  kill "${children[-1]}"
  wait "${children[-1]}" || fail "the board ended with $?"
  cmp "$1.before" "$1/board1.bin" || fail "the flash of $1 was changed by what was refused"
}

begin plain --chip esp32
refused 2 "chip \"esp33\" is none of $("$espgang" --version | sed -n 's/^chips: //p')" --chip esp33 flash-id
refused 1 'the chip is an ESP32, not an ESP32-S3' --chip esp32s3 write-flash -e 0x10000 "$app"
refused 2 'fw-c3/app.bin is an image for ESP32-C3, not for ESP32' write-flash -e 0x10000 fw-c3/app.bin
refused 2 'fw-8266/app.bin is an image for ESP8266, not for ESP32' write-flash 0x10000 fw-8266/app.bin
cp "$app" new.bin
printf '\x90\x01' | dd of=new.bin bs=1 seek=15 conv=notrunc status=none # needs revision 4.0
refused 1 'new.bin needs revision v4.0 or later, the chip is v3.1' write-flash 0x1000 "$boot" 0x10000 new.bin
cp "$app" old.bin
printf '\xc7\x00' | dd of=old.bin bs=1 seek=17 conv=notrunc status=none # up to revision 1.99
refused 1 'old.bin runs up to revision v1.99, the chip is v3.1' write-flash 0x10000 old.bin
refused 1 "$app: 0x003ff000 to 0x0040f000 goes beyond the end of the flash at 0x00400000" \
  write-flash 0x1000 "$boot" 0x3ff000 "$app"
refused 1 '0x003ff000 to 0x00401000 goes beyond the end of the flash at 0x00400000' erase-region 0x3ff000 0x2000
refused 2 'erasing 0x1000 bytes at 0x00001001: both must be multiples of 0x1000' erase-region 0x1001 0x1000
refused 2 'erasing 0x64 bytes at 0x00001000: both must be multiples of 0x1000' erase-region 0x1000 100
refused 2 "$boot at 0x0001f000 shares a sector with $app, which takes 0x00010000 to 0x00020000" \
  write-flash 0x10000 "$app" 0x1f000 "$boot"
refused 2 'nothing.bin: No such file or directory' write-flash 0x1000 "$boot" 0x10000 nothing.bin
refused 2 "\"0x1000\" is not followed by a file" write-flash 0x10000 "$app" 0x1000
refused 2 'address "0x1000z" is neither a number of 32 bits nor a name' write-flash 0x1000z "$app"
refused 2 'address "0x100000000" is neither a number of 32 bits nor a name' write-flash 0x100000000 "$app"
refused 2 "--compress excludes --no-compress" write-flash -z -u 0x10000 "$app"
refused 2 "--flash-mode: \"qoi\" is none of keep, qio, qout, dio, dout; see 'espgang write-flash --help'" \
  write-flash --flash-mode qoi 0x1000 "$boot"
unchanged plain

begin second --chip esp32
expect_status 0 "${board[@]}" write-flash --force 0x10000 fw-c3/app.bin
expect_status 0 "${board[@]}" verify-flash 0x10000 fw-c3/app.bin

begin encrypted --chip esp32 --flash-encryption --no-manual-encryption
refused 1 "$app is plain, flash encryption is on, and the loader may no longer encrypt: the chip could not run it" \
  write-flash 0x10000 "$app"
refused 1 "$app cannot be encrypted: on this ESP32 the loader may no longer encrypt" write-flash --encrypt 0x10000 "$app"
refused 1 'erasing would take away what flash encryption needs to start' erase-flash
refused 1 'erasing would take away what flash encryption needs to start' erase-region 0x10000 0x1000
unchanged encrypted

begin unencrypted --chip esp32
refused 1 "$app cannot be encrypted: FLASH_CRYPT_CONFIG of this ESP32 is not 0xf" write-flash --encrypt 0x10000 "$app"
unchanged unencrypted

begin trusted --chip esp32 --secure-boot-v1
refused 1 "secure boot is on and $boot at 0x00001000 would overwrite the bootloader it trusts" write-flash 0x1000 "$boot"
refused 1 'erasing would take away what secure boot needs to start' erase-flash
unchanged trusted

# Secure download mode answers few commands. A stub cannot run in it, nor on some chips with secure boot.
begin secure --chip esp32c3 --secure-download
for verb in read-mac flash-id erase-flash 'read-flash 0 4096 x.bin' 'read-mem 0x60000000' 'write-mem 0x60000000 1' \
  'read-flash-status' 'load-ram fw-c3/app.bin' 'verify-flash 0 fw-c3/app.bin'; do
  read -ra words <<<"$verb"
  refused 1 "${words[0]} is not possible in secure download mode" "${words[@]}"
done
expect_status 0 "${board[@]}" get-security-info
expect_text out.log 'ESP32-C3 starts no stub in secure download mode; its ROM goes on'
unchanged secure

begin signed --chip esp32c3 --secure-boot
expect_status 0 "${board[@]}" flash-id
expect_text out.log 'ESP32-C3 starts no stub with secure boot on; its ROM goes on'
unchanged signed
