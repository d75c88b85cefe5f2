#!/usr/bin/env bash
# Measures espgang against its budgets on simulated boards and prints a table. Reports; judges nothing.
set -euo pipefail

if [ "${1-}" = --help ] || [ "${1-}" = -h ]; then
  cat <<'HELP'
Usage: tools/bench/bench.sh [BUILD-FOLDER]

Builds the release preset (or takes the programs of BUILD-FOLDER) and measures: the write stage against its floor, what
a board costs besides, many boards against one, CPU and memory per board, compressed size against zlib 9, and records
per second of the ledger; last what questions to a ledger of a million runs take. That ledger needs 2.5 GB in the folder
for temporary files and some minutes; EG_BENCH_RUNS is another number of runs, 0 leaves it out.
Takes about three minutes besides.
HELP
  exit 0
fi
cd "$(dirname "$0")/../.."
if [ -n "${1-}" ]; then
  build=$1
else
  tools/setup.sh
  cmake --preset release >/dev/null
  cmake --build --preset release >/dev/null
  build=build/release
fi
espgang=$build/tools/espgang/espgang
vboard=$build/tools/vboard/vboard
measure=$build/tools/bench/measure
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
export XDG_STATE_HOME=$work

job() { # NAME BYTES
  "$build/tools/dev/make_firmware" --chip esp32 --size "$2" --seed 1 "$work/$1" >/dev/null
  printf 'espgang: 1\njob: %s\nchip: esp32\nfirmware: {from: %s/flasher_args.json}\nretry: {attempts: 1}\n' "$1" "$1" >"$work/$1.yaml"
}
run() { # JOB BATCH ARGUMENT...: wall, CPU and memory of the program in $work/BATCH.use
  local job=$1 batch=$2
  shift 2
  "$measure" "$espgang" run "$work/$job.yaml" --ledger "$work/ledger.db" --batch "$batch" --json "$@" \
    >"$work/$batch.json" 2>"$work/$batch.use" || { cat "$work/$batch.use"; tail -n 3 "$work/$batch.json"; exit 1; }
}
ask() { sqlite3 -batch -noheader "$work/ledger.db" "$1"; }
use() { tail -n 1 "$work/$1.use" | sed -E "s/.*$2 ([0-9.]+).*/\1/"; }
say() { printf '%-64s %10s   %s\n' "$1" "$2" "$3"; }
over() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a / b }'; }

job one 1048576
job four 4194304

say WHAT MEASURED BUDGET
run one write --sim 1
wire=$(ask "select bytes_sent * 10 / 921600.0 from stages where batch = 'write' and stage = 'write'")
wrote=$(ask "select duration_ms / 1000 from stages where batch = 'write' and stage = 'write'")
total=$(ask "select duration_ms / 1000.0 from runs where batch = 'write'")
say 'seconds of the write stage, 1 MiB image, 921600 baud' "$wrote" ''
say 'seconds the wire alone takes' "$wire" ''
say 'write stage / wire time' "$(over "$wrote" "$wire")" '1.03 (where the flash is faster than the wire)'
say 'seconds besides the write stage, reset to green' "$(awk -v a="$total" -v b="$wrote" 'BEGIN { printf "%.3f", a - b }')" 0.6

run one many --sim 64
slowest=$(ask "select max(duration_ms) / 1000.0 from runs where batch = 'many'")
say '64 boards at once / one board (slowest run, in process)' "$(over "$slowest" "$total")" 1.05

"$vboard" --boards 64 --chip esp32 >"$work/urls" 2>/dev/null &
while [ "$(wc -l <"$work/urls")" -lt 64 ]; do sleep 0.1; done
run one remote --ports "$(paste -sd, "$work/urls")"
say 'CPU per board, % of a core (64 over RFC 2217, programmer only)' \
  "$(awk -v c="$(use remote cpu)" -v w="$(use remote wall)" 'BEGIN { printf "%.2f", 100 * c / w / 64 }')" 1
kill %1
wait 2>/dev/null || true

"$vboard" --boards 64 --chip esp32 --fast --part W25Q64JV >"$work/urls" 2>/dev/null &
while [ "$(wc -l <"$work/urls")" -lt 64 ]; do sleep 0.1; done
run four memory --ports "$(paste -sd, "$work/urls")"
say 'memory of the programmer, MiB (64 boards, 4 MiB image)' "$(awk -v r="$(use memory rss)" 'BEGIN { printf "%.1f", r / 1024 }')" 64

echo
# shellcheck disable=SC2046 # these names have no blanks
"$build/tools/bench/bench_compress" "$work/one/app.bin" "$work/one/bootloader/bootloader.bin" \
  $(ls "${EG_FIXTURES:-../shared/fixtures}"/{images,jobs/esp32-idf}/*.bin 2>/dev/null)
if [ -x "$build/tools/bench/bench_ledger" ]; then
  echo
  "$build/tools/bench/bench_ledger"
fi

runs=${EG_BENCH_RUNS:-1000000}
[ "$runs" -gt 0 ] || exit 0
took() { # WHAT BUDGET ARGUMENT...: the fastest of three, in seconds of wall clock
  local what=$1 budget=$2 wall best=
  shift 2
  for _ in 1 2 3; do
    "$measure" "$espgang" "$@" --ledger "$work/large.db" >/dev/null 2>"$work/large.use" || [ $? -eq 1 ] || cat "$work/large.use"
    wall=$(use large wall)
    best=$(awk -v a="$wall" -v b="${best:-$wall}" 'BEGIN { print a < b ? a : b }')
  done
  say "$what" "$best" "$budget"
}
echo
say "QUESTIONS TO $runs RUNS, SECONDS" MEASURED BUDGET
"$measure" "$build/tools/bench/make_ledger" "$runs" "$work/large.db" 2>"$work/make.use"
say 'making that ledger' "$(use make wall)" ''
took 'history by MAC' 0.05 history 24:0a:c4:00:00:64
took 'history by serial number' 0.05 history ACME-00000100
took 'units of a batch of 10000' '' units --batch batch-1
took 'all units that failed' '' units --outcome fail
took 'compare two batches' '' compare batch-1 batch-2
took 'duplicates of a batch' '' duplicates --batch batch-1
took 'duplicates' '' duplicates
took 'report of 10000 units' '' report --batch batch-1 --html "$work/large.html"
took 'audit' 30 audit
