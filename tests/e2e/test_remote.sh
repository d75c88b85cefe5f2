#!/usr/bin/env bash
# Boards in another process: over RFC 2217 with reset lines and rates, and over pseudo-terminals without.
build=$1; . "$(dirname "$0")/lib.sh"

for chip in esp32 esp32c3 esp32s3 esp8266; do
  if [ "$chip" = esp8266 ] && ! stubs; then
    echo "SKIPPED: esp8266: no stubs in this build" >&2
    continue
  fi
  make_job "$chip" 65536
  mkdir "$work/$chip"
  start_boards "$chip" 2 --chip "$chip" --flash-dir "$work/$chip"
  expect_status 0 "$espgang" run "$work/job.yaml" --ports "$(join_by_comma "${urls[@]}")" --ledger "$work/ledger.db" --batch "$chip"
  expect_text "$work/out.log" '2 of 2 passed'
  kill "${children[-1]}"
  wait "${children[-1]}" || fail "vboard ended with $?"
  expect_equal "app in the flash of $chip" \
    "$(dd if="$work/$chip/board1.bin" bs=4096 skip=16 status=none | head -c 65536 | md5sum)" \
    "$(md5sum <"$work/firmware/app.bin")"
done

make_job esp32c3 65536
start_boards pty 2 --chip esp32c3 --pty --download
expect_status 0 "$espgang" run "$work/job.yaml" --ports "$(join_by_comma "${urls[@]}")" --ledger "$work/ledger.db" --batch pty
expect_text "$work/out.log" '2 of 2 passed'

# The wrong board in the slot is refused before anything is erased.
start_boards wrong 1 --chip esp32
expect_status 1 "$espgang" run "$work/job.yaml" --ports "${urls[0]}" --ledger "$work/ledger.db" --batch wrong
expect_equal 'the wrong chip' "$(ledger "select code from runs where batch = 'wrong'")" wrong-chip
expect_text "$work/out.log" 'the board is an ESP32, the job is for ESP32-C3'

# Nobody there any more.
kill "${children[-1]}"
wait "${children[-1]}" || fail "vboard ended with $?"
expect_status 1 "$espgang" run "$work/job.yaml" --ports "${urls[0]}" --ledger "$work/ledger.db" --batch nobody
expect_equal 'nobody there' "$(ledger "select outcome from runs where batch = 'nobody'")" error
