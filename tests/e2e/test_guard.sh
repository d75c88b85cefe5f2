#!/usr/bin/env bash
# The guard's rules, tested in every way to reach them: check, bundle, run and write-flash give the same sentence, and a
# refusal changes no byte of the flash.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"

"$make_firmware" --chip esp32 --size 65536 --seed 1 fw >/dev/null
cp fw/bootloader/bootloader.bin boot.bin
cp fw/partition_table/partition-table.bin table.bin
cp fw/app.bin app.bin
"$make_firmware" --chip esp32c3 --size 65536 --seed 1 c3 >/dev/null
cp c3/app.bin c3.bin
head -c 4096 /dev/urandom >data.bin
boards=0

# patched FILE NEW OFFSET BYTES: copy a file and change these bytes.
patched() { cp "$1" "$2" && printf "$4" | dd of="$2" bs=1 seek="$3" conv=notrunc status=none; }

# job_of CHIP LINES ADDRESS FILE...: print job.yaml for these files.
job_of() {
  printf 'espgang: 1\njob: guard\nchip: %s\n%sfirmware:\n' "$1" "${2:+$2$'\n'}"
  shift 2
  while [ $# -gt 0 ]; do printf ' - {at: "%s", file: %s}\n' "$1" "$2" && shift 2; done
}

# says FILE SENTENCE: check that a line of the file ends with the sentence.
says() { grep -qE -- "(^|: )$(sed 's/[][\.*^$()+?{|]/\\&/g' <<<"$2")\$" "$1" || fail "no '$2' in: $(cat "$1")"; }

# rule WHEN ONE-BOARD CHIP 'VBOARD-OPTIONS' 'JOB-LINES' 'WRITE-OPTIONS' SENTENCE ADDRESS FILE...
# WHEN: job = refused without a board, board = refused at admit. ONE-BOARD: refuses or warns.
rule() {
  local when=$1 one_board=$2 chip=$3 vboard_options=$4 lines=$5 options=$6 sentence=$7 flash
  shift 7
  boards=$((boards + 1))
  mkdir "board$boards"
  flash=board$boards/board1.bin
  read -ra vboard_options <<<"$vboard_options"
  read -ra options <<<"$options"
  start_boards "board$boards" 1 --fast --chip "$chip" --flash-dir "$PWD/board$boards" "${vboard_options[@]}"
  job_of "$chip" "$lines" "$@" >job.yaml
  if [ "$when" = job ]; then
    expect_status 2 "$espgang" check job.yaml
    says err.log "$sentence"
    expect_status 2 "$espgang" bundle job.yaml -o "job$boards.egb"
    says err.log "$sentence"
    [ ! -e "job$boards.egb" ] || fail "a bundle was made of what is refused"
    expect_status 2 "$espgang" run job.yaml --ports "${urls[0]}" --plain --ledger ledger.db --batch "$boards"
    says err.log "$sentence"
  else
    expect_status 0 "$espgang" check job.yaml
    expect_status 0 "$espgang" bundle job.yaml -o "job$boards.egb"
    for job in job.yaml "job$boards.egb"; do
      expect_status 1 "$espgang" run "$job" --ports "${urls[0]}" --plain --ledger ledger.db --batch "$boards"
      cat out.log err.log >said.log
      grep -qF -- "admit: $sentence" said.log || fail "run of $job does not say '$sentence': $(cat said.log)"
    done
    expect_equal "runs of $sentence that passed" "$(ledger "SELECT count(*) FROM runs WHERE outcome LIKE 'pass%'")" 0
  fi
  [ -z "$(tr -d '\377' <"$flash" | head -c 1)" ] || fail "the flash was changed before the refusal: $sentence"
  if [ "$one_board" = refuses ]; then
    got=0
    "$espgang" -p "${urls[0]}" write-flash "${options[@]}" "$@" >out.log 2>err.log || got=$?
    [ "$got" -eq 1 ] || [ "$got" -eq 2 ] || fail "write-flash ended with $got: $(cat err.log)"
    says err.log "$sentence"
    [ -z "$(tr -d '\377' <"$flash" | head -c 1)" ] || fail "the flash was changed by what was refused: $sentence"
  else
    expect_status 0 "$espgang" -p "${urls[0]}" write-flash "${options[@]}" "$@"
    cat out.log err.log >said.log
    grep -qiE "warning: .*$(sed 's/[][\.*^$()+?{|]/\\&/g' <<<"$sentence")" said.log ||
      fail "write-flash does not warn '$sentence': $(cat said.log)"
  fi
  kill "${children[-1]}"
  wait "${children[-1]}" || true
}

right=(0x1000 boot.bin 0x8000 table.bin 0x10000 app.bin)

rule board refuses esp32p4 --key-manager '' '' \
  "data.bin at 0x00000000 would overwrite the key manager's data below 0x00002000, which flash encryption needs" 0x0 data.bin
rule board refuses esp32 --secure-boot-v1 '' '' \
  'secure boot is on and boot.bin at 0x00001000 would overwrite the bootloader it trusts' "${right[@]}"
rule board warns esp32 --flash-encryption '' '' \
  'flash encryption is on and boot.bin is written plain: the chip runs it only if it was encrypted before' "${right[@]}"
patched app.bin new.bin 15 '\x90\x01'
rule board refuses esp32 '' 'allow: image-sums' '' 'new.bin needs revision v4.0 or later, the chip is v3.1' \
  0x1000 boot.bin 0x8000 table.bin 0x10000 new.bin
patched app.bin old.bin 17 '\x2b\x01'
rule board refuses esp32 '' 'allow: image-sums' '' 'old.bin runs up to revision v2.99, the chip is v3.1' \
  0x1000 boot.bin 0x8000 table.bin 0x10000 old.bin
rule board refuses esp32 '' '' '' 'data.bin: 0x00600000 to 0x00601000 goes beyond the end of the flash at 0x00400000' \
  0x600000 data.bin
rule board warns esp32c3 --secure-boot '' '' 'secure boot is on and c3.bin is not signed: the chip would not start it' \
  0x10000 c3.bin
rule job refuses esp32 '' '' '' 'c3.bin is an image for ESP32-C3, not for ESP32' 0x10000 c3.bin
rule job refuses esp32 '' '' '' \
  'data.bin at 0x0001f000 shares a sector with app.bin, which takes 0x00010000 to 0x00020000' 0x10000 app.bin 0x1f000 data.bin
rule job refuses esp32 '' 'flash: {size: 2MB}' '--flash-size 2MB' \
  'data.bin: 0x00300000 to 0x00301000 goes beyond the given flash size of 2 MB, 0x00200000' 0x300000 data.bin
printf 'nvs,data,nvs,0x9000,0x6000\nfactory,app,factory,0x10000,1M\n' >table.csv
rule job warns esp32 '' '' '' \
  "table.csv is a partition table as CSV text, the flash holds a binary one; 'espgang partition-table' makes it" \
  0x1000 boot.bin 0x8000 table.csv 0x10000 app.bin
printf '<!doctype html><title>404</title>\n' >page.bin
rule job warns esp32 '' '' '' 'page.bin is a web page, not firmware; the download went wrong' \
  0x1000 boot.bin 0x8000 table.bin 0x10000 page.bin
rule job warns esp32 '' '' '' \
  'data.bin at 0x0000a000 begins inside partition nvs, which takes 0x00009000 to 0x0000f000' "${right[@]}" 0xa000 data.bin

# An exception in the job works, and is recorded.
job_of esp32 'allow: [partition-cut]' "${right[@]}" 0xa000 data.bin >job.yaml
expect_status 0 "$espgang" check job.yaml
expect_text err.log 'the job allows partition-cut: data.bin at 0x0000a000 begins inside partition nvs'
mkdir allowed
start_boards allowed 1 --fast --chip esp32 --flash-dir "$PWD/allowed"
expect_status 0 "$espgang" run job.yaml --ports "${urls[0]}" --plain --ledger ledger.db --batch allowed
expect_equal 'what is on record' "$(ledger "SELECT count(*) FROM run_value
  WHERE name = 'allowed' AND value = 'partition-cut'")" 1
for word in partition-cutt shared-sector; do
  job_of esp32 "allow: $word" "${right[@]}" >job.yaml
  expect_status 2 "$espgang" check job.yaml
  cat err.log
done >refusals.log
expect_text refusals.log "allow has \"partition-cutt\", which is no rule; did you mean partition-cut; 'espgang schema --markdown' lists them"
expect_text refusals.log 'job.yaml:4:8: allow has shared-sector, a rule that no job can allow'

# A partition's name keeps writing, comparing, reading and erasing inside that partition.
board=("$espgang" -p "${urls[0]}")
head -c 24577 /dev/zero >large.bin
for verb in write-flash verify-flash; do
  expect_status 2 "${board[@]}" "$verb" nvs large.bin
  expect_equal "$verb" "$(cat err.log)" 'espgang: large.bin has 24577 bytes, partition nvs has room for 24576'
done
for words in 'erase-region nvs 0x7000' 'read-flash nvs 0x7000 x.bin' 'flash-md5 nvs 0x7000'; do
  read -ra words <<<"$words"
  expect_status 2 "${board[@]}" "${words[@]}"
  expect_equal "${words[0]}" "$(cat err.log)" 'espgang: 28672 bytes (0x7000) are more than the 24576 that partition nvs has'
done
