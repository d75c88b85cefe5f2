#!/usr/bin/env bash
# The command line of vboard: its output, its refusals, and how it ends.
build=$1; . "$(dirname "$0")/lib.sh"

# refuses SENTENCE ARGUMENT...
refuses() {
  local sentence=$1
  shift
  expect_status 2 "$vboard" "$@"
  expect_equal "what 'vboard $*' says" "$(cat "$work/err.log")" "vboard: $sentence"
  expect_equal "what 'vboard $*' prints" "$(cat "$work/out.log")" ""
}

refuses '--part X: see --list-parts' --part X
refuses '--boards 0: 1 to 256' --boards 0
refuses '--boards 257: 1 to 256' --boards 257
refuses '--mac 24:0a:c4:00:10: not a MAC such as 24:0a:c4:00:10:00' --mac 24:0a:c4:00:10
refuses '--mac 24-0a-c4-00-10: not a MAC such as 24:0a:c4:00:10:00' --mac 24-0a-c4-00-10
refuses '--revision -1: 0 to 9999, major * 100 + minor' --revision=-1
refuses '--port 65536: 0 to 65535' --port 65536
refuses 'port 65535: 2 boards need ports beyond 65535' --port 65535 --boards 2
refuses '"localhost": not a numeric address' --bind localhost
refuses '--link: only together with --pty' --link "$work"
refuses '--lines: only together with --link' --pty --lines
refuses 'fault "3:lie": there are boards 1 to 2' --boards 2 --fault 3:lie
refuses '--crystal 100: 0 to 99 MHz' --crystal 100
refuses 'ESP32 comes with no crystal of 48 MHz' --crystal 48
refuses 'the ROM of ESP32 does not say which crystal it expects' --rom-crystal 40
refuses '--usb serial: not one of bridge, jtag, otg' --usb serial
refuses 'ESP32 has no USB-OTG' --usb otg
refuses '--spi-pins 6,17: not default, hspi or five pins CLK,Q,D,HD,CS' --spi-pins 6,17
refuses '--register 0x3ff5a00c: not a register and its word, such as 0x3ff5a00c=0x8200' --register 0x3ff5a00c
refuses 'ESP32-C3 has no secure boot v1' --chip esp32c3 --secure-boot-v1
refuses "--nonsense: unknown option; see 'vboard --help'" --nonsense
refuses "--boards=many: invalid numeric value; see 'vboard --help'" --boards=many
refuses '"board": vboard takes options only' board

expect_status 2 "$vboard" --chip z80
expect_text "$work/err.log" 'vboard: --chip z80: there are esp32,'
expect_status 2 "$vboard" --flash-dir "$work/absent"
expect_status 0 "$vboard" --version
expect_text "$work/out.log" 'vboard '
for list in help list-chips list-parts list-faults; do
  expect_status 0 "$vboard" "--$list"
  [ -s "$work/out.log" ] || fail "--$list prints nothing"
done

# Every option has a line of help, and the help fits a terminal.
expect_status 0 "$vboard" --help
for option in register usb spi-pins crystal rom-crystal secure-boot-v1 no-manual-encryption key-manager force-download; do
  grep -qE -- "--$option(=|  )" "$work/out.log" || fail "--help does not tell of --$option"
done
expect_equal 'longest line of --help' "$(awk 'length > 80' "$work/out.log")" ''

# One URL per board, no URL twice; a port in use is refused.
start_boards urls 3
expect_equal 'distinct URLs' "$(printf '%s\n' "${urls[@]}" | grep -cE '^rfc2217://127\.0\.0\.1:[0-9]+$')" 3
expect_equal 'distinct URLs' "$(printf '%s\n' "${urls[@]}" | sort -u | wc -l)" 3
port=${urls[0]##*:}
expect_status 3 "$vboard" --port "$port"
expect_equal 'a port in use' "$(cat "$work/err.log")" "vboard: 127.0.0.1 port $port for board 1: Address already in use"

# Either signal ends it cleanly, with the flash files written, whether or not anyone reads its output.
for signal in INT TERM; do
  mkdir "$work/$signal"
  start_boards "$signal" 2 --flash-dir "$work/$signal" --part W25Q16JV
  kill -"$signal" "${children[-1]}"
  wait "${children[-1]}" || fail "vboard ended with $? by SIG$signal"
  expect_equal 'flash file' "$(stat -c %s "$work/$signal/board2.bin")" 2097152
done
# A stream that the caller closed is not reused for a terminal, which would then receive the path.
mkdir "$work/closed"
"$vboard" --boards 2 --pty --link "$work/closed" <&- >&- 2>"$work/closed.log" &
children+=($!)
# Before it catches signals, which is before it prints, they simply end it.
until readlink "/proc/${children[-1]}"/fd/* 2>/dev/null | grep signalfd >/dev/null; do
  kill -0 "${children[-1]}" 2>/dev/null || break
  sleep 0.1
done
for number in 1 2; do
  until [ -e "$work/closed/board$number" ] || ! kill -0 "${children[-1]}"; do sleep 0.1; done
  timeout 1 cat "$work/closed/board$number" >"$work/sent" || true
  ! grep -aF "$work/closed" "$work/sent" || fail "board $number sent its path"
done
kill "${children[-1]}"
wait "${children[-1]}" || fail "vboard without an output ended with $?"
