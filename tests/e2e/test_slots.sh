#!/usr/bin/env bash
# A line of eight slots and an operator's hands, through the real serial ports: boards are exchanged within 0.1 to 3 s,
# taken out too early, lost by a hub, exchange their tty names, or return under another name. Every insertion has
# exactly one run, in the right slot, with the right MAC and outcome. EG_SLOTS_INSERTIONS and EG_SLOTS_SEED set the
# number and the seed; 2000 insertions take some ten minutes.
build=$1; . "$(dirname "$0")/lib.sh"

shim=$build/tests/fakes/libtty_shim.so
hands=$build/tests/fakes/line_hands
[ "$(uname -s)" = Linux ] || skip "USB serial ports are imitated on Linux only, this is $(uname -s)"
[ -e "$shim" ] && [ -e "$hands" ] || skip "$hands is not built"

make_job esp32c3 65536 "test: {expect: 'is fine', timeout: 30s}" \
  "capture: {name: who, pattern: 'board ([0-9a-f:]{17}) is fine'}" 'retry: {attempts: 2}'
mkdir "$work/usb"
expect_status 0 "$hands" "$work/usb" "${EG_SLOTS_INSERTIONS:-40}" "${EG_SLOTS_SEED:-1}" \
  env EG_TTY_SHIM="$work/usb" LD_PRELOAD="$shim" ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" \
  "$espgang" run "$work/job.yaml" --watch --json --ledger "$work/ledger.db"
cat "$work/out.log"

# The ledger agrees with what was in the slots, and every log is that of its board.
sqlite3 -batch "$work/ledger.db" '.mode csv' 'create temp table hands (run, slot, mac, passed);' \
  ".import $work/usb/insertions.csv hands" \
  "select 'not as recorded: ' || run || ' ' || slot || ' ' || mac from hands where not exists (
     select 1 from runs where runs.run = hands.run + 0 and runs.slot = hands.slot and coalesce(runs.mac, '') = hands.mac
       and (outcome like 'pass%') = (passed = '1'))" \
  "select 'runs: ' || count(*) from runs having count(*) <> (select count(*) from hands)" \
  "select 'another board''s log in run ' || run from runs join run_value on run_value.run_id = runs.run
     where run_value.name = 'who' and run_value.value <> mac" >"$work/wrong.log" 2>&1
[ ! -s "$work/wrong.log" ] || fail "$(cat "$work/wrong.log")"
