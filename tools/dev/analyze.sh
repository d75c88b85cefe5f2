#!/usr/bin/env bash
# Runs gcc's static analyzer.
set -euo pipefail

if [ $# -lt 1 ] || [ "$1" = --help ] || [ "$1" = -h ]; then
  cat <<'HELP'
Usage: tools/dev/analyze.sh BUILD [FILE...]

Runs gcc -fanalyzer on every source of the programs and libraries, or on FILEs, with the commands of BUILD, a build by gcc. Prints
the findings that tools/dev/analyzer.txt does not explain; the exit status is 1 if there are any. A file that takes longer than
EG_LIMIT seconds (default 300) is named and counts as not analyzed. Takes an hour or so.
HELP
  exit $(($# < 1 ? 2 : 0))
fi

root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
shift
cd "$root"
work=$(mktemp -d "${TMPDIR:-/tmp}/eg-analyze-XXXXXX")
trap 'rm -rf "$work"' EXIT

# FILE, NUL, COMMAND, NUL for each source of ours, once.
python3 - "$build/compile_commands.json" "$root/" "$@" >"$work/todo" <<'PYTHON'
import json, re, sys
root, wanted, seen = sys.argv[2], sys.argv[3:], set()
for entry in json.load(open(sys.argv[1])):
    file = entry["file"].removeprefix(root)
    if file in seen or file.startswith(("/", "build/", "tests/")) or wanted and file not in wanted:
        continue
    seen.add(file)
    command = re.sub(r" -o \S+", " -o /dev/null", entry["command"].removeprefix("/usr/bin/ccache "))
    print(file, command + " -fanalyzer -Wno-error -fdiagnostics-path-format=none", sep="\0", end="\0")
PYTHON
count=$(($(tr -cd '\0' <"$work/todo" | wc -c) / 2))
[ "$count" -gt 0 ] || { echo "analyze.sh: $build has no command for these files" >&2; exit 2; }

export work build EG_LIMIT=${EG_LIMIT-300}
xargs -0 -n 2 -P 2 bash -c '
  status=0
  (cd "$build" && nice timeout "$EG_LIMIT" bash -c "$2") >"$work/said.$$" 2>&1 || status=$?
  case $status in
    0) ;;
    124) echo "$1: not analyzed within $EG_LIMIT s" >>"$work/late.$$" ;;
    *) echo "$1: gcc ends with $status: $(head -n 1 "$work/said.$$")" >>"$work/late.$$" ;;
  esac
' - <"$work/todo"
cat "$work"/late.* 2>/dev/null || true

# A line of analyzer.txt explains one kind of finding in one file.
cat "$work"/said.* | grep -h 'Wanalyzer' | sed "s,^\(\.\./\)*,,; s,^$root/,," | sort -u >"$work/found" || true
open=0
while IFS= read -r line; do
  kind=$(grep -oE 'Wanalyzer[a-z-]*' <<<"$line" | head -n 1)
  grep -qE "^${line%%:*} $kind: " tools/dev/analyzer.txt || { echo "$line"; open=$((open + 1)); }
done <"$work/found"
echo "gcc -fanalyzer: $count files, $(wc -l <"$work/found") findings, $open of them not explained"
[ "$open" = 0 ]
