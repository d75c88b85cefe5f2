#!/usr/bin/env bash
# A job with `secure`, as a user runs it: check prints what will be burnt, as in jobs/README.md; boards end locked, with
# a record; mistakes are refused before a board is touched.
build=$1; . "$(dirname "$0")/lib.sh"
readme=$(cd "$(dirname "$0")/../../jobs" && pwd)/README.md
here=$(cd "$(dirname "$0")" && pwd)
cd "$work"

# make_signed CHIP SCHEME: make firmware with images signed by boot.key, and boot.pem.
make_signed() {
  make_job "$1" 65536
  rm -f boot.key boot.pem
  expect_status 0 "$espgang" secure generate-signing-key --version 2 --scheme "$2" boot.key
  expect_status 0 "$espgang" secure extract-public-key --version 2 --keyfile boot.key boot.pem
  for image in firmware/bootloader/bootloader.bin firmware/app.bin; do
    expect_status 0 "$espgang" secure sign-data --version 2 --keyfile boot.key --output signed.bin "$image"
    mv signed.bin "$image"
  done
}

# write_job LINE...: write the job, with these lines in its section `secure`.
write_job() {
  {
    printf 'espgang: 1\njob: secured\nchip: %s\nfirmware: {from: firmware/flasher_args.json}\n' "$chip"
    printf 'test: {expect: "self-test: OK", timeout: 5s}\nsecure:\n'
    for line in "$@"; do printf '  %s\n' "$line"; done
  } >job.yaml
}

# run_boards BATCH ARGUMENT...
run_boards() {
  local batch=$1
  shift
  "$espgang" run job.yaml --sim 2 --fast --app-log app.txt --ledger ledger.db --batch "$batch" "$@" >run.log 2>&1
}

echo 'self-test: OK' >app.txt
chip=esp32c3
make_signed $chip rsa3072
write_job 'mode: release' 'boot: {keys: [boot.pem]}' 'flash: {key: per-board}' 'efuses: {DIS_FORCE_DOWNLOAD: 1}' 'download: secure'

# The output matches the README, except for the digest, which depends on the key.
expect_status 0 "$espgang" check job.yaml
digest=$("$espgang" secure digest-sbv2-public-key --keyfile boot.pem --output boot.digest >/dev/null; od -An -v -tx1 boot.digest | tr -d ' \n')
sed -n '/^  release: /,/^$/p' out.log | sed '$d' >printed.log
expect_text printed.log "BLOCK_KEY1                   $digest  digest of boot.pem"
sed -n '/^<!-- check -->$/,/^<!-- end of check -->$/p' "$readme" | sed -n 's/^    //p' >shown.log
diff <(sed 's/[0-9a-f]\{64\}/DIGEST/' shown.log) <(sed "s/$digest/DIGEST/" printed.log) >diff.log ||
  fail "jobs/README.md shows another plan than check prints: $(cat diff.log)"

# Two boards end locked and closed, and the record has each item.
run_boards secured --json || fail "$(cat run.log)"
expect_equal 'items on record and in events' \
  "$(python3 -c 'import json
events = [json.loads(line) for line in open("run.log") if line.startswith("{")]
items = {(e["run"], i["item"]) for e in events if e["event"] == "security" for i in e["items"] if i["what"] == "wanted"}
yes = {(e["run"], i["item"]) for e in events if e["event"] == "security" for i in e["items"] if i["what"] == "observed" and i["value"] == "yes"}
print(len(items), len(yes))')" \
  "$(ledger "select count(*) || ' ' || count(*) from security")"
grep '^{' run.log >events.jsonl
! python3 -c 'import jsonschema' 2>/dev/null ||
  expect_status 0 python3 "$here/events.py" "$here/../../reports/events.schema.json" events.jsonl
expect_equal 'security of the boards' "$(ledger "select group_concat(security) from runs where batch = 'secured'")" \
  'release: close,release: close'
expect_equal 'what was not observed' "$(ledger "select count(*) from security where observed <> 'yes' or intended is null")" 0
expect_equal 'the digest on record' "$(ledger "select wanted from security where item = 'SECURE_BOOT_DIGEST0' limit 1")" "$digest"
expect_equal 'blocks before and after' \
  "$(ledger "select count(distinct event) from run_security where item = 'BLOCK0' and event in ('found', 'left')")" 2
expect_status 0 "$espgang" audit --ledger ledger.db

expect_equal 'keys of the two boards' "$(ledger "select count(distinct wanted) from security where item = 'XTS_AES_128_KEY'")" 2
expect_equal 'mode of the secret' "$(stat -c %a ledger.db.secret)" 600

# A bundle contains the public key and gives the same plan.
expect_status 0 "$espgang" bundle job.yaml -o job.egb
expect_status 0 "$espgang" check job.egb
sed -n '/^  release: /,/^$/p' out.log | grep -c "$digest" >/dev/null || fail 'the bundle lost the key'

# Refusals, before a board is touched.
refused() {
  expect_status 2 "$espgang" check job.yaml
  expect_text err.log "$1"
}
write_job 'mode: release' 'boot: {keys: [boot.key]}' 'download: open'
refused 'boot.key: is a private key, which must not be on a line'
write_job 'mode: release' 'boot: {keys: [boot.pem]}'
refused 'job.yaml:7:9: secure.download is missing: in release mode say open, secure or off'
write_job 'boot: {keys: [boot.pem]}'
refused 'secure.mode is missing: say release, development or check'
make_job $chip 65536
write_job 'mode: release' 'boot: {keys: [boot.pem]}' 'download: open'
refused 'bootloader is not signed, and the board would not start it'
