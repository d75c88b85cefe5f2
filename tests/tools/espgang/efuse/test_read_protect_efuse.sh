#!/usr/bin/env bash
# Protections and voltages that cannot be taken back, on virtual memories: what would make a chip useless is refused, and burns nothing.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"
cd "$work"

# virt CHIP WORD...: run commands on this test's memory
virt() {
  local chip=$1
  shift
  "$espgang" --chip "$chip" efuse --virt --path-efuse-file memory --do-not-confirm "$@"
}
burnt() { expect_status 0 virt "$@"; }
# refused STATUS SENTENCE CHIP WORD...
refused() {
  local wanted=$1 sentence=$2 before
  shift 2
  before=$(md5sum memory 2>/dev/null || true)
  expect_status "$wanted" virt "$@"
  expect_equal "the sentence of '$*'" "$(cat err.log)" "espgang: $sentence"
  expect_equal "the memory after '$*'" "$(md5sum memory 2>/dev/null || true)" "$before"
}
value() { virt "$1" summary --format value_only "$2"; }
head -c 32 /dev/urandom >key

# A key of which software or the ROM reads the bytes stays readable; a key that only hardware reads may be hidden.
refused 1 'BLOCK_KEY0 has the purpose USER, whose key must stay readable' esp32c3 burn-key BLOCK_KEY0 key USER \
  --no-read-protect read-protect-efuse BLOCK_KEY0
burnt esp32c3 burn-key BLOCK_KEY0 key SECURE_BOOT_DIGEST0
refused 1 'BLOCK_KEY0 has the purpose SECURE_BOOT_DIGEST0, whose key must stay readable' esp32c3 read-protect-efuse BLOCK_KEY0
burnt esp32c3 burn-key BLOCK_KEY1 key HMAC_UP --no-read-protect read-protect-efuse BLOCK_KEY1
expect_equal 'RD_DIS' "$(value esp32c3 RD_DIS)" 2
refused 2 'DIS_PAD_JTAG cannot be read-protected' esp32c3 read-protect-efuse DIS_PAD_JTAG
rm memory

# ESP32: the digest of secure boot v2 is in block 2. ESP32-C2: one block has both halves of a flash key, or one and the digest.
burnt esp32 burn-efuse ABS_DONE_1 1
refused 1 'BLOCK2 has the digest of secure boot v2 (ABS_DONE_1 is set): it must stay readable' esp32 read-protect-efuse BLOCK2
rm memory
refused 1 'BLOCK_KEY0 is no flash key as a whole while XTS_KEY_LENGTH_256 is 0: protect a half of it' esp32c2 read-protect-efuse BLOCK_KEY0
burnt esp32c2 burn-efuse SECURE_BOOT_EN 1
refused 1 'BLOCK_KEY0_HI_128 must stay readable: secure boot is on, and its digest shares the block' esp32c2 read-protect-efuse BLOCK_KEY0_HI_128
rm memory

# The supply of the flash: off, 1.8 V, 3.3 V, never back.
burnt esp32s3 set-flash-voltage OFF set-flash-voltage 1.8V
refused 1 'the regulator is on by eFuse and cannot be switched off any more' esp32s3 set-flash-voltage OFF
burnt esp32s3 set-flash-voltage 3.3V
refused 1 '3.3 V is burnt and cannot become 1.8 V any more' esp32s3 set-flash-voltage 1.8V
expect_equal 'the voltage' "$(value esp32s3 VDD_SPI_FORCE) $(value esp32s3 VDD_SPI_XPD) $(value esp32s3 VDD_SPI_TIEH | cut -c 1-40)" 'True True VDD_SPI connects to VDD3P3_RTC_IO'
refused 2 'WR_DIS cannot be write-protected' esp32s3 write-protect-efuse WR_DIS
rm memory

# ESP32 under 3/4 coding: six bytes are burnt once for all; those that are as they should be are left out.
burnt esp32 burn-efuse CODING_SCHEME 1
{ printf 'abcdef'; head -c 18 /dev/zero; } >first
{ printf 'abcdefghijkl'; head -c 12 /dev/zero; } >second
{ printf 'abcdeg'; head -c 18 /dev/zero; } >other
burnt esp32 burn-block-data BLOCK3 first
burnt esp32 burn-block-data BLOCK3 second
expect_equal 'BLOCK3' "$(value esp32 BLOCK3 | cut -c 1-38)" '61 62 63 64 65 66 67 68 69 6a 6b 6c 00'
refused 1 'BLOCK3: bytes 0 to 5 are burnt already, and under 3/4 coding six bytes are burnt once for all' esp32 burn-block-data BLOCK3 other
