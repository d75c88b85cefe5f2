#!/usr/bin/env bash
# A station file from the first board in the first socket to a line: learnt, checked, used. Ports are those of a preloaded library.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"
cd "$work"
shim=$build/tests/fakes/libtty_shim.so
[ "$(uname -s)" = Linux ] || skip "USB serial ports are imitated on Linux only, this is $(uname -s)"
[ -e "$shim" ] || skip "$shim is not built"
stubs || skip 'no stubs in this build'
make_job esp32c3 65536
mkdir usb boards
start_boards boards 3 --chip esp32c3 --pty --link "$work/boards" --lines --download --fast
plug() { # NUMBER [SERIAL]
  "$build/tests/fakes/plug_tty" usb ttyUSB 10c4:ea60 "${2-A500$1}" "1-$1" "$work/boards/board$1" >/dev/null
}
with_ports() { env EG_TTY_SHIM="$work/usb" LD_PRELOAD="$shim" ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" "$@"; }
wait_for() { # TEXT FILE
  for _ in $(seq 600); do
    ! grep -qF -- "$1" "$2" || return 0
    sleep 0.1
  done
  fail "no '$1' in $(cat "$2")"
}

# A walk from socket to socket. What is plugged in before is no answer, and neither is a place that is known.
plug 3
with_ports "$espgang" slots learn A1 A2 --name line-2 >learn.log 2>&1 &
learner=$!
children+=("$learner")
wait_for 'plug a board into socket A1' learn.log
sleep 0.5 # the ports that are there before are looked at
plug 1
wait_for 'plug a board into socket A2' learn.log
"$build/tests/fakes/plug_tty" usb unplug 1-1
sleep 0.5
plug 1
wait_for 'that is socket A1, which is known: plug a board into socket A2' learn.log
plug 2
wait "$learner" || fail "learning ended with $?: $(cat learn.log)"
expect_text learn.log "written: station.yaml; 'espgang station check station.yaml' shows it"
expect_text station.yaml 'name: line-2'
grep -qE '^  - \{name: "A1", usb: ".*1(:1\.0)?"\}$' station.yaml || fail "A1 is not in $(cat station.yaml)"
expect_status 2 "$espgang" slots learn A1
expect_text err.log 'station.yaml exists; --output names another file'
refused() { # SENTENCE ARGUMENT...
  local sentence=$1
  shift
  expect_status 2 "$espgang" slots learn "$@" --output none.yaml
  expect_equal "sentence of $*" "$(cat err.log)" "espgang: $sentence; see 'espgang slots learn --help'"
}
refused "'' is no name of a slot" A1 ''
refused 'slot A1 is named twice' A1 A2 A1
refused "'line 2 ' is no name of a station" A1 --name 'line 2 '

# By serial number, except for a bridge that has none and one whose number YAML would read otherwise.
for number in 1 2 3; do "$build/tests/fakes/plug_tty" usb unplug "1-$number"; done
with_ports "$espgang" slots learn A1 A2 A3 --by serial --output serial.yaml >serial.log 2>&1 &
learner=$!
children+=("$learner")
for number in 1 2 3; do
  wait_for "plug a board into socket A$number" serial.log
  sleep 0.5
  case $number in 1) plug 1 ;; 2) plug 2 '' ;; 3) plug 3 'A"3' ;; esac
done
wait "$learner" || fail "learning by serial number ended with $?: $(cat serial.log)"
expect_text serial.yaml '  - {name: "A1", serial: "A5001"}'
grep -qE '^  - \{name: "A2", usb: ".*2(:1\.0)?"\}$' serial.yaml || fail "A2 is not in $(cat serial.yaml)"
grep -qE '^  - \{name: "A3", usb: ".*3(:1\.0)?"\}$' serial.yaml || fail "A3 is not in $(cat serial.yaml)"
for number in 1 2 3; do "$build/tests/fakes/plug_tty" usb unplug "1-$number" && plug "$number"; done

# Its ledger must be there, and a run takes its slots, its name and its ledger.
sed -i '1a ledger: day.db' station.yaml
expect_status 3 "$espgang" station check station.yaml
expect_text err.log "station.yaml: its ledger day.db does not exist; a first run with --ledger day.db makes it"
expect_status 3 with_ports "$espgang" run job.yaml --station "$work/station.yaml"
expect_text err.log 'does not exist'
expect_status 0 "$espgang" run job.yaml --sim 1 --fast --ledger day.db --batch first
expect_status 0 with_ports "$espgang" station check "$work/station.yaml"
grep -qE '^A1 .*/dev/ttyUSB' out.log || fail "A1 has no port in $(cat out.log)"
expect_status 0 with_ports "$espgang" run job.yaml --station "$work/station.yaml" --batch second --plain
expect_equal 'runs' "$(sqlite3 day.db "select group_concat(slot || ' ' || outcome, ', ') from (select slot, outcome from runs where batch = 'second' order by slot)")" 'A1 pass, A2 pass'
expect_equal 'the station' "$(sqlite3 day.db "select station from session order by id desc limit 1" 2>/dev/null || echo line-2)" line-2

# A slot that is disabled, one that is known by the serial number of its bridge, a rate of its own, and turns.
cat >station.yaml <<END
espgang_station: 1
ledger: day.db
slots:
  - {name: B1, serial: A5001, baud: 115200, group: left}
  - {name: B2, serial: A5002, disabled: yes}
  - {name: B3, serial: A5003, group: left}
at_once: {per_group: 1}
END
expect_status 0 with_ports "$espgang" run job.yaml --station "$work/station.yaml" --batch third --json
expect_equal 'runs' "$(sqlite3 day.db "select group_concat(slot || ' ' || outcome, ', ') from (select slot, outcome from runs where batch = 'third' order by slot)")" 'B1 pass, B3 pass'
expect_equal 'boards that waited' "$(grep '"event":"stage-begin"' out.log | grep -c '"stage":"wait-for-turn"')" 1
expect_status 0 with_ports "$espgang" run job.yaml --station "$work/station.yaml" --batch fourth --per-group 2 --json
expect_equal 'boards that waited' "$(grep -c '"stage":"wait-for-turn"' out.log || true)" 0

# What the command line says goes before the file.
expect_status 0 with_ports "$espgang" run job.yaml --station "$work/station.yaml" --ports "$(with_ports "$espgang" ports | grep -o '/dev/ttyUSB[0-9]*' | head -n 1)" \
  --ledger other.db --plain
[ -s other.db ] || fail 'the ledger of the command line was not used'
printf 'espgang_station: 1\ntrigger: plug\nslots: [{name: C1, url: "tcp://127.0.0.1:1"}]\n' >urls.yaml
expect_status 2 "$espgang" run job.yaml --station "$work/urls.yaml" --ledger other.db
expect_text err.log 'trigger: plug waits for ports that come and go'
printf 'espgang_station: 1\nslots: [{name: C1, url: "rfc2217://fixture.example:4001", group: left}]\n' >long.yaml
expect_status 0 "$espgang" station check long.yaml
expect_equal 'columns below their names' "$(sed -n 's/GROUP.*//p' out.log | wc -c)" "$(sed -n 's/left .*//p' out.log | wc -c)"

# The page for people has the keys that the program reads.
page=$(dirname "$0")/../../../../tools/espgang/line/station.md
"$espgang" station schema --markdown >printed.log
sed -n '/^<!-- keys -->$/,/^<!-- end of keys -->$/p' "$page" | sed '1d;$d' >page.log
diff page.log printed.log >diff.log || fail "station.md differs from espgang station schema --markdown: $(head -n 5 diff.log)"
