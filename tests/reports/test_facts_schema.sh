#!/usr/bin/env bash
# What commands print with --json, and the lines of an export, are what the schemas in reports/ say.
build=$1; . "$(dirname "$0")/../e2e/lib.sh"
here=$(realpath "$(dirname "$0")")
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || skip 'no Debian package python3-jsonschema here'
cd "$work"

# A ledger with a pool, a measured value and two stations; a signed image; a virtual chip with a custom MAC.
printf 'serial,label\nA-1,x\nA-2,y\n' >serials.csv
printf 'supply=3.31\nOK\n' >app.log
make_job esp32c3 65536 'unit: {serial: {pool: serials}}' 'test: {expect: OK, timeout: 5s}' 'accept: {repeat: allow}' \
  'capture: [{name: supply, pattern: "supply=([0-9.]+)", unit: V, most: 3.6}]' 'hooks: {after_board: [./hook, x]}'
printf '#!/bin/sh\n' >hook
chmod +x hook
cp job.yaml sealed.yaml
cat >>sealed.yaml <<'YAML'
secure:
  mode: check
  jtag: off
YAML
printf 'espgang_station: 1\nname: line-3\nat_once: {most: 4}\nslots: [{name: A1, url: "tcp://127.0.0.1:1"}]\n' >station.yaml
"$espgang" secure generate-signing-key --version 2 --scheme ecdsa256 key.pem >/dev/null
"$espgang" secure generate-signing-key --version 2 --scheme ecdsa256 other.pem >/dev/null
head -c 4096 /dev/zero >image.bin
"$espgang" secure sign-data --version 2 --keyfile key.pem --output signed.bin image.bin >/dev/null
cp signed.bin broken.bin
printf x | dd of=broken.bin conv=notrunc status=none
"$espgang" efuse burn-custom-mac 02:00:00:00:00:10 --virt --chip esp32c3 --path-efuse-file chip.bin --do-not-confirm >/dev/null
"$espgang" bundle job.yaml --output job.egb >/dev/null
run() { "$espgang" run job.yaml --sim 1 --fast --plain --app-log app.log --ledger "$1" --batch "$2" >/dev/null; }
for ledger in ledger.db other.db; do
  "$espgang" pool import serials.csv --ledger "$ledger" >/dev/null
done
run ledger.db one
run ledger.db two
run other.db three

# STATUS COMMAND; --json is added.
export ESPGANG_LEDGER=ledger.db
number=10
while read -r wanted line; do
  read -ra words <<<"$line"
  expect_status "$wanted" "$espgang" "${words[@]}" --json
  mv out.log "$((number++)).json"
done <<'TABLE'
0 --port sim:esp32c3 --no-stub flash-id
0 --port sim:esp32 --no-stub read-mac
0 --port sim:esp8266 --no-stub chip-id
0 --port sim:esp32 --no-stub get-security-info
0 --port sim:esp32c3 --no-stub get-security-info
0 --port sim:esp32c3 --no-stub read-flash-status
0 --port sim:esp32c3 --no-stub read-flash-sfdp 0x10 4
0 --port sim:esp32c3 --no-stub read-mem 0x40001000
0 --port sim:esp32c3 --no-stub flash-md5 0x1000 4096
0 --port sim:esp32c3 --no-stub efuse get-custom-mac
0 efuse get-custom-mac --virt --chip esp32c3 --path-efuse-file chip.bin
0 efuse check-error --virt
0 efuse dump --virt --chip esp32c3
0 efuse adc-info --virt --chip esp32c3
0 secure signature-info-v2 signed.bin
1 secure signature-info-v2 broken.bin
0 secure verify-signature --version 2 --keyfile key.pem signed.bin
1 secure verify-signature --version 2 --keyfile other.pem signed.bin
0 ports
0 check job.yaml
0 check job.egb
0 check sealed.yaml
0 station check station.yaml
0 audit
0 backup copy.db
0 merge other.db
0 purge --before 2020-01-01
0 seal --batch one --yes
0 pool list
0 pool show serials
0 bundle --list job.egb
TABLE
mkdir facts lines
mv ./*.json facts
expect_status 0 "$espgang" export --logs
split -l 1 out.log lines/run.
holds() { /usr/bin/python3 "$here/../e2e/report_schema.py" "$here/../../reports/$1.schema.json" "${@:2}" 2>python.log; }
holds facts facts/*.json || fail "not what facts.schema.json says: $(cat python.log)"
holds export lines/* || fail "not what export.schema.json says: $(cat python.log)"

# The schema would notice, and the facts are those of the text.
sed 's/"valid":false/"valid":"no"/' facts/25.json >bad.json
! holds facts bad.json || fail 'a word where true or false belongs fits the schema'
member() { /usr/bin/python3 -c 'import json, sys; facts = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "facts/$1.json" "$2"; }
expect_equal 'the custom MAC' "$(member 20 'facts["custom_mac"]')" 02:00:00:00:00:10
expect_equal 'no custom MAC' "$(member 19 'facts["custom_mac"]')" None
expect_equal 'a signature that is wrong' "$(member 25 '[s["valid"] for s in facts["signatures"]], facts["file"]')" "([False], 'broken.bin')"
expect_equal 'a signature by another key' "$(member 27 '[(s["valid"], s["by_another_key"]) for s in facts["signatures"]]')" '[(True, True)]'
expect_equal 'the regions of a job' "$(member 29 '[(r["name"], r["address"]) for r in facts["jobs"][0]["regions"]]')" \
  "[('bootloader', 0), ('partition-table', 32768), ('app', 65536)]"
expect_equal 'settings of a job' "$(member 29 '[facts["jobs"][0]["settings"][k] for k in ("accept.repeat", "link.baud", "hooks.after_board")]')" \
  "[{'value': 'allow', 'given': True}, {'value': '921600', 'given': False}, {'value': ['./hook', 'x'], 'given': True}]"
expect_equal 'what a job would burn' "$(member 31 'facts["jobs"][0]["secure_mode"], len(facts["jobs"][0]["burns"]) > 0')" "('check', True)"
expect_equal 'the slots of a station' "$(member 32 '[(s["slot"], s["port"]) for s in facts["slots"]], facts["at_once"]')" \
  "([('A1', 'tcp://127.0.0.1:1')], 4)"
