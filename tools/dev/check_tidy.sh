#!/usr/bin/env bash
# Fails when clang-tidy finds fault with a file that the build compiles. A file without a finding is remembered in BUILD/tidy, by
# a hash of the file, of what it includes, of its flags and of .clang-tidy: a second run checks only what has changed.
# Usage: check_tidy.sh ROOT BUILD
set -euo pipefail
root=$(realpath "$1") build=$(realpath "$2")
command -v clang-tidy-14 >/dev/null || { echo 'SKIPPED: there is no clang-tidy-14'; exit 77; }
mkdir -p "$build/tidy"
cd "$root"

work=$(mktemp -d "${TMPDIR:-/tmp}/eg-tidy-XXXXXX")
trap 'rm -rf "$work"' EXIT

# "OBJECT FILE COMMAND" of every source of ours, and what it includes, from the build's own records.
awk '
  /"command":/ { command = $0; sub(/^ *"command": "/, "", command); sub(/",?$/, "", command) }
  /"file":/ { file = $0; sub(/^ *"file": "/, "", file); sub(/",?$/, "", file)
              object = command; sub(/.* -o /, "", object); sub(/ .*/, "", object)
              print object "\t" file "\t" command }
' "$build/compile_commands.json" | grep -F "	$root/" | grep -vF "	$build/" >"$work/commands"
ninja -C "$build" -t deps | awk -v root="$root/" -v build="$build/" '
  /^[^ ]/ { object = $1; sub(/:$/, "", object); next }
  NF && $1 !~ /^\/usr\// { print object "\t" $1 }
' >"$work/deps"

# One hash for each file that is included anywhere, then one for each source.
cut -f2 "$work/deps" | sort -u >"$work/included"
(cd "$build" && xargs -d '\n' sha256sum -- <"$work/included") | sed 's/^\\//' >"$work/hashes"
{ clang-tidy-14 --version; cat "$root/.clang-tidy" "$root/tests/.clang-tidy"; } | sha256sum >"$work/config"
awk -F'\t' -v config="$(cat "$work/config")" -v now="$(date +%s%N)" '
  FILENAME ~ /hashes$/ { hash[substr($0, 67)] = substr($0, 1, 64); next }
  FILENAME ~ /deps$/ { of[$1] = of[$1] " " hash[$2]; next }
  { printf "%s\t%s\n", $2, config " " $3 ($1 in of ? of[$1] : now) } # what was not built yet is not remembered
' "$work/hashes" "$work/deps" "$work/commands" | while IFS=$'\t' read -r file text; do
  printf '%s\t%s\n' "$(sha256sum <<<"$text")" "$file"
done | sed 's/  -\t/\t/' >"$work/keys"

while IFS=$'\t' read -r key file; do
  [ -e "$build/tidy/$key" ] || printf '%s\0%s\0' "$key" "$file"
done <"$work/keys" >"$work/todo"
echo "clang-tidy: $(($(tr -cd '\0' <"$work/todo" | wc -c) / 2)) of $(wc -l <"$work/keys") files have changed"
find "$build/tidy" -type f -mtime +30 -delete
[ ! -s "$work/todo" ] || xargs -0 -n 2 -P "$(nproc)" bash -c '
  found=$(nice clang-tidy-14 -p "$0" --quiet "$2" 2>&1) && touch "$0/tidy/$1" || { echo "$found"; exit 1; }
' "$build" <"$work/todo"
