#!/usr/bin/env bash
# Boards with a self-testing application: its output decides, on boards in process and on serial ports, including native
# USB, whose port may disappear at the reset.
build=$1; . "$(dirname "$0")/lib.sh"

cat >"$work/app.log" <<'LOG'
I (30) app: version 1.4.0
@20ms ready>
@await selftest
self-test: 3v3=3.31 rssi=-61
self-test: OK
LOG
keys=(
  'test:'
  '  - {expect: "ready>$", timeout: 60s}'
  '  - {send: selftest\n, expect: "self-test: OK", forbid: [FAIL, "E \\("], timeout: 60s}'
  'capture:'
  '  - {name: firmware, pattern: "version ([0-9.]+)"}'
  '  - {name: 3v3, pattern: "3v3=([0-9.]+)", unit: V, least: 3.0, most: 3.6}'
)

outcomes() { # BATCH
  ledger "select group_concat(slot || ' ' || outcome || ' ' || code, ', ') from (select * from runs where batch = '$1' order by slot)"
}

# With a USB bridge: one board crashes in its first start only, one always.
make_job esp32 65536 "${keys[@]}"
expect_status 1 "$espgang" run "$work/job.yaml" --sim 3 --ledger "$work/ledger.db" --batch bridge --plain \
  --app-log "$work/app.log" --fault 2:app-panicx1 --fault 3:app-panic
expect_equal outcomes "$(outcomes bridge)" \
  'sim:esp32/1 pass ok, sim:esp32/2 pass-marginal ok, sim:esp32/3 fail test-failed'
expect_text "$work/out.log" "the application crashed: \"Guru Meditation Error: Core  0 panic'ed (LoadProhibited)"

# The log of each run can be read again: by run, by unit, and all runs of a unit.
log_of() { # ARGUMENT...: into out.log
  expect_status 0 "$espgang" log "$@" --ledger "$work/ledger.db"
}
run=$(ledger "select run from runs where slot = 'sim:esp32/2'")
mac=$(ledger "select mac from runs where run = $run")
log_of "$run"
expect_equal 'the log of a run' "$(grep -c '^self-test: OK' "$work/out.log")" 1
cp "$work/out.log" "$work/by-run"
log_of "$mac"
cmp "$work/by-run" "$work/out.log" || fail 'the log of a unit is another one than that of its run'
log_of "$mac" --all
expect_equal 'all logs of a unit' "$(sed '1s/20[^,]*Z/TIME/' "$work/out.log")" \
  "== run $run, $mac, slot sim:esp32/2, TIME, pass-marginal
$(cat "$work/by-run")"
no_log() { # STATUS SENTENCE ARGUMENT...
  expect_status "$1" "$espgang" log "${@:3}"
  expect_equal "standard error of 'log ${*:3}'" "$(cat "$work/err.log")" "espgang: $2"
  expect_equal "standard output of 'log ${*:3}'" "$(cat "$work/out.log")" ''
}
no_log 2 "missing argument: RUN|UNIT; see 'espgang log --help'"
no_log 2 "--run: 'x' is not the number of a run; see 'espgang log --help'" x --run --ledger "$work/ledger.db"
no_log 1 "ledger $work/ledger.db: no run 77 and no unit with this MAC, serial, label or pool key" 77 --ledger "$work/ledger.db"
no_log 3 "ledger $work/none.db: opening it: No such file or directory" 1 --ledger "$work/none.db"

# The message for a value outside its limits gives value and limits.
sed 's/3v3=3.31/3v3=2.91/' "$work/app.log" >"$work/low.log"
expect_status 1 "$espgang" run "$work/job.yaml" --sim 1 --ledger "$work/ledger.db" --batch low --app-log "$work/low.log"
expect_equal 'a low voltage' "$(ledger "select sentence from runs where batch = 'low'")" 'test: 3v3 is 2.91 V, not 3.0 to 3.6 V'

# Without application output a rehearsal cannot pass; that is reported before it begins.
make_job esp32 65536 'test: {expect: "self-test: OK", timeout: 500ms}' 'retry: {attempts: 1}'
expect_status 1 "$espgang" run "$work/job.yaml" --sim 1 --fast --ledger "$work/ledger.db" --batch none --plain
expect_equal 'what is said before' "$(sed -n 2p "$work/out.log")" \
  'warning: simulated boards run no code: what the test of the job waits for they print only with --app-log FILE, or where the application says so itself (see vboard(1))'
expect_equal 'a test that cannot pass' "$(ledger "select sentence from runs where batch = 'none'")" \
  'test: no line matched "self-test: OK" within 500 ms; the last line was "I (29) cpu_start: App version:      1.0.0"'
expect_status 1 "$espgang" run "$work/job.yaml" --sim 1 --fast --ledger "$work/ledger.db" --app-log "$work/app.log" --fault app-silent
expect_text "$work/out.log" 'no line matched "self-test: OK"'
expect_status 2 "$espgang" run "$work/job.yaml" --sim 1 --ledger "$work/ledger.db" --app-log "$work/nowhere"
expect_text "$work/err.log" "$work/nowhere: No such file"
expect_status 2 "$espgang" run "$work/job.yaml" --app-log "$work/app.log"

# A port without modem lines cannot start the application.
start_boards pty 1 --pty --chip esp32 --download
make_job esp32 65536 'test: {expect: "self-test: OK"}' 'link: {before: no-reset}'
expect_status 1 "$espgang" run "$work/job.yaml" --ports "${urls[0]}" --ledger "$work/ledger.db" --batch pty
expect_equal 'no modem lines' "$(ledger "select code || ': ' || sentence from runs where batch = 'pty'")" \
  "port-refused: connect: ${urls[0]} has no DTR and RTS, so the board cannot be reset into its application, whose log the job tests: use a port that has them, or watchdog-reset where the chip has it"
make_job esp32 65536 'link: {before: no-reset}'
expect_status 0 "$espgang" run "$work/job.yaml" --ports "${urls[0]}" --ledger "$work/ledger.db" --plain
expect_text "$work/out.log" "${urls[0]} has no DTR and RTS: the board stays in its loader until it is reset by hand"

# On serial ports: USB-Serial/JTAG survives the reset; USB-OTG disappears, and its early output is lost.
shim=$build/tests/fakes/libtty_shim.so
[ -e "$shim" ] || skip "$shim is not built: no serial ports"
usb=$work/usb
mkdir "$usb"
serial() { # CHIP KIND VID:PID ARGUMENT...: one board that espgang finds by itself
  mkdir -p "$work/$2"
  start_boards "$2" 1 --pty --link "$work/$2" --lines --chip "$1" --usb "$2" --app-log "$work/app.log" "${@:4}"
  rm -rf "$usb" && mkdir "$usb"
  "$build/tests/fakes/plug_tty" "$usb" ttyACM0 "$3" '' 1-2 "$work/$2/board1"
  expect_status 0 env EG_TTY_SHIM="$usb" LD_PRELOAD="$shim" ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" \
    "$espgang" run "$work/job.yaml" --ledger "$work/ledger.db" --batch "$2"
  expect_equal "$2" "$(outcomes "$2")" '1-2:1.0 pass ok'
}
make_job esp32c3 65536 "${keys[@]}"
serial esp32c3 jtag 303a:1001
sed -i 's/^I (30)/@2s &/' "$work/app.log"
make_job esp32s3 65536 "${keys[@]}" 'link: {before: no-reset}'
serial esp32s3 otg 303a:0009 --force-download
