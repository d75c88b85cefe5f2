#!/usr/bin/env bash
# `espgang efuse` secures a simulated board through its loader, and the fuses hold the requested values; after a power
# cut in mid burn the same command completes it.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"

head -c 32 /dev/urandom >flash.key
expect_status 0 "$espgang" secure generate-signing-key --version 2 --scheme rsa3072 boot.pem
mkdir fuses
burn() { "$espgang" --port "${urls[0]}" efuse --do-not-confirm "$@"; }
value() { "$espgang" --silent --port "${urls[0]}" efuse summary --format value_only "$1"; }

for chip in esp32c3 esp32s3; do
  rm -f fuses/*
  start_boards "$chip" 1 --fast --chip "$chip" --efuse-dir fuses
  expect_status 0 burn --trace burn-key-digest BLOCK_KEY1 boot.pem SECURE_BOOT_DIGEST0 \
    burn-key BLOCK_KEY0 flash.key XTS_AES_128_KEY burn-efuse SPI_BOOT_CRYPT_CNT 7 SECURE_BOOT_EN 1 write-protect-efuse RD_DIS
  expect_text out.log 'Burnt, and read back: every wanted bit is set'
  if grep -qi "$(od -An -v -tx1 -N8 flash.key | tr -d ' ')" out.log || grep -qi "$(tail -c 8 flash.key | od -An -v -tx1 |
    tr -d ' \n' | sed 's/\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)/\8\7\6\5\4\3\2\1/')" out.log; then
    fail "the key of $chip is in the trace"
  fi
  expect_equal "purpose of $chip" "$(value KEY_PURPOSE_0)" XTS_AES_128_KEY
  expect_equal "key of $chip" "$(value BLOCK_KEY0 | tr -d ' ?')" ''
  expect_equal "RD_DIS of $chip" "$(value RD_DIS)" 1
  expect_status 1 burn burn-key BLOCK_KEY0 flash.key XTS_AES_128_KEY
  expect_text err.log 'BLOCK_KEY0 is read- and write-protected: it cannot be burnt any more'
done

# The supply fails in the middle of a key; once the board is back, the same command completes the burn.
rm -f fuses/*
start_boards cut 1 --fast --chip esp32c3 --efuse-dir fuses --fault efuse-cut@40
expect_status 1 burn burn-key BLOCK_KEY2 flash.key HMAC_UP --no-read-protect
expect_status 0 burn burn-key BLOCK_KEY2 flash.key HMAC_UP --no-read-protect
expect_equal 'key after a power cut' "$(value BLOCK_KEY2 | tr -d ' ')" "$(od -An -v -tx1 flash.key | tr -d ' \n')"
expect_status 0 burn check-error

# One eFuse of a block does not take its burn: the data is right by its code, and burning again repairs it on a sound chip.
rm -f fuses/*
head -c 32 /dev/zero | tr '\0' '\377' >ones
start_boards stuck 1 --fast --chip esp32c3 --efuse-dir fuses --fault efuse-stuck@3.5=0
expect_status 1 burn burn-block-data BLOCK_USR_DATA ones
expect_status 1 burn check-error
expect_text out.log 'BLOCK_USR_DATA: 1 error, corrected, can be burnt again'
start_boards sound 1 --fast --chip esp32c3 --efuse-dir fuses
expect_status 0 burn check-error --recovery
expect_text out.log 'BLOCK_USR_DATA: what is read is burnt again'
expect_status 0 burn check-error
expect_equal 'data after the repair' "$(value BLOCK_USR_DATA | tr -d ' f')" ''

# After secure download mode is burnt, fuses cannot be read.
expect_status 0 burn burn-efuse ENABLE_SECURITY_DOWNLOAD 1
expect_status 1 burn summary
expect_text err.log 'secure download mode'
