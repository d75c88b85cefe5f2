#!/usr/bin/env bash
# Runs every target of this folder, one after another, with its corpus and dictionary.
set -euo pipefail

if [ $# -lt 1 ] || [ "$1" = --help ] || [ "$1" = -h ]; then
  cat <<'HELP'
Usage: tests/fuzz/run.sh TIME [NAME...]

Builds the targets NAME (default: all) with the preset fuzz and lets each search for TIME: minutes, or seconds as 40s; prints
a line for each with executions, coverage (edges and features, as libFuzzer counts them) and findings. New inputs and findings
are left in build/fuzz/found/NAME. The exit status is 1 when anything was found.
HELP
  exit $(($# < 1 ? 2 : 0))
fi

cd "$(dirname "$0")/../.."
time=$1
shift
[[ $time =~ ^[0-9]+s?$ ]] || { echo "run.sh: '$time' is no whole number of minutes, nor of seconds as 40s" >&2; exit 2; }
[[ $time = *s ]] && seconds=${time%s} || seconds=$((time * 60))
names=("$@")
if [ $# = 0 ]; then
  for source in tests/fuzz/fuzz_*.c; do
    source=${source##*/fuzz_}
    names+=("${source%.c}")
  done
fi

[ -e build/fuzz/build.ninja ] || cmake --preset fuzz >/dev/null
status=0
# figure NAME WORD: print the last number after WORD in a target's progress.
figure() {
  grep -oE " $2: [0-9]+" "build/fuzz/found/$1/log" | tail -n1 | grep -oE '[0-9]+'
}

printf '%-14s %12s %9s %9s %9s\n' TARGET EXECUTIONS EDGES FEATURES FINDINGS
for name in "${names[@]}"; do
  found=build/fuzz/found/$name
  mkdir -p "$found/corpus"
  cmake --build build/fuzz --target "fuzz_$name" >"$found/log" 2>&1 || { cat "$found/log" >&2; exit 2; }
  options=("-max_total_time=$seconds" -max_len=4096 -timeout=20 -print_final_stats=1 "-artifact_prefix=$found/")
  [ ! -e "tests/fuzz/$name.dict" ] || options+=("-dict=tests/fuzz/$name.dict")
  build/fuzz/tests/fuzz/fuzz_"$name" "${options[@]}" "$found/corpus" "tests/fuzz/corpus/$name" >"$found/log" 2>&1 || true
  findings=$(find "$found" -maxdepth 1 \( -name 'crash-*' -o -name 'leak-*' -o -name 'timeout-*' -o -name 'oom-*' \) | wc -l)
  printf '%-14s %12s %9s %9s %9s\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$found/log")" \
    "$(figure "$name" cov)" "$(figure "$name" ft)" "$findings"
  [ "$findings" = 0 ] || status=1
done
exit "$status"
