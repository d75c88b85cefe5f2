#!/usr/bin/env bash
# Espressif's espefuse reads what espgang burns on a simulated board, and the other way round. Give the command that starts it, such
# as a checkout's, in EG_ESPEFUSE; without one this test is skipped.
build=$1; . "$(dirname "$0")/lib.sh"
[ -n "${EG_ESPEFUSE-}" ] || skip 'EG_ESPEFUSE does not name an espefuse to compare with'
read -ra reference <<<"$EG_ESPEFUSE"
cd "$work"
mkdir efuses

# both AFTER: compares the words of every block, as each program dumps them. A hidden key is zeros in both.
words() { grep -oE '\b[0-9a-f]{8}\b' || true; }
both() {
  expect_status 0 "$espgang" efuse --chip "$chip" --port "$url" --before no-reset --after no-reset dump
  words <out.log >ours
  expect_status 0 "${reference[@]}" --chip "$chip" --port "$url" --before no-reset dump
  words <out.log >theirs
  [ -s ours ] || fail "$chip: espgang dumps nothing"
  diff ours theirs >differ || fail "$chip, after $1: the programs read other words: $(head -n 5 differ)"
}
espgang_burns() { expect_status 0 "$espgang" efuse --chip "$chip" --port "$url" --before no-reset --after no-reset --do-not-confirm "$@"; }
espefuse_burns() { expect_status 0 "${reference[@]}" --chip "$chip" --port "$url" --before no-reset --do-not-confirm "$@"; }

head -c 32 /dev/urandom >first.key
head -c 32 /dev/urandom >second.key
for chip in esp32c3 esp32s3 esp32c6 esp32h2; do
  start_boards "$chip" 1 --chip "$chip" --fast --download --efuse-dir efuses
  url=${urls[0]}
  both nothing
  espgang_burns burn-key BLOCK_KEY0 first.key HMAC_UP burn-efuse DIS_FORCE_DOWNLOAD 1 burn-custom-mac 02:11:22:33:44:56
  both "espgang's burns"
  espefuse_burns burn-key BLOCK_KEY1 second.key USER burn-efuse DIS_USB_JTAG 1
  both "espefuse's burns"
  espefuse_burns write-protect-efuse DIS_FORCE_DOWNLOAD
  espgang_burns write-protect-efuse DIS_USB_JTAG
  both 'protections'
  expect_status 0 "${reference[@]}" --chip "$chip" --port "$url" --before no-reset summary --format json --file summary.json
  python3 - "$chip" <<'PY' || fail "$chip: espefuse's summary is not what espgang burnt"
import json, sys
fields = json.load(open("summary.json"))
assert fields["DIS_FORCE_DOWNLOAD"]["value"] in (True, 1), fields["DIS_FORCE_DOWNLOAD"]
assert fields["KEY_PURPOSE_0"]["value"] == "HMAC_UP", fields["KEY_PURPOSE_0"]
assert fields["CUSTOM_MAC"]["value"].lower().startswith("02:11:22:33:44:56"), fields["CUSTOM_MAC"]
assert fields["BLOCK_KEY0"]["readable"] is False, fields["BLOCK_KEY0"]
assert fields["DIS_USB_JTAG"]["writeable"] is False, fields["DIS_USB_JTAG"]
PY
  kill "${children[-1]}"
  rm -f efuses/*
  echo "$chip: both read the same"
done
