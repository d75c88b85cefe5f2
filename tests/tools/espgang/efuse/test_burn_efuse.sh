#!/usr/bin/env bash
# `espgang efuse` on a virtual memory: several commands in one line, the word BURN, refusals.
# Usage: test_burn_efuse.sh BUILD
set -euo pipefail
espgang=$1/tools/espgang/espgang
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
memory=$scratch/memory

fail() { echo "FAILED: $1"; exit 1; }
# virt CHIP WORD...: run a command on this test's memory
virt() {
  local chip=$1
  shift
  "$espgang" --chip "$chip" efuse --virt --path-efuse-file "$memory" "$@"
}
# refused STATUS SENTENCE CHIP WORD...
refused() {
  local status=0 wanted=$1 sentence=$2
  shift 2
  virt "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
  [ "$status" = "$wanted" ] || fail "$*: exit status $status: $(cat "$scratch/err")"
  [ "$(cat "$scratch/err")" = "espgang: $sentence" ] || fail "$*: $(cat "$scratch/err")"
}
value() { virt "$1" summary --format value_only "$2"; }

# Without the word nothing is burnt, which is a failure.
refused 2 'not confirmed: nothing was burnt' esp32c3 burn-efuse DIS_PAD_JTAG 1
[ ! -e "$memory" ] || fail 'a memory was written without the word'
! echo burn | virt esp32c3 burn-efuse DIS_PAD_JTAG 1 >"$scratch/out" 2>&1 || fail '"burn" was taken for BURN'
echo BURN | virt esp32c3 burn-efuse DIS_PAD_JTAG 1 >"$scratch/out"
grep -qF 'DIS_PAD_JTAG                 0x0 -> 0x1' "$scratch/out" || fail "not told: $(cat "$scratch/out")"
grep -qF 'Burnt, and read back: every wanted bit is set' "$scratch/out" || fail 'not read back'
[ "$(value esp32c3 DIS_PAD_JTAG)" = True ] || fail 'not burnt'

# Purposes have names, and pins those numbers that they can have.
virt esp32s3 --do-not-confirm burn-efuse KEY_PURPOSE_1 HMAC_UP KEY_PURPOSE_2 4 >"$scratch/out"
[ "$(value esp32s3 KEY_PURPOSE_1) $(value esp32s3 KEY_PURPOSE_2)" = 'HMAC_UP XTS_AES_128_KEY' ] ||
  fail "purposes: $(value esp32s3 KEY_PURPOSE_1) $(value esp32s3 KEY_PURPOSE_2)"
refused 2 'XTS_AES_256_KEY is no value of KEY_PURPOSE_3: burn-key divides it over two blocks' \
  esp32s3 burn-efuse KEY_PURPOSE_3 XTS_AES_256_KEY
rm "$memory"
virt esp32 --do-not-confirm burn-efuse SPI_PAD_CONFIG_CLK 33 >"$scratch/out"
[ "$(value esp32 SPI_PAD_CONFIG_CLK)" = 33 ] || fail "the pin is $(value esp32 SPI_PAD_CONFIG_CLK)"
refused 2 'SPI_PAD_CONFIG_Q: 30 is no pin: 1 to 29, 32 and 33 are' esp32 burn-efuse SPI_PAD_CONFIG_Q 30
rm "$memory"

# --debug shows the blocks before and after, but none of a key.
head -c 32 /dev/urandom >"$scratch/key"
"$espgang" --chip esp32c3 efuse --virt -d --do-not-confirm burn-efuse DIS_USB_JTAG 1 \
  burn-key BLOCK_KEY0 "$scratch/key" USER --no-read-protect >"$scratch/out"
[ "$(grep -cE '^BLOCK0 .* \[0 \]( [0-9a-f]{8}){6}$' "$scratch/out")" = 2 ] || fail "--debug shows: $(cat "$scratch/out")"
! grep -E '^BLOCK_KEY0 .*\[4 \]' "$scratch/out" || fail '--debug shows the block of a key'

# WR_DIS succeeds although other bits are already set.
virt esp32c3 --do-not-confirm burn-efuse WR_DIS 0x10000 >"$scratch/out"
virt esp32c3 --do-not-confirm burn-efuse WR_DIS 0x20000 >"$scratch/out"
[ "$(value esp32c3 WR_DIS)" = 196608 ] || fail "WR_DIS is $(value esp32c3 WR_DIS)"

# Commands in one line are checked together: a mistake in the last one keeps the first from burning.
refused 2 'ESP32-C3 has no eFuse field NO_SUCH; '"'summary'"' lists them' \
  esp32c3 --do-not-confirm burn-efuse DIS_FORCE_DOWNLOAD 1 burn-efuse NO_SUCH 1
[ "$(value esp32c3 DIS_FORCE_DOWNLOAD)" = False ] || fail 'one of two was burnt'
virt esp32c3 --do-not-confirm summary --format value_only UART_PRINT_CONTROL burn_efuse UART_PRINT_CONTROL 3 \
  summary --format value_only UART_PRINT_CONTROL >"$scratch/out"
[ "$(sed -n '1p;$p' "$scratch/out" | tr '\n' ' ')" = 'Enable Disable ' ] || fail "before and after: $(cat "$scratch/out")"

refused 2 'ESP32-C3 has no eFuse field NO_SUCH; '"'summary'"' lists them' esp32c3 summary NO_SUCH
refused 2 "UART_PRINT_CONTROL: 0 is what an eFuse has before it is burnt" esp32c3 burn-efuse UART_PRINT_CONTROL 0
refused 2 'MAC is burnt by the factory' esp32c3 burn-efuse MAC 112233445566
refused 2 'CUSTOM_MAC needs a value' esp32c3 burn-efuse CUSTOM_MAC
refused 2 "\"1.9V\" is none of 1.8V, 3.3V, OFF; see 'espgang efuse set-flash-voltage --help'" esp32 set-flash-voltage 1.9V
refused 1 'ESP32-C3 has no eFuses for the voltage of its flash' esp32c3 set-flash-voltage 3.3V
refused 2 '03:c8:39:86:02:be is a multicast address: the lowest bit of its first byte must be 0' \
  esp32c3 burn-custom-mac 03:c8:39:86:02:be
refused 2 '00:00:00:11:22:33 is of the range of the chip'"'s factory: another chip has it, or will have it" \
  esp32c3 burn-custom-mac 00:00:00:11:22:33
refused 2 '"22:60" is no MAC address such as 22:60:3b:2b:d5:34' esp32c3 burn-custom-mac 22:60
refused 2 'BLOCK_USR_DATA has no bit 256: its highest is 255' esp32c3 burn-bit BLOCK3 256
refused 2 '--chip: there is no chip "esp9"' esp9 summary
refused 1 'ESP8266 has no eFuses that can be read or burnt' esp8266 summary

# Data of another size than its block, and arguments that do not fit together.
head -c 24 /dev/urandom >"$scratch/short"
refused 2 "$scratch/short: has 24 bytes, and BLOCK_KEY4 has 32; --offset burns a part" esp32c3 burn-block-data BLOCK_KEY4 "$scratch/short"
refused 2 "$scratch/short: 24 bytes at offset 9 do not fit into the 32 of BLOCK_KEY4" esp32c3 burn-block-data BLOCK_KEY4 "$scratch/short" --offset 9
refused 2 "--offset takes one BLOCK and one FILE; see 'espgang efuse burn-block-data --help'" \
  esp32c3 burn-block-data BLOCK_KEY4 "$scratch/short" BLOCK_KEY5 "$scratch/short" --offset 0
refused 2 "block BLOCK_KEY4 is named twice; see 'espgang efuse burn-block-data --help'" \
  esp32c3 burn-block-data BLOCK_KEY4 "$scratch/short" BLOCK_KEY4 "$scratch/short"
refused 2 "--format value_only takes one NAME, not 2; see 'espgang efuse summary --help'" esp32c3 summary --format value_only MAC CUSTOM_MAC

# Other commands that read: dump into files, calibration, errors.
virt esp32c3 dump --file-name "$scratch/block.bin" >"$scratch/out"
[ "$(stat -c %a:%s "$scratch/block4.bin")" = 600:32 ] || fail 'dump of block 4'
grep -q '^BLOCK_KEY0 *(BLOCK4) *\[4 \] 00000000 ' "$scratch/out" || fail "dump: $(cat "$scratch/out")"
virt esp32c3 check-error | grep -qx 'No errors detected' || fail 'check-error'
virt esp32c3 get-custom-mac | grep -qx 'Custom MAC: not set' || fail 'get-custom-mac'
virt esp32 adc-info | grep -qE '^ADC_VREF +1100$' || fail 'adc-info'
virt esp32 adc-info --json >"$scratch/adc.json"
[ "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["values"]["ADC_VREF"])' "$scratch/adc.json")" = 1100 ] ||
  fail "adc-info --json: $(cat "$scratch/adc.json")"
# The values of every chip are those of its summary.
for chip in esp32 esp32s2 esp32s3 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32h21 esp32h4 esp32p4; do
  virt $chip adc-info --json >"$scratch/adc.json"
  virt $chip summary --format json >"$scratch/summary.json"
  python3 -c 'import json, sys
adc, all = (json.load(open(path)) for path in sys.argv[1:])
wanted = {name: field["value"] for name, field in all.items() if field["category"] == "calibration"}
sys.exit(adc["values"] != wanted)' "$scratch/adc.json" "$scratch/summary.json" || fail "adc-info --json of $chip: $(cat "$scratch/adc.json")"
done
"$espgang" efuse burn-key --help | grep -q 'Usage: espgang' || fail 'help of a command'
echo "efuse: commands ok"
