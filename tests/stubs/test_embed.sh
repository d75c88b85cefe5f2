#!/usr/bin/env bash
# A stub file that is not the pinned one stops the build, and is named.
# Usage: test_embed.sh BUILD-FOLDER
set -eu
embed=$1/stubs/eg_stub_embed
[ -x "$embed" ] || { echo "SKIPPED: $embed is not built"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# expect STATUS SENTENCE: check the tool's exit status and its whole output
expect() {
  status=0
  said=$("$embed" "$folder/table" "$folder" 2>&1 >"$folder/out.c") || status=$?
  [ "$status" = "$1" ] && [ "$said" = "$2" ] || { echo "wanted $1: $2"; echo "got $status: $said"; exit 1; }
}

echo '{"text": "AAAA", "text_start": 4096, "entry": 4096}' >"$folder/esp32.json"
good=$(sha256sum "$folder/esp32.json" | cut -c1-64)
bad=$(echo "$good" | tr 0-9a-f 1-9a-f0)

echo "$good  esp32.json" >"$folder/table"
expect 0 ""
grep -q 'name = "esp32"' "$folder/out.c"

echo "$bad  esp32.json" >"$folder/table"
expect 1 "$folder/esp32.json: its SHA-256 is $good, and $folder/table wants $bad"

echo "$good  esp32c3.json" >"$folder/table"
expect 1 "$folder/esp32c3.json: No such file or directory"

echo "${good%?}  esp32.json" >"$folder/table"
expect 1 "$folder/table: not a line of sha256sum: ${good%?}  esp32.json"

echo "$good  esp32.jsonx" >"$folder/table"
expect 1 "$folder/table: not a line of sha256sum: $good  esp32.jsonx"
