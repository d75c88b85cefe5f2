# shellcheck shell=bash
# Sourced by the end-to-end tests: a scratch folder, the programs, and assertions that say what went wrong.
# Usage in a test: build=$1; . "$(dirname "$0")/lib.sh"
set -euo pipefail

espgang=$build/tools/espgang/espgang
vboard=$build/tools/vboard/vboard
make_firmware=$build/tools/dev/make_firmware
work=$(mktemp -d "${TMPDIR:-/tmp}/eg-e2e-XXXXXX")
export XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config XDG_CACHE_HOME=$work/cache
unset ESPGANG_LEDGER ESPGANG_TRUST
children=()

# Fail the test on any sanitizer report, whatever the exit status. Reports go to a file of their own, except those of
# GCC's UndefinedBehaviorSanitizer, which always writes to standard error; that is searched.
for tool in ASAN LSAN TSAN UBSAN; do
  options=${tool}_OPTIONS
  export "$options=${!options:+${!options}:}exitcode=99:log_path=$work/sanitizer"
done

# Leave no program running: neither those in the background nor the one awaited when a signal came.
finish() {
  status=$?
  trap - EXIT
  trap '' INT TERM
  local foreground=()
  read -ra foreground 2>/dev/null <"/proc/$$/task/$$/children" || true # no newline at its end
  # A stopped one would not notice. Not after the end was asked for: SIGCONT takes away a SIGSTOP that is on its way, and
  # LeakSanitizer stops the program so when it ends, and would wait for ever.
  kill -CONT "${children[@]}" 2>/dev/null || true
  kill "${children[@]}" "${foreground[@]}" 2>/dev/null || true
  for _ in $(seq 600); do
    [ -n "$(jobs -pr)" ] || break
    sleep 0.1
  done
  for child in $(jobs -pr); do
    echo "FAILED: process $child did not end within a minute of SIGTERM" >&2
    kill -9 "$child" 2>/dev/null || true
    status=1
  done
  wait 2>/dev/null || true
  [ "$status" -eq 0 ] || [ "$status" -eq 77 ] || tail -n 40 "$work"/*.log 2>/dev/null || true
  if grep -hsA 30 'Sanitizer' "$work"/sanitizer.* >&2 || grep -hs 'runtime error:' "$work"/*.log >&2; then
    echo "FAILED: a program was reported by its sanitizer, see above" >&2
    status=1
  fi
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# skip REASON: end the test as skipped, with a visible reason.
skip() {
  echo "SKIPPED: $*" >&2
  exit 77
}

# stubs: check whether this build has flasher stubs.
stubs() {
  ! "$espgang" --version | grep -qx 'stubs: none'
}

# expect_status WANTED COMMAND...: run it, with output to $work/out.log and $work/err.log.
expect_status() {
  local wanted=$1 got=0
  shift
  "$@" >"$work/out.log" 2>"$work/err.log" || got=$?
  [ "$got" -eq "$wanted" ] || fail "'$*' ended with $got, not $wanted"
}

# expect_text FILE TEXT: check that the file contains the text, literally.
expect_text() {
  grep -qF -- "$2" "$1" || fail "no '$2' in $1: $(cat "$1")"
}

# expect_equal WHAT GOT WANTED
expect_equal() {
  [ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}

# make_job CHIP BYTES [LINE...]: write $work/job.yaml for a generated firmware.
make_job() {
  local chip=$1 size=$2
  shift 2
  "$make_firmware" --chip "$chip" --size "$size" --seed 1 "$work/firmware" >/dev/null
  {
    printf 'espgang: 1\njob: e2e\nversion: 1.2.3\nchip: %s\nfirmware:\n  from: firmware/flasher_args.json\n' "$chip"
    for line in "$@"; do printf '%s\n' "$line"; done
  } >"$work/job.yaml"
}

# ledger SQL: query $work/ledger.db with an independent client.
ledger() {
  sqlite3 -batch -noheader "$work/ledger.db" "$1"
}

# start_boards LOG ARGUMENT...: start vboard in the background; its URLs are in the array `urls`.
start_boards() {
  local log=$1 wanted=$2
  shift 2
  : >"$work/$log.urls"
  "$vboard" --boards "$wanted" "$@" >"$work/$log.urls" 2>"$work/$log.log" &
  children+=($!)
  until [ "$(wc -l <"$work/$log.urls")" -ge "$wanted" ] || ! kill -0 "${children[-1]}" 2>/dev/null; do
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
