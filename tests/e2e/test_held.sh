#!/usr/bin/env bash
# While another program holds the ledger, boards wait and the line goes on.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"
stubs || skip 'no stubs in this build'

# The hook before the first board makes sqlite3 hold the ledger for three seconds.
cat >hold <<'SH'
#!/bin/sh
mkdir held 2>/dev/null || exit 0
setsid sh -c '{ echo "begin immediate;"; sleep 3; } | sqlite3 ledger.db' >/dev/null 2>&1 &
until grep -q . held/pid 2>/dev/null; do pgrep -x sqlite3 >held/pid; sleep 0.1; done
sleep 0.3
SH
chmod +x hold
make_job esp32 65536 'hooks: {before_board: ./hold, required: before_board}'
expect_status 0 "$espgang" run job.yaml --sim 2 --fast --hooks --json --ledger ledger.db --batch held
grep -q '"event":"warning".*"text":"process [0-9]* (sqlite3) holds ledger ledger.db: boards that need it wait, for 300 s at most"' out.log ||
  fail 'nobody says who holds the ledger'
grep -q '"event":"progress".*"slot":"sim:esp32/[12]".*"text":"waits for the ledger, which process [0-9]* (sqlite3) holds"' out.log ||
  fail 'no board is said to wait'
sed '/is free again/,$d' out.log >before.log
expect_text out.log 'ledger ledger.db is free again after '
! grep -q '"event":"outcome"' before.log || fail 'a board has an outcome that is not on record'
expect_equal 'boards' "$(ledger "select group_concat(outcome) from runs")" pass,pass
