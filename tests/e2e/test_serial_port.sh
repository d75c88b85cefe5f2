#!/usr/bin/env bash
# Serial ports of this machine, through the real libserialport and libudev: simulated boards on pseudo-terminals, which
# a preloaded library presents to espgang as USB serial ports with modem lines, rates and USB paths.
build=$1; . "$(dirname "$0")/lib.sh"

shim=$build/tests/fakes/libtty_shim.so
[ "$(uname -s)" = Linux ] || skip "USB serial ports are imitated on Linux only, this is $(uname -s)"
[ -e "$shim" ] || skip "$shim is not built"

usb=$work/usb
plug() { # NAME VID:PID SERIAL PLACE BOARD: the board named by vboard's link becomes /dev/NAME
  "$build/tests/fakes/plug_tty" "$usb" "$@"
}
mkdir "$usb"

espgang() {
  EG_TTY_SHIM=$usb LD_PRELOAD=$shim ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 "$espgang" "$@"
}

start_serial() { # LOG ARGUMENT...: a simulated board with lines, by a link $work/LOG/board1, its flash beside it
  mkdir -p "$work/$1"
  start_boards "$1" 1 --pty --link "$work/$1" --lines --flash-dir "$work/$1" "${@:2}"
}

stop_boards() { # NUMBER: the newest so many, well
  for child in "${children[@]: -$1}"; do
    kill "$child"
    wait "$child" || fail "vboard ended with $?"
  done
}

expect_flash() { # LOG: the application is in the flash
  expect_equal "app in the flash of $1" \
    "$(dd if="$work/$1/board1.bin" bs=4096 skip=16 status=none | head -c "$(stat -c %s "$work/firmware/app.bin")" | md5sum)" \
    "$(md5sum <"$work/firmware/app.bin")"
}

# Nothing is plugged in: this machine's own ports are not shown.
expect_status 0 espgang ports
expect_equal ports "$(head -n 1 "$work/out.log")" 'no serial port'

# Three boards on three adapters are used by default; a fourth device is left alone.
make_job esp32c3 65536 'link: {baud: 921600}'
start_serial cp210x --chip esp32c3 --mac 24:0a:c4:00:00:01
start_serial ch9102 --chip esp32c3 --mac 24:0a:c4:00:00:02
start_serial jtag --chip esp32c3 --mac 24:0a:c4:00:00:03 --usb jtag
plug ttyUSB7 10c4:ea60 A5001 1-2 "$work/cp210x/board1"
plug ttyACM3 1a86:55d4 '' 1-3.1 "$work/ch9102/board1"
plug ttyACM4 303a:1001 24:0A:C4:00:00:03 1-4 "$work/jtag/board1"
plug ttyACM5 2341:0043 uno 1-5 /dev/null
expect_status 0 espgang ports
expect_equal ports "$(sed '/^$/,$d' "$work/out.log" | tr -s ' ')" 'SLOT PORT BRIDGE USB SERIAL BY DEFAULT
1-2:1.0 /dev/ttyUSB7 CP210x 10c4:ea60 A5001 used
1-3.1:1.0 /dev/ttyACM3 CH9102 1a86:55d4 used
1-4:1.0 /dev/ttyACM4 USB-Serial/JTAG 303a:1001 24:0A:C4:00:00:03 used
1-5:1.0 /dev/ttyACM5 2341:0043 uno left alone'
# Disturbances of 120 ms, as drivers report them, do no harm.
plug trouble ttyUSB7 $'seed 1\nall EPROTO 200 120 3\nwrite EAGAIN 10 0 20'
plug trouble ttyACM3 $'seed 2\nall ETIMEDOUT 200 120 3\nlines EPROTO 1 120 1'
plug trouble ttyACM4 $'seed 3\nall ESHUTDOWN 200 120 3\nwrite EAGAIN 3 0 20'
expect_status 0 espgang run "$work/job.yaml" --ledger "$work/ledger.db" --batch default --label /dev/ttyACM3=SN-2 \
  --label 1-4:1.0=SN-3
expect_text "$work/out.log" '3 of 3 passed'
expect_equal 'what passed' "$(ledger "select group_concat(slot || ' ' || port || ' ' || mac, ', ') from (select * from runs where outcome = 'pass' order by slot)")" \
  '1-2:1.0 /dev/ttyUSB7 24:0a:c4:00:00:01, 1-3.1:1.0 /dev/ttyACM3 24:0a:c4:00:00:02, 1-4:1.0 /dev/ttyACM4 24:0a:c4:00:00:03'
expect_equal 'bridges and labels' \
  "$(ledger "select bridge, bridge_serial, label, length(flash_unique_id) from runs order by slot")" \
  $'10c4:ea60|A5001||16\n1a86:55d4||SN-2|16\n303a:1001|24:0A:C4:00:00:03|SN-3|16'
expect_equal 'rates of writing' "$(ledger "select distinct baud from stage where stage = 'write'")" 921600
stop_boards 3
for board in cp210x ch9102 jtag; do expect_flash "$board"; done

# A pattern selects boards of another chip, one on an adapter with flow control. That one loses its port once and comes
# back; the next attempt keeps the rate.
make_job esp32 65536 'retry: {attempts: 2, baud: [921600, 460800]}'
start_serial cp2102c --chip esp32 --fault gone@40000:500
start_serial ft232r --chip esp32 --mac 24:0a:c4:00:00:05
plug ttyUSB12 10c4:ea64 0001 2-1 "$work/cp2102c/board1"
plug ttyUSB13 0403:6001 FT1 2-2 "$work/ft232r/board1"
expect_status 0 espgang run "$work/job.yaml" --ports '/dev/ttyUSB1[0-9]' --ledger "$work/ledger.db" --batch pattern
expect_equal 'by the pattern' "$(ledger "select group_concat(slot || ' ' || outcome, ', ') from (select * from runs where batch = 'pattern' order by slot)")" \
  '2-1:1.0 pass-marginal, 2-2:1.0 pass'
expect_equal 'rates of the one that came back' \
  "$(ledger "select group_concat(attempt || ': ' || baud || ' ' || code, ', ') from (select stage.* from stage join runs on run = run_id where batch = 'pattern' and slot = '2-1:1.0' and stage = 'write' order by position)")" \
  '1: 921600 port-gone, 2: 921600 ok'
stop_boards 2
for board in cp2102c ft232r; do expect_flash "$board"; done

wait_for_write() { # LOG
  for _ in $(seq 600); do
    grep -q '"event":"stage-begin".*"stage":"write"' "$work/$1.log" && return
    sleep 0.1
  done
  fail "nothing is written: $(cat "$work/$1.log" "$work/$1.err.log")"
}

# A port in use is refused to a second espgang, without disturbing the first.
make_job esp32 131072 'link: {baud: 115200}' 'retry: {attempts: 1}'
start_serial busy --chip esp32
plug ttyUSB20 10c4:ea60 A5001 3-1 "$work/busy/board1"
espgang run "$work/job.yaml" --ports /dev/ttyUSB20 --ledger "$work/ledger.db" --batch first --json >"$work/first.log" 2>"$work/first.err.log" &
first=$!
children+=("$first")
wait_for_write first
holder=$(cat "/proc/$(pgrep -P "$first" || echo "$first")/comm")
expect_status 1 espgang run "$work/job.yaml" --ports /dev/ttyUSB20 --ledger "$work/second.db"
expect_equal 'the second' \
  "$(sqlite3 -batch -noheader "$work/second.db" 'select code, sentence from runs' | sed 's/process [0-9]*/process N/')" \
  "port-busy|connect: /dev/ttyUSB20: $holder (process N) uses it"
wait "$first" || fail "the first ended with $?: $(cat "$work/first.log" "$work/first.err.log")"
unset 'children[-1]'
expect_equal 'the first' "$(ledger "select outcome from runs where batch = 'first'")" pass

# Pulled out in mid-write.
espgang run "$work/job.yaml" --ports /dev/ttyUSB20 --ledger "$work/ledger.db" --batch pulled --json >"$work/pulled.log" 2>"$work/pulled.err.log" &
pulled=$!
wait_for_write pulled
kill -KILL "${children[-1]}"
children+=("$pulled")
status=0
wait "$pulled" || status=$?
expect_equal 'status of a board that was pulled out' "$status" 1
expect_equal 'a board that was pulled out' "$(ledger "select outcome, code from runs where batch = 'pulled'")" 'error|board-removed'
expect_text "$work/pulled.log" '/dev/ttyUSB20: the device was unplugged'
