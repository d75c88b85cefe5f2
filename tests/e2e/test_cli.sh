#!/usr/bin/env bash
# A user's first commands: no arguments, help, unknown words, missing files.
build=$1; . "$(dirname "$0")/lib.sh"

expect_status 0 "$espgang"
for text in 'espgang check job.yaml' 'espgang run job.yaml --sim 8' 'espgang ports' 'espgang flash-id'; do
  expect_text "$work/out.log" "$text"
done
expect_status 0 "$espgang" --help
expect_text "$work/out.log" 'Exit status: 0 every unit passed'
expect_status 0 "$espgang" --version
expect_text "$work/out.log" 'espgang '
expect_text "$work/out.log" 'esp32c3'
for command in run check import ports report pool bundle sign trust nvs backup export merge; do
  expect_status 0 "$espgang" "$command" -h
  mv "$work/out.log" "$work/short.log"
  expect_status 0 "$espgang" "$command" --help
  expect_equal "help by -h of $command" "$(cat "$work/short.log")" "$(cat "$work/out.log")"
  expect_text "$work/out.log" 'Usage: espgang'
done

refused() { # STATUS SENTENCE COMMAND...
  local status=$1 sentence=$2
  shift 2
  expect_status "$status" "$@"
  expect_equal "standard error of '$*'" "$(cat "$work/err.log")" "$sentence"
  [ ! -e "$work/state" ] || fail "'$*' left $(find "$work/state")"
}

# A letter of a board option that the command has, too, is the command's.
expect_status 0 "$espgang" read-flash --help
expect_equal 'options with the letter -p' "$(grep -o -- '-p, --[a-z-]*' "$work/out.log")" '-p, --no-progress'
expect_text "$work/out.log" '      --port=PORT '
expect_status 0 "$espgang" efuse summary --help
expect_text "$work/out.log" '-p, --port=PORT '
refused 2 "espgang: there is no command 'rnu'; 'espgang --help' lists them" "$espgang" rnu
refused 2 "espgang: --sme: unknown option; see 'espgang run --help'" "$espgang" run job.yaml --sme 3
for boards in 0 -1 513; do
  refused 2 "espgang: --sim takes 1 to 512 boards; see 'espgang run --help'" "$espgang" run job.yaml "--sim=$boards"
done
refused 2 "espgang: --stub-dir: there is no folder '$work/stubs'; see 'espgang run --help'" \
  "$espgang" run job.yaml --stub-dir "$work/stubs"
refused 2 "espgang: --batch: the name is empty; see 'espgang run --help'" "$espgang" run job.yaml --batch ''
refused 2 "espgang: --operator: the name has byte 0x0a, which is no text; see 'espgang run --help'" \
  "$espgang" run job.yaml --operator $'a\nb'
refused 2 "espgang: --station: the name has byte 0xff, which is no text; see 'espgang run --help'" \
  "$espgang" run job.yaml --station $'\xff'
refused 2 "espgang: --fault, --fast, --flash-dir, --app-log and --hooks go with --sim; see 'espgang run --help'" "$espgang" run job.yaml --fast
refused 2 "espgang: missing option: a format with its file, like --html FILE; see 'espgang report --help'" "$espgang" report
refused 2 "espgang: $work/none.yaml: No such file or directory" "$espgang" check "$work/none.yaml"
refused 2 "espgang: $work: is a directory" "$espgang" run "$work" --sim 2

make_job esp32 65536
expect_status 0 "$espgang" check "$work/job.yaml"
expect_text "$work/out.log" 0x00010000
refused 3 "espgang: no port matches '$work/tty*'" "$espgang" run "$work/job.yaml" --ports "$work/tty*"
refused 2 "espgang: --sim and --ports exclude each other; see 'espgang run --help'" \
  "$espgang" run "$work/job.yaml" --sim 2 --ports /dev/null
expect_status 3 "$espgang" run "$work/job.yaml" --sim 1 --fast --ledger /dev/null
expect_status 2 "$espgang" run "$work/job.yaml" --sim 1 --fast --fault 1:explode

# Unwritable standard output must not look like success.
if [ -e /dev/full ]; then
  "$espgang" check "$work/job.yaml" >/dev/full 2>"$work/err.log" && fail "check succeeded on a full disk"
  expect_text "$work/err.log" 'No space left on device'
fi

# A standard stream that the caller closed is not reused for a file or port, which would then receive the output.
got=0
"$espgang" run "$work/job.yaml" --sim 1 --fast --ledger "$work/ledger.db" >&- 2>&- || got=$?
expect_equal 'status without standard output' "$got" 3
expect_equal 'lock file without standard output' "$(grep -vxE '[0-9]+' "$work/ledger.db.lock" || true)" ''
expect_equal 'outcome without standard output' "$(ledger 'select outcome from runs')" pass

# -v logs what the stages found; without it, that is not logged.
expect_status 0 "$espgang" run "$work/job.yaml" --sim 1 --fast --plain --ledger "$work/ledger.db"
[ "$(grep -c 'flash id\|holds MD5' "$work/out.log")" = 0 ] || fail "too much is said without -v: $(cat "$work/out.log")"
expect_status 0 "$espgang" run "$work/job.yaml" --sim 1 --fast --plain -v --ledger "$work/ledger.db"
expect_text "$work/out.log" 'revision 3.1, MAC 02:65:67:00:00:01, flash id c84016 of 4096 KB'
expect_text "$work/out.log" 'partition-table at 0x00008000: holds MD5 '
