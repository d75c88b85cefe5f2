#!/usr/bin/env bash
# A job's acceptance rules: a refused board keeps every byte of its flash; the ledger decides what a repeat is.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"

# One board, its flash full of data.
make_job esp32 65536
cp job.yaml plain.yaml
mkdir flash
head -c 4194304 /dev/urandom >flash/board1.bin
cp flash/board1.bin before.bin
start_boards one 1 --fast --chip esp32 --revision 300 --mac 24:0a:c4:00:10:01 --secure-boot --flash-dir "$work/flash"

# run_job ARGUMENT...: run the job into the ledger.
run_job() {
  "$espgang" run job.yaml --ledger ledger.db --plain "$@"
}

# rules YAML: give the job these rules.
rules() {
  { cat plain.yaml; printf 'allow: [unsigned-image]\naccept: {%s}\n' "$1"; } >job.yaml
}

# refused RULES SENTENCE: check that the board's run is refused, and recorded so.
refused() {
  rules "$1"
  expect_status 1 run_job --ports "${urls[0]}"
  expect_equal "the refusal by {$1}" "$(ledger 'select code, sentence from runs order by run desc limit 1')" \
    "not-accepted|admit: $2"
  expect_text out.log "$2"
}

refused 'revision: "<3.0"' 'the chip is revision 3.0, the job accepts <3.0'
refused 'package: [ESP32-U4WDH, ESP32-PICO-D4]' 'the package is ESP32-D0WD-V3, the job accepts ESP32-U4WDH or ESP32-PICO-D4'
refused 'flash_size: ">=8MB"' 'the flash has 4MB, the job accepts >=8MB'
refused 'flash_vendor: winbond' 'the flash id is c84016 (gigadevice), the job accepts winbond'
refused 'secure_boot: off' 'secure boot is on, the job accepts off'
refused 'flash_encryption: on' 'flash encryption is off, the job accepts on'
refused 'mac: 7c:df:a1:*' 'the MAC is 24:0a:c4:00:10:01, the job accepts 7c:df:a1:*'
seq -f '7c:df:a1:00:%02.0f:01' 10 99 >macs.txt
refused 'mac_file: macs.txt' 'the MAC is 24:0a:c4:00:10:01, the job accepts those in macs.txt'
# Twice, because a refused board has not been programmed.
new='the board is new to the ledger, the job accepts boards that come back for rework'
refused 'repeat: rework' "$new"
refused 'repeat: rework' "$new"
expect_equal 'intents to erase' "$(ledger 'select count(*) from intent')" 0

# A bad list refuses the job before any board is touched.
runs=$(ledger 'select count(*) from runs')
echo '24:0a:c4:00:10:0x' >>macs.txt
rules 'mac_file: macs.txt'
expect_status 2 run_job --ports "${urls[0]}"
expect_equal complaint "$(cat err.log)" "espgang: job.yaml:8:20: macs.txt:91: here is neither a MAC such as \
7c:df:a1:00:11:22 nor the beginning of one such as 7c:df:a1"
expect_status 2 "$espgang" check job.yaml
expect_equal 'runs of a job that is refused' "$(ledger 'select count(*) from runs')" "$runs"

kill "${children[-1]}"
wait "${children[-1]}" || fail "the board ended with $?"
cmp before.bin flash/board1.bin || fail 'the flash was changed by what was refused'

# The same board meets all rules; its flash now holds the job's data.
printf '24:0a:c4:00:10:01 # ours\n' >macs.txt
rules 'revision: ">=1.0 <4.0", package: ESP32-D0WD-V3, flash_size: 4MB, flash_vendor: c84016, secure_boot: on,
  flash_encryption: off, mac_file: macs.txt, repeat: refuse'
start_boards taken 1 --fast --chip esp32 --revision 300 --mac 24:0a:c4:00:10:01 --secure-boot --flash-dir "$work/flash"
expect_status 0 run_job --ports "${urls[0]}"

# Four runs of another board: after a failure it may be tried again; after a pass it may not; rework accepts it.
rm ledger.db
rules 'repeat: refuse'
expect_status 1 run_job --sim 1 --fast --fault lie
expect_status 0 run_job --sim 1 --fast
expect_status 1 run_job --sim 1 --fast
last=$(ledger 'select finished from runs where run = 2')
expect_equal 'the third run' "$(ledger 'select code, blame, outcome, sentence from runs where run = 3')" \
  "seen-before|board|fail|admit: the board has passed before: 2 runs, 1 passed, the last at $last (pass)"
rules 'repeat: rework'
expect_status 0 run_job --sim 1 --fast
expect_equal outcomes "$(ledger 'select group_concat(outcome) from (select outcome from runs order by run)')" fail,pass,fail,pass
