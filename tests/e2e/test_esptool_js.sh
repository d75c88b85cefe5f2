#!/usr/bin/env bash
# An independent client programs our boards: esptool-js, by Espressif, over RFC 2217.
build=$1; . "$(dirname "$0")/lib.sh"

package=$build/stubs/node_modules/esptool-js
command -v node >/dev/null || skip "no node: esptool-js cannot run"
[ -d "$package" ] || skip "no esptool-js at $package: was the build made without npm?"

# program CHIP NAME BAUD
program() {
  mkdir "$work/$1"
  start_boards "$1" 1 --chip "$1" --flash-dir "$work/$1"
  node "$(dirname "$0")/esptool_js.mjs" "$package" "${urls[0]}" "$2" "$work/app.bin" 0x10000 "$3" >"$work/$1.log" 2>&1 ||
    fail "esptool-js and $1"
  expect_text "$work/$1.log" "chip: $2"
  expect_text "$work/$1.log" "md5: $(md5sum <"$work/app.bin" | cut -d' ' -f1)"
  kill "${children[-1]}"
  wait "${children[-1]}" || fail "vboard ended with $?"
  cmp -n "$(stat -c %s "$work/app.bin")" "$work/app.bin" "$work/$1/board1.bin" 0 65536 || fail "flash of $1"
}

# Half of it compresses, half does not.
{ head -c 40000 /dev/urandom; seq 1 10000; } >"$work/app.bin"
truncate -s %4 "$work/app.bin"

program esp32 ESP32 921600
program esp32c3 ESP32-C3 460800
program esp32s3 ESP32-S3 921600
program esp8266 ESP8266 115200
