#!/usr/bin/env bash
# What boards share on their way to this machine, as `ports` and `check` show it. A preloaded library provides ports and sysfs.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"
shim=$build/tests/fakes/libtty_shim.so
[ "$(uname -s)" = Linux ] || skip "USB serial ports are imitated on Linux only, this is $(uname -s)"
[ -e "$shim" ] || skip "$shim is not built"
usb=$work/usb
mkdir "$usb" "$work/boards"
with_ports() { # STATUS ARGUMENT...
  local status=$1
  shift
  EG_TTY_SHIM=$usb LD_PRELOAD=$shim ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 expect_status "$status" "$espgang" "$@"
}
start_boards boards 3 --pty --link "$work/boards"
for place in 1 2 3; do
  "$build/tests/fakes/plug_tty" "$usb" ttyUSB 10c4:ea60 "A$place" "1-$place" "$work/boards/board$place"
done
bus=$usb/sys/devices/pci0000:00/0000:00:14.0/usb1
echo 12 >"$bus/speed"
for device in "$bus"/1-*; do
  echo 12 >"$device/speed"
  echo ' 1' >"$device/bNumInterfaces"
  echo 100mA >"$device/bMaxPower"
  mkdir -p "$device/${device##*/}:1.0"
  echo 02 >"$device/${device##*/}:1.0/bNumEndpoints"
done
with_ports 0 ports
expect_text "$work/out.log" 'full-speed bus usb1: 3 boards; its 12 Mbit/s carry 13 at 921600 baud'
expect_text "$work/out.log" 'USB controller 0000:00:14.0: 3 boards with at least 10 endpoints, of the 64 to 96 that it may have'
with_ports 0 ports --json
python3 -c '
import json
usb = {row["kind"]: row for row in json.load(open("'"$work"'/out.log"))["usb"]}
assert usb["full-speed-bus"]["boards"] == 3 and usb["full-speed-bus"]["carries"] == 13, usb
assert usb["hub"]["ma"] == 300 and usb["controller"]["endpoints"] == 10, usb'
make_job esp32c3 65536 'link: {baud: 4000000}'
with_ports 0 check "$work/job.yaml" --ledger "$work/ledger.db"
expect_text "$work/out.log" 'full-speed bus usb1: 3 boards; its 12 Mbit/s carry 3 at 4000000 baud'
