#!/usr/bin/env bash
# Problems of a station: ports, USB, clock, ledger, programs that take ports. A preloaded library provides the ports and
# their sysfs.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"

shim=$build/tests/fakes/libtty_shim.so
[ "$(uname -s)" = Linux ] || skip "USB serial ports are imitated on Linux only, this is $(uname -s)"
[ -e "$shim" ] || skip "$shim is not built"

usb=$work/usb
mkdir "$usb"
ledger=$work/ledger.db
doctor() { # STATUS ARGUMENT...: what depends on the machine of the test is left out
  local status=$1
  shift
  EG_TTY_SHIM=$usb LD_PRELOAD=$shim ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 \
    expect_status "$status" "$espgang" doctor --ledger "$ledger" "$@"
  sed -i '/^warning: \(udev\|clock\|ModemManager\): \|^warning: .*MiB are free/,+1d; s/, [0-9]* warnings*$//' "$work/out.log"
}
found() { # NAME EXPECTED
  expect_equal "$1" "$(cat "$work/out.log")" "$2"
}

doctor 0
found 'no port' 'warning: USB: there is no serial port
  remedy: plug a board in, and check cable and hub
0 ports: 0 problems'

# A port in use, too many boards on one full-speed bus, too much current from one hub.
mkdir "$work/boards"
start_boards boards 14 --pty --link "$work/boards"
for place in 1 2 3 4 5 6 7 8 9 10 11 12 13; do
  "$build/tests/fakes/plug_tty" "$usb" ttyUSB 10c4:ea60 "A$place" "1-$place" "$work/boards/board$place"
done
bus=$usb/sys/devices/pci0000:00/0000:00:14.0/usb1
echo 12 >"$bus/speed"
echo 09 >"$bus/bDeviceClass"
echo c0 >"$bus/bmAttributes"
for device in "$bus"/1-*; do
  echo 12 >"$device/speed"
  echo 100mA >"$device/bMaxPower"
done
doctor 0
found 'a bus that is just full' '13 ports: 0 problems'
"$build/tests/fakes/plug_tty" "$usb" ttyUSB 10c4:ea60 A14 1-14 "$work/boards/board14"
echo 12 >"$bus/1-14/speed"
echo 80 >"$bus/bmAttributes"
doctor 0
found 'a full bus' 'warning: usb1: 14 boards share 12 Mbit/s here, which carries 13 at 921600 baud
  remedy: spread the boards over hubs with a transaction translator for each port, or over several controllers
warning: usb1: boards at this hub ask for 1300 mA, and without a supply it may give 400 mA
  remedy: use a hub with a supply of its own
14 ports: 0 problems'
rm "$bus/speed" "$bus/bmAttributes"

# A port without modem lines, a bridge that holds answers back, and too many endpoints on one controller.
port=$(readlink -f "$usb/sys/class/tty/ttyUSB0/device")
echo 0 >"$port/bmCapabilities"
echo 16 >"$port/latency_timer"
for device in "$bus"/1-*; do
  echo ' 1' >"$device/bNumInterfaces"
  mkdir -p "$device/${device##*/}:1.0"
  echo 05 >"$device/${device##*/}:1.0/bNumEndpoints"
done
doctor 3
found 'lines, latency, endpoints' "problem: /dev/ttyUSB0: it has no DTR and RTS, so boards cannot be reset into their loader
  remedy: use another bridge, or reset boards by hand with link.before: no-reset
warning: /dev/ttyUSB0: answers wait up to 16 ms in this bridge; espgang asks for 1 ms while it has the port open
  remedy: run 'espgang doctor --set-latency', which sets 1 ms for every program
warning: 0000:00:14.0: 14 boards and their hubs take 85 endpoints of this controller, which may have no more than 64
  remedy: spread the boards over several controllers, such as PCIe cards; the kernel's log says 'Not enough bandwidth' or 'not enough host controller resources' when there are too many
14 ports: 1 problem"
echo 2 >"$port/bmCapabilities"
doctor 0 --set-latency
expect_equal 'the latency timer' "$(cat "$port/latency_timer")" 1
for device in "$bus"/1-*; do rm "$device/bNumInterfaces"; done

# A port that another program has open.
sleep 60 7<>"$work/boards/board3" &
children+=($!)
doctor 3
found 'a busy port' "problem: /dev/ttyUSB2: it is in use by sleep (process ${children[-1]})
  remedy: end that program, or leave the port out with --ports
14 ports: 1 problem"
kill "${children[-1]}"
wait "${children[-1]}" || true

# A program that takes bridges, known by its name.
cp "$(command -v sleep)" "$work/brltty"
"$work/brltty" 60 &
children+=($!)
doctor 3
found brltty 'problem: brltty: it runs, and takes CH340 and CP210x bridges for Braille displays
  remedy: remove it (apt remove brltty), or stop its service
14 ports: 1 problem'
kill "${children[-1]}"
wait "${children[-1]}" || true

# The ledger: unreadable, and newer than the clock.
echo 'no ledger' >"$ledger"
doctor 3
expect_text "$work/out.log" "problem: $ledger: "
rm "$ledger"
make_job esp32c3 65536
expect_status 0 "$espgang" run "$work/job.yaml" --sim 1 --fast --ledger "$ledger"
clock=$build/tests/fakes/libclock_shim.so
EG_CLOCK_SHIM=-3600 EG_TTY_SHIM=$usb LD_PRELOAD=$shim:$clock ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 \
  expect_status 3 "$espgang" doctor --ledger "$ledger" --json
answer() { # PATH
  sqlite3 -batch -noheader :memory: "SELECT json_extract(CAST(readfile('$work/out.log') AS TEXT), '$1')"
}
expect_equal 'problems as JSON' "$(answer '$.problems')" 1
expect_equal 'the clock' "$(sqlite3 -batch -noheader :memory: "SELECT json_extract(value, '\$.check') FROM
  json_each(CAST(readfile('$work/out.log') AS TEXT), '\$.findings') WHERE json_extract(value, '\$.severity') = 'problem'")" clock
expect_status 2 "$espgang" doctor now
