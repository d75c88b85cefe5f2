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

# A key in escrow: the ledger has it encrypted, and the private key recovers it.
expect_status 0 "$espgang" secure generate-signing-key --version 2 --scheme rsa3072 escrow.key
expect_status 0 "$espgang" secure extract-public-key --version 2 --keyfile escrow.key escrow.pem
write_job 'mode: release' 'boot: {keys: [boot.pem]}' 'flash: {key: per-board, escrow: escrow.pem}' 'download: secure' \
  'mac: "020000{mac_nic:06x}"' 'keys: {purpose: HMAC_UP, block: BLOCK_KEY4, escrow: escrow.pem}'
run_boards escrow || fail "$(cat run.log)"
mac=$(ledger "select mac from runs where batch = 'escrow' limit 1")
expect_status 0 "$espgang" secure recover-key --ledger ledger.db -k escrow.key -o flash.key "$mac"
expect_status 0 "$espgang" secure recover-key --ledger ledger.db -k escrow.key -o hmac.key --key 'HMAC_UP in BLOCK_KEY4' "$mac"
expect_equal 'the recovered keys' "$(stat -c '%s %a' flash.key hmac.key | tr '\n' ' ')" '32 600 32 600 '
for key in flash.key hmac.key; do
  ! grep -qF -f <(od -An -v -tx1 "$key" | tr -d ' \n') <(od -An -v -tx1 ledger.db run.log | tr -d ' \n') || fail "$key is in the ledger"
done
expect_status 2 "$espgang" secure recover-key --ledger ledger.db -k boot.key -o other.key "$mac"
expect_text err.log 'the key in escrow was encrypted to the public key'
expect_status 2 "$espgang" secure recover-key --ledger ledger.db -k escrow.key -o other.key 00:00:00:00:00:01
expect_text err.log 'no key of 00:00:00:00:00:01 is in escrow'
expect_equal 'custom MACs' "$(ledger "select count(distinct wanted) from security where batch = 'escrow' and item = 'CUSTOM_MAC' and observed = 'yes'")" 2
expect_status 0 "$espgang" audit --ledger ledger.db

# A key from a file: for all boards, and not in a bundle.
expect_status 0 "$espgang" secure generate-flash-encryption-key shared.key
write_job 'mode: development' 'flash: {key: {file: shared.key, shared: yes}}'
run_boards shared || fail "$(cat run.log)"
expect_equal 'one key' "$(ledger "select count(distinct wanted) from security where batch = 'shared' and item = 'XTS_AES_128_KEY'")" 1
expect_status 2 "$espgang" bundle job.yaml -o shared.egb
expect_text err.log 'secure.flash.key.file is a secret, which no bundle takes along'
write_job 'mode: development' "flash: {key: {file: $PWD/shared.key, shared: yes}}"
expect_status 0 "$espgang" bundle job.yaml -o shared.egb
expect_status 0 "$espgang" check shared.egb

# Keys from a pool, in the ledger encrypted: each board has its own, and only the private key tells it.
expect_status 0 "$espgang" secure generate-signing-key --version 2 --scheme ecdsa256 station.key
expect_status 0 "$espgang" secure extract-public-key --version 2 --keyfile station.key station.pem
{
  echo id,flash_key
  for i in 1 2 3; do echo "k$i,$(od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n')"; done
} >keys.csv
expect_status 0 "$espgang" pool import keys.csv --seal flash_key --to station.pem --ledger ledger.db
expect_status 0 "$espgang" pool show keys --ledger ledger.db
expect_text out.log 'k1  (sealed)'
write_job 'mode: development' 'flash: {key: {pool: keys, column: flash_key}}'
! run_boards pooled || fail 'keys were decrypted without a private key'
expect_text run.log 'the keys of pool keys are sealed: give --private-key FILE, which decrypts them'
! run_boards pooled --private-key escrow.key || fail 'keys were decrypted with another private key'
expect_text run.log 'the key in escrow was encrypted to the public key'
run_boards pooled --private-key station.key || fail "$(cat run.log)"
expect_equal 'two keys' "$(ledger "select count(distinct wanted) from security where batch = 'pooled' and item = 'XTS_AES_128_KEY'")" 2
expect_status 0 "$espgang" check job.yaml --ledger ledger.db
tail -n +2 keys.csv | cut -d, -f2 >key.texts
! grep -qaF -f key.texts ledger.db ledger.db-wal run.log 2>/dev/null || fail 'a key of the pool is in the ledger as text'
! grep -qaF -f key.texts <(od -An -v -tx1 ledger.db run.log | tr -d ' \n') || fail 'a key of the pool is in the ledger'
start_boards pooled 1 --chip $chip --fast --app-log app.txt
expect_status 0 "$espgang" run job.yaml --ports "${urls[0]}" --ledger ledger.db --private-key station.key
mac=$(ledger "select mac from serials where pool = 'keys' and state = 'consumed'")
expect_status 0 "$espgang" secure recover-key -k station.key --pool keys --column flash_key -o pooled.key --ledger ledger.db "$mac"
expect_equal 'the recovered key' "$(od -An -v -tx1 pooled.key | tr -d ' \n')" "$(sed -n 's/^k1,//p' keys.csv)"
expect_status 2 "$espgang" secure recover-key -k station.key --pool keys --column flash_key -o other.key --ledger ledger.db 00:00:00:00:00:01
expect_text err.log 'pool keys has no sealed key of 00:00:00:00:00:01 in column flash_key'
write_job 'mode: development' 'flash: {key: {pool: keys, column: other}}'
expect_status 2 "$espgang" check job.yaml --ledger ledger.db
expect_text err.log 'pool keys has no column other'

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
