#!/usr/bin/env bash
# Under the names espefuse and espsecure, as links or with .py, the program has only those commands.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"
mkdir 'bin' && for name in espefuse espefuse.py espsecure esptool; do ln -s "$espgang" "bin/$name"; done

expect_status 0 bin/espefuse --chip esp32c3 --virt --path-efuse-file memory.bin --do-not-confirm burn-bit BLOCK3 5
expect_status 0 bin/espefuse.py --chip esp32c3 --virt --path-efuse-file memory.bin dump
cp out.log by-name
expect_status 0 "$espgang" efuse --chip esp32c3 --virt --path-efuse-file memory.bin dump
diff out.log by-name || fail 'the names differ in what they do'
expect_status 0 bin/espsecure generate_signing_key --version 2 key.pem
expect_status 2 bin/espsecure summary
expect_equal 'a command of another' "$(cat err.log)" "espgang: there is no command 'secure summary'; 'espgang secure --help' lists them"
expect_status 0 bin/espefuse --help
expect_text out.log 'Usage: espgang efuse COMMAND'
expect_status 0 bin/esptool image-info --help
for name in espefuse espsecure esptool; do
  expect_status 0 "bin/$name" --version
  expect_text out.log 'espgang '
done
