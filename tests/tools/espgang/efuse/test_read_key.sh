#!/usr/bin/env bash
# Key files of `espgang efuse burn-key` and burn-key-digest, on a virtual memory and on a simulated board.
# Usage: test_read_key.sh BUILD
set -euo pipefail
espgang=$1/tools/espgang/espgang
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

fail() { echo "FAILED: $1"; exit 1; }
# refused SENTENCE WORD...
refused() {
  local sentence=$1
  shift
  ! "$espgang" "$@" >out 2>err </dev/null || fail "$*: was not refused"
  grep -qxF "espgang: $sentence" err || fail "$*: $(cat err)"
}
virt() { echo --chip esp32c5 efuse --virt --do-not-confirm "$@"; }

head -c 31 /dev/urandom >short.key
head -c 32 /dev/zero >zero.key
"$espgang" secure generate-signing-key --version 2 --scheme ecdsa256 p256.pem >out
"$espgang" secure generate-signing-key --version 2 --scheme rsa3072 rsa.pem >out
"$espgang" secure extract-public-key --version 2 --keyfile p256.pem p256.pub.pem >out
# shellcheck disable=SC2046 # words
{
  refused 'short.key: HMAC_UP takes a key of 32 bytes, not of 31' $(virt burn-key BLOCK_KEY0 short.key HMAC_UP)
  refused 'zero.key: the key for HMAC_UP is 32 times the byte 0x00: that is no key' \
    $(virt burn-key BLOCK_KEY0 zero.key HMAC_UP)
  refused 'absent.key: No such file or directory' $(virt burn-key BLOCK_KEY0 absent.key HMAC_UP)
  refused 'rsa.pem: ECDSA_KEY_P256 takes a private key of ecdsa256, and this is a private one of rsa3072' \
    $(virt burn-key BLOCK_KEY0 rsa.pem ECDSA_KEY_P256)
  refused 'p256.pub.pem: ECDSA_KEY_P256 takes a private key of ecdsa256, and this is a public one of ecdsa256' \
    $(virt burn-key BLOCK_KEY0 p256.pub.pem ECDSA_KEY_P256)
  refused 'p256.pem: is a key of ecdsa256, and the one before it of rsa3072: a chip takes keys of one scheme' \
    $(virt burn-key-digest BLOCK_KEY0 rsa.pem SECURE_BOOT_DIGEST0 BLOCK_KEY1 p256.pem SECURE_BOOT_DIGEST1)
  refused 'HMAC_UP is no purpose of a digest' $(virt burn-key-digest BLOCK_KEY0 rsa.pem HMAC_UP)
}

# A published key is accepted for virtual chips only.
printf '%b' "$(sed 's/../\\x&/g' <<<4cac32b9f9ab23d3337d242e2414f07a066019fb0aecdf3708cd76bae76190df)" >published.key
# shellcheck disable=SC2046 # words
"$espgang" $(virt burn-key BLOCK_KEY0 published.key HMAC_UP) >out
refused 'published.key: is a key for tests that anyone can have: make one of your own' \
  --port sim:esp32c3 efuse --do-not-confirm burn-key BLOCK_KEY0 published.key HMAC_UP
echo "efuse: keys ok"
