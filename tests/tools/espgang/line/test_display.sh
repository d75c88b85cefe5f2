#!/usr/bin/env bash
# Output that is not read, or cannot be written, stops no board, and is kept in a file.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"
cd "$work"
stubs || skip 'no stubs in this build'

# The output is not read: the boards finish, and the unread output is in a file.
mkfifo pipe
exec 8<>pipe
head -c 64000 /dev/zero >&8
make_job esp32 65536
"$espgang" run job.yaml --sim 4 --fast --json --ledger ledger.db --batch unread >pipe 2>err.log || fail "status $?: $(cat err.log)"
file=$(sed -nE 's/^espgang: standard output: nobody reads it; what is missing there is in (ledger\.db-.*\.events)$/\1/p' err.log)
[ -f "$file" ] || fail "no file is named: $(cat err.log)"
expect_equal 'mode of the file' "$(stat -c %a "$file")" 600
expect_equal 'results in it' "$(grep -c '"event":"result"' "$file")" 4
tail -n 1 "$file" | grep -q '"event":"batch-end"' || fail "the last event is $(tail -n 1 "$file")"
expect_equal 'boards' "$(ledger "select count(*) from runs where batch = 'unread' and outcome = 'pass'")" 4
expect_equal audit "$("$espgang" audit --ledger ledger.db >/dev/null && echo whole)" whole

# So does Ctrl-C.
make_job esp32 65536 'test: {expect: never, timeout: 60s}'
"$espgang" run job.yaml --sim 1 --fast --plain --ledger ledger.db --batch stopped >pipe 2>err.log &
children+=($!)
until [ "$(ledger "select count(*) from runs where batch = 'stopped'")" = 1 ]; do sleep 0.1; done
kill -TERM $!
status=0; wait $! || status=$?
expect_equal 'the status when it is stopped' "$status" 130
expect_equal 'the outcome' "$(ledger "select outcome from runs where batch = 'stopped'")" aborted
exec 8>&-

# The reader has closed its end: no board is affected.
make_job esp32 65536
expect_status 3 bash -c '"$1" run job.yaml --sim 2 --fast --plain --ledger ledger.db --batch closed | true; exit ${PIPESTATUS[0]}' - "$espgang"
expect_text err.log 'espgang: standard output: Broken pipe; what is missing there is in ledger.db-'
expect_equal 'boards' "$(ledger "select count(*) from runs where batch = 'closed' and outcome = 'pass'")" 2
expect_status 3 bash -c '"$1" run job.yaml --sim 1 --fast --json --ledger ledger.db --batch full >/dev/full' - "$espgang"
expect_text err.log 'espgang: standard output: No space left on device; what is missing there is in ledger.db-'
