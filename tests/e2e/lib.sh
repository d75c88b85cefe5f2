# Sourced by the end-to-end tests: a folder of its own, the programs, and what goes wrong said clearly.
# Usage in a test: build=$1; . "$(dirname "$0")/lib.sh"
set -euo pipefail

espgang=$build/tools/espgang/espgang
vboard=$build/tools/vboard/vboard
make_firmware=$build/tools/dev/make_firmware
work=$(mktemp -d "${TMPDIR:-/tmp}/eg-e2e-XXXXXX")
export XDG_STATE_HOME=$work/state
unset ESPGANG_LEDGER
children=()

finish() {
  status=$?
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  wait 2>/dev/null || true
  [ "$status" -eq 0 ] || [ "$status" -eq 77 ] || tail -n 40 "$work"/*.log 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# skip REASON: leaves the test as skipped, loudly.
skip() {
  echo "SKIPPED: $*" >&2
  exit 77
}

# expect_status WANTED COMMAND...: runs it, output to $work/out.log and $work/err.log.
expect_status() {
  local wanted=$1 got=0
  shift
  "$@" >"$work/out.log" 2>"$work/err.log" || got=$?
  [ "$got" -eq "$wanted" ] || fail "'$*' ended with $got, not $wanted"
}

# expect_text FILE TEXT: the file has the text, literally.
expect_text() {
  grep -qF -- "$2" "$1" || fail "no '$2' in $1: $(cat "$1")"
}

# expect_equal WHAT GOT WANTED
expect_equal() {
  [ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}

# make_job CHIP BYTES [LINE...]: $work/job.yaml over a generated firmware.
make_job() {
  local chip=$1 size=$2
  shift 2
  "$make_firmware" --chip "$chip" --size "$size" --seed 1 "$work/firmware" >/dev/null
  {
    printf 'espgang: 1\njob: e2e\nversion: 1.2.3\nchip: %s\nfirmware:\n  from: firmware/flasher_args.json\n' "$chip"
    for line in "$@"; do printf '%s\n' "$line"; done
  } >"$work/job.yaml"
}

# ledger SQL: what an independent client reads in $work/ledger.db.
ledger() {
  sqlite3 -batch -noheader "$work/ledger.db" "$1"
}

# start_boards LOG ARGUMENT...: starts vboard in the background; its URLs are in the array `urls`.
start_boards() {
  local log=$1 wanted=$2
  shift 2
  "$vboard" --boards "$wanted" "$@" >"$work/$log.urls" 2>"$work/$log.log" &
  children+=($!)
  for _ in $(seq 100); do
    [ "$(wc -l <"$work/$log.urls")" -ge "$wanted" ] && break
    sleep 0.1
  done
  mapfile -t urls <"$work/$log.urls"
  [ "${#urls[@]}" -eq "$wanted" ] || fail "vboard printed ${#urls[@]} of $wanted URLs"
}

# join_by_comma ITEM...
join_by_comma() {
  local IFS=,
  echo "$*"
}
