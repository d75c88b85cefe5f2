#!/usr/bin/env bash
# Measures espgang against its budgets on simulated boards and prints a table. Reports; judges nothing.
set -euo pipefail

json='' peer=''
while [ $# -gt 0 ]; do
  case $1 in
    --json) json=yes ;;
    --peer) peer=${2:?--peer needs a program}; shift ;;
    --help | -h) break ;;
    -*) echo "bench.sh: $1: no such option; see --help" >&2; exit 2 ;;
    *) break ;;
  esac
  shift
done
if [ "${1-}" = --help ] || [ "${1-}" = -h ]; then
  cat <<'HELP'
Usage: tools/bench/bench.sh [--json] [--peer PROGRAM] [BUILD-FOLDER]

Builds the release preset (or takes the programs of BUILD-FOLDER) and measures: the write stage against its floor, what
a board costs besides, many boards against one, CPU and memory per board, compressed size against zlib 9, and records
per second of the ledger; last what questions to a ledger of a million runs take. That ledger needs 2.5 GB in the folder
for temporary files and some minutes; EG_BENCH_RUNS is another number of runs, 0 leaves it out.
Takes about four minutes besides.

  --json          print the figures as one JSON object, and the tables to standard error
  --peer PROGRAM  measure only this: the same work by PROGRAM, with the command line of esptool 5, a process per board,
                  and by espgang, one process for all; 1, 8 and 16 boards
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
export XDG_STATE_HOME=$work XDG_CACHE_HOME=$work/cache

job() { # NAME BYTES
  "$build/tools/dev/make_firmware" --chip esp32 --size "$2" --seed 1 "$work/$1" >/dev/null
  printf 'espgang: 1\njob: %s\nchip: esp32\nfirmware: {from: %s/flasher_args.json}\nretry: {attempts: 1}\n' "$1" "$1" >"$work/$1.yaml"
}
run() { # JOB BATCH ARGUMENT...: wall, CPU and memory of the program in $work/BATCH.use
  local job=$1 batch=$2
  shift 2
  date +%s%3N >"$work/$batch.from"
  "$measure" "$espgang" run "$work/$job.yaml" --ledger "$work/$batch.db" --batch "$batch" --json "$@" \
    >"$work/$batch.json" 2>"$work/$batch.use" || { cat "$work/$batch.use"; tail -n 3 "$work/$batch.json"; exit 1; }
}
ask() { sqlite3 -batch -noheader "$work/$1.db" "$2"; } # BATCH SQL; each batch has a ledger, since all show the same boards
use() { tail -n 1 "$work/$1.use" | sed -E "s/.*$2 ([0-9.]+).*/\1/"; }
say() {
  printf '%-64s %10s   %s\n' "$1" "$2" "$3" >&3
  [ "$2" = MEASURED ] || printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$work/figures"
}
print_json() {
  awk -F '\t' 'function text(s) { gsub(/["\\]/, "\\\\&", s); return "\"" s "\"" }
    { printf "%s  {\"what\": %s, \"measured\": %s, \"budget\": %s}", (NR > 1 ? ",\n" : "{\"figures\": [\n"),
      text($1), ($2 + 0 == $2 ? $2 : text($2)), ($3 == "" ? "null" : text($3)) }
    END { print "\n]}" }' "$work/figures" >&4
}
# The tables go to descriptor 3, the object to 4.
exec 4>&1 3>&1
[ -z "$json" ] || exec 1>&2 3>&2
serve() { # COUNT OPTION...: that many boards; their URLs are in $work/urls, what they say at the end in $work/tally
  : >"$work/urls"
  "$vboard" --boards "$1" --chip esp32 "${@:2}" >"$work/urls" 2>/dev/null &
  server=$!
  while [ "$(wc -l <"$work/urls")" -lt "$1" ]; do sleep 0.1; done
  ports=$(head -n "$1" "$work/urls" | paste -sd,)
}
unserve() {
  kill "$server"
  wait "$server" 2>/dev/null || true
}
stage() { ask "$1" "select $3 from stages where stage = '$2'"; }
over() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a / b }'; }

# The same files to boards that wait in their loaders; each side's own connection, writing and checking. The peer is a
# process per board, espgang one for all.
peer_boards() {
  local pids=() pid
  while read -r url; do
    timeout 600 "$peer" --chip esp32 --port "$url" --baud 921600 --before no-reset --after no-reset write-flash \
      0x1000 "$work/one/bootloader/bootloader.bin" 0x8000 "$work/one/partition_table/partition-table.bin" \
      0x10000 "$work/one/app.bin" >>"$work/peer.log" 2>&1 &
    pids+=($!)
  done <"$work/urls"
  for pid in "${pids[@]}"; do
    wait "$pid" || return
  done
}
beside_peer() {
  local boards
  export -f peer_boards
  export peer work
  for boards in 1 8 16; do
    serve "$boards" --download
    "$measure" bash -c peer_boards 2>"$work/peer$boards.use" || { tail -n 5 "$work/peer.log" >&2; echo "bench.sh: $peer failed" >&2; exit 1; }
    unserve
    serve "$boards"
    run one "beside$boards" --ports "$ports"
    unserve
    for side in peer beside; do
      say "$boards boards: seconds, $([ $side = peer ] && echo the peer || echo espgang)" "$(use "$side$boards" wall)" ''
      say "$boards boards: seconds of CPU, $([ $side = peer ] && echo the peer || echo espgang)" "$(use "$side$boards" cpu)" ''
    done
  done
}

job one 1048576
say WHAT MEASURED BUDGET
if [ -n "$peer" ]; then
  beside_peer
  [ -z "$json" ] || print_json
  exit 0
fi
job four 4194304
run one write --sim 1
total=$(ask write 'select duration_ms / 1000.0 from runs')
for flash in blank used; do
  if [ $flash = used ]; then serve 1 --tally --used; else serve 1 --tally; fi
  run one $flash --ports "$ports"
  unserve
  worked=$(sed -n 's/^board 1: .*, \([0-9.]*\) s of work of the flash$/\1/p' "$work/urls")
  wire=$(stage $flash write 'wire_ms / 1000')
  wrote=$(stage $flash write 'duration_ms / 1000')
  say "seconds of the write stage, 1 MiB image, 921600 baud, $flash flash" "$(over "$wrote" 1)" ''
  say "seconds the wire alone takes, $flash flash" "$(over "$wire" 1)" ''
  say "seconds the flash alone takes, $flash flash" "$worked" ''
  say "write stage / the longer of the two, $flash flash" \
    "$(over "$wrote" "$(awk -v a="$wire" -v b="$worked" 'BEGIN { print (a > b ? a : b) }')")" \
    "$([ $flash = used ] && echo "1.30 (the stub's limit)" || echo 1.02)"
done

sed 's/^retry/link: {baud: auto}\nretry/' "$work/one.yaml" >"$work/auto.yaml"
run auto auto --sim 1
say 'seconds reset to green, 1 MiB image, link.baud: auto, blank flash' "$(ask auto 'select round(duration_ms / 1000.0, 2) from runs')" 5.5
say 'baud that link.baud: auto came to' "$(ask auto 'select baud from runs')" ''

for latency in 0 2; do
  serve 1 --tally --latency "$latency"
  run one "late$latency" --ports "$ports"
  unserve
  say "seconds besides write and verify, reset to green, $latency ms latency" \
    "$(ask "late$latency" "select round((duration_ms - (select sum(duration_ms) from stages where stage in ('write', 'verify'))) / 1000.0, 3) from runs")" 0.35
done
say 'requests before the first data block' "$(sed -n 's/^board 1: .*, \([0-9]*\) before the first.*/\1/p' "$work/urls")" 50

for time in first second; do # the first one makes the ledger and compresses
  run four starts --sim 1 --fast
  begun=$(sed -n 's/.*"event":"stage-begin".*"stage":"connect".*"time":"\([^"]*\)".*/\1/p' "$work/starts.json" | head -n 1)
  say "ms from the command to the first reset, 4 MiB job, $time start" "$(($(date -d "$begun" +%s%3N) - $(cat "$work/starts.from")))" 100
done

for boards in 64 256; do
  run one "many$boards" --sim "$boards"
  slowest=$(ask "many$boards" 'select max(duration_ms) / 1000.0 from runs')
  say "$boards boards at once / one board (slowest run, in process)" "$(over "$slowest" "$total")" "$([ "$boards" = 64 ] && echo 1.02 || echo 1.05)"
done
one_remote=$(ask late0 'select duration_ms / 1000.0 from runs')
for boards in 64 256; do
  serve "$boards"
  run one "remote$boards" --ports "$ports"
  unserve
  slowest=$(ask "remote$boards" 'select max(duration_ms) / 1000.0 from runs')
  say "$boards boards at once / one board (slowest run, RFC 2217)" "$(over "$slowest" "$one_remote")" "$([ "$boards" = 64 ] && echo 1.02 || echo 1.05)"
done
say 'CPU per board, % of a core (64 over RFC 2217, programmer only)' \
  "$(awk -v c="$(use remote64 cpu)" -v w="$(use remote64 wall)" 'BEGIN { printf "%.2f", 100 * c / w / 64 }')" 0.3

serve 64 --fast --part W25Q64JV
run four memory --ports "$ports"
unserve
say 'memory of the programmer, MiB (64 boards, 4 MiB image)' "$(awk -v r="$(use memory rss)" 'BEGIN { printf "%.1f", r / 1024 }')" 40

# The same boards again: first as they are, then with one changed sector, and that of the image's digest.
change() { # FILE: swap two words, which keeps the checksum of the segment, and put the digest right
  local size middle
  size=$(stat -c %s "$1")
  middle=$((size / 2 / 4096 * 4096 + 256))
  dd if="$1" of="$work/words" bs=1 skip="$middle" count=8 status=none
  { tail -c 4 "$work/words"; head -c 4 "$work/words"; } | dd of="$1" bs=1 seek="$middle" conv=notrunc status=none
  printf '%b' "$(head -c "$((size - 32))" "$1" | sha256sum | cut -c 1-64 | sed 's/../\\x&/g')" |
    dd of="$1" bs=1 seek="$((size - 32))" conv=notrunc status=none
}
echo 'write: changed' >>"$work/four.yaml"
serve 64 --part W25Q64JV
for again in new same changed; do
  [ "$again" != changed ] || change "$work/four/app.bin"
  run four again --ports "$ports"
  for what in 'max(duration_ms) / 1000.0' 'avg(bytes_sent)'; do
    say "64 boards, 4 MiB, write: changed, $again firmware: $([ "${what%%(*}" = max ] && echo slowest run, s || echo bytes sent per board)" \
      "$(ask again "select round($what, 3) from runs where run > (select max(run) - 64 from runs)")" ''
  done
  say "64 boards, 4 MiB, write: changed, $again firmware: bytes written per board" \
    "$(ask again "select sum(written) / 64 from regions where run > (select max(run) - 64 from runs)")" ''
done
unserve

echo
# shellcheck disable=SC2046 # these names have no blanks
"$build/tools/bench/bench_compress" "$work/one/app.bin" "$work/one/bootloader/bootloader.bin" \
  $(ls "${EG_FIXTURES:-../shared/fixtures}"/{images,jobs/esp32-idf}/*.bin 2>/dev/null)
if [ -x "$build/tools/bench/bench_ledger" ]; then
  echo
  "$build/tools/bench/bench_ledger"
fi

runs=${EG_BENCH_RUNS:-1000000}
if [ "$runs" -eq 0 ]; then
  [ -z "$json" ] || print_json
  exit 0
fi
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
took 'trend of all batches' 3 report --since 2000-01-01 --html "$work/trend.html"
took 'audit' 30 audit

"$measure" "$build/tools/bench/make_ledger" 100000 "$work/other.db" 2>"$work/make.use"
say 'bytes of the ledger per run' "$(($(stat -c %s "$work/other.db") / 100000))" 1500
"$measure" "$espgang" merge "$work/other.db" --ledger "$work/merged.db" >/dev/null 2>"$work/merge.use"
say 'merge of 100000 runs, seconds' "$(use merge wall)" 30
say 'merge of 100000 runs, MiB of memory' "$(awk -v r="$(use merge rss)" 'BEGIN { printf "%.1f", r / 1024 }')" ''
[ -z "$json" ] || print_json
