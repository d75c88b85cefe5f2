#!/usr/bin/env bash
# Refusals of `run`'s options: one sentence each, before a job is read or a port is opened.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"

refused() { # SENTENCE ARGUMENT...
  local sentence="espgang: $1"
  shift
  expect_status 2 "$espgang" run "$work/not-there.yaml" --ledger "$work/ledger.db" "$@"
  expect_equal "sentence of $*" "$(cat "$work/err.log")" "$sentence; see 'espgang run --help'"
}

refused '--trigger: "wait" is none of plug, poll, enter, program, api' --trigger wait
refused '--trigger api goes with --http and --http-control' --trigger api
printf 'espgang_station: 1\ntrigger: api\n' > "$work/station.yaml"
refused '--trigger api goes with --http and --http-control' --station "$work/station.yaml"
refused '--http-token-file, --http-name and --http-control go with --http' --http-name line2.example
refused '--trigger program and --trigger-program go together' --trigger program
refused '--trigger program and --trigger-program go together' --trigger poll --trigger-program true
refused '--trigger program and --trigger-program go together' --trigger-program true
refused "--watch waits for ports that come and go, which 'tcp://127.0.0.1:1' does not; --trigger poll asks it for boards" \
  --trigger plug --ports tcp://127.0.0.1:1
refused '--label and --watch exclude each other: a label is for one board of one slot' --trigger enter --label 1=SN-1
refused '--insertions and --pace go with --sim and --watch, or --trigger poll' --sim 2 --insertions 2
refused '--insertions and --pace go with --sim and --watch, or --trigger poll' --watch --insertions 2
refused '--insertions and --pace go with --sim and --watch, or --trigger poll' --sim 1 --trigger enter --pace 2
refused '--insertions and --pace go with --sim and --watch, or --trigger poll' --sim 1 --trigger program --trigger-program true --insertions 1
refused '--pace takes 1 to 1000' --sim 1 --watch --pace 0
refused '--sim and --ports exclude each other' --sim 1 --ports /dev/null
refused '--sim takes 1 to 512 boards' --sim 513
refused '--fault, --fast, --flash-dir, --app-log and --hooks go with --sim' --fast
refused '--wall excludes --json, --plain and --silent' --wall --json
refused '--silent and --verbose exclude each other' --silent --verbose
refused '--once excludes --watch and --trigger' --once --watch
expect_status 2 "$espgang" run "$work/not-there.yaml" --sim 1 --mqtt mqtt://127.0.0.1:1
expect_equal 'events without a ledger' "$(cat "$work/err.log")" \
  "espgang: --mqtt and --webhook with --sim need --ledger: events wait for their receiver beside it; see 'espgang run --help'"
[ ! -e "$work/ledger.db" ] || fail 'a refusal has made a ledger'
