#!/usr/bin/env bash
# A ledger is audited, its batches are sealed, and its old logs purged.
build=$1; . "$(dirname "$0")/lib.sh"
ledger=$work/ledger.db
cd "$work"

refused() { # STATUS SENTENCE COMMAND...
  local status=$1 sentence=$2
  shift 2
  expect_status "$status" "$@"
  expect_equal "standard error of '$*'" "$(cat "$work/err.log")" "$sentence"
  expect_equal "standard output of '$*'" "$(cat "$work/out.log")" ''
}

refused 2 "espgang: unexpected argument 'x'; see 'espgang audit --help'" "$espgang" audit x
refused 2 "espgang: missing option: --batch NAME; see 'espgang seal --help'" "$espgang" seal
refused 2 "espgang: sealing batch first cannot be undone; add --yes; see 'espgang seal --help'" "$espgang" seal --batch first
refused 2 "espgang: missing option: --before DATE; see 'espgang purge --help'" "$espgang" purge --yes
refused 2 "espgang: missing option: --reason TEXT, which goes on record; see 'espgang purge --help'" "$espgang" purge --before 2020-01-01 --yes
refused 3 "espgang: ledger $ledger: opening it: No such file or directory" "$espgang" audit --ledger "$ledger"
refused 2 "espgang: 'soon' is no time; write 2026-11-23, or with a time of day 2026-11-23T08:24:00Z, both UTC" \
  "$espgang" purge --before soon --ledger "$ledger"

make_job esp32 65536
expect_status 0 "$espgang" run job.yaml --sim 2 --fast --ledger "$ledger" --batch first --operator mira
expect_status 0 "$espgang" run job.yaml --sim 1 --fast --ledger "$ledger" --batch second
expect_status 0 "$espgang" audit --ledger "$ledger"
chain=$(ledger 'SELECT hash FROM chain ORDER BY chain_id DESC LIMIT 1')
expect_equal audit "$(cat out.log)" "3 runs in the chain, whole and untouched
chain $chain
journal $(ledger 'SELECT hash FROM journal ORDER BY entry_id DESC LIMIT 1'), 3 entries"
expect_status 0 "$espgang" audit --ledger "$ledger" --batch second
expect_equal 'audit of a batch' "$(tail -n 1 out.log)" 'batch second is not sealed'
refused 3 "espgang: ledger $ledger: has no batch third" "$espgang" audit --ledger "$ledger" --batch third

# A sealed batch takes no more runs, and the audit names the key of the seal.
expect_status 0 "$espgang" sign --new-key station.pem
key=$(sed -n 's/^key //p' out.log)
expect_status 0 "$espgang" seal --batch first --yes --key station.pem --operator jo --ledger "$ledger"
journal=$(ledger 'SELECT hash FROM journal ORDER BY entry_id DESC LIMIT 1')
expect_equal seal "$(cat out.log)" "batch first is sealed: 2 runs, 2 units that passed
signed by key $key
runs $(ledger 'SELECT runs_sha256 FROM seal')
journal $journal"
hashes=$(ledger "SELECT group_concat(hash, char(10)) FROM (SELECT hash FROM chain WHERE run_id < 3 ORDER BY chain_id)")
expect_equal 'digest of the runs' "$(printf '%s\n' "$hashes" | sha256sum | cut -d' ' -f1)" "$(ledger 'SELECT runs_sha256 FROM seal')"
utc=$(ledger 'SELECT sealed_utc FROM seal')
refused 2 "espgang: ledger $ledger: batch first was sealed at $utc by jo and takes no more runs" \
  "$espgang" run job.yaml --sim 1 --fast --ledger "$ledger" --batch first
refused 2 "espgang: ledger $ledger: batch first was sealed at $utc by jo and takes no more runs" \
  "$espgang" seal --batch first --yes --ledger "$ledger"
refused 3 "espgang: ledger $ledger: has no batch third" "$espgang" seal --batch third --yes --ledger "$ledger"
expect_equal 'runs after a refusal' "$(ledger 'SELECT count(*) FROM run')" 3
expect_status 0 "$espgang" audit --ledger "$ledger" --batch first
expect_equal 'audit of a sealed batch' "$(cat out.log)" "3 runs in the chain, whole and untouched
chain $chain
journal $journal, 4 entries
batch first: 2 runs and 2 units that passed, sealed at $utc by jo, signed by key $key"
expect_status 0 "$espgang" audit --ledger "$ledger" --json
expect_equal 'audit as JSON' "$(cat out.log)" "{\"espgang\":\"audit\",\"version\":1,\"whole\":true,\"bad\":null,\"runs\":3,\"unfinished\":0,\"chain\":\"$chain\",\
\"journal\":\"$journal\",\"entries\":4,\"purged_logs\":0,\"seals\":[{\"batch\":\"first\",\"runs\":2,\"passed\":2,\"units\":2,\
\"sealed\":\"$utc\",\"operator\":\"jo\",\"key\":\"$key\"}]}"

# A purge that removes nothing is not recorded.
expect_status 0 "$espgang" purge --before 2020-01-01 --ledger "$ledger"
expect_equal purge "$(cat out.log)" \
  '0 logs with 0 bytes, of runs that ended before 2020-01-01T00:00:00.000Z, would be removed; add --reason TEXT and --yes'
expect_status 0 "$espgang" purge --before 2020-01-01 --reason old --yes --ledger "$ledger"
expect_equal purges "$(ledger 'SELECT count(*) FROM purge')" 0

# A changed row is found, even if the triggers were dropped and restored.
trigger=$(ledger "SELECT sql FROM sqlite_master WHERE name = 'outcome_keeps'")
ledger "DROP TRIGGER outcome_keeps; UPDATE outcome SET outcome = 'fail' WHERE run_id = 2; $trigger"
refused 1 'espgang: outcome of run 2 is not what was recorded: a row was changed' "$espgang" audit --ledger "$ledger"
expect_status 1 "$espgang" audit --ledger "$ledger" --json
expect_text out.log '"whole":false,"bad":{"table":"outcome","number":2,"text":"outcome of run 2 is not what was recorded: a row was changed"}'
