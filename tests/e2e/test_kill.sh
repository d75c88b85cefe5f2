#!/usr/bin/env bash
# kill -9 in mid-run, then a new run: unfinished runs are closed as aborted, no run is lost or doubled. Ctrl-C: the
# program does the same itself.
build=$1; . "$(dirname "$0")/lib.sh"

make_job esp32 1048576 # many seconds of writing
begin_run() { # BATCH: starts a run and waits until every board is being written
  : >"$work/$1.log"
  "$espgang" run "$work/job.yaml" --sim 8 --ledger "$work/ledger.db" --batch "$1" --json >"$work/$1.log" 2>&1 &
  pid=$!
  children+=("$pid")
  while kill -0 "$pid" 2>/dev/null; do
    [ "$(grep -c '"event":"stage-begin".*"stage":"write"' "$work/$1.log" || true)" -ge 8 ] && return
    sleep 0.05
  done
  fail "the run never came to writing: $(cat "$work/$1.log")"
}

begin_run killed
kill -9 "$pid"
wait "$pid" || true
expect_equal 'runs begun' "$(ledger "select count(*) from runs where batch = 'killed'")" 8
expect_equal 'runs without an end' "$(ledger "select count(*) from runs where outcome = 'unfinished'")" 8

expect_status 0 "$espgang" run "$work/job.yaml" --sim 2 --fast --ledger "$work/ledger.db" --batch next
expect_text "$work/err.log" '8 runs of a program that was killed closed as aborted'
expect_equal 'closed runs' "$(ledger "select count(*), min(outcome), max(outcome) from runs where batch = 'killed'")" '8|aborted|aborted'
expect_equal 'MACs kept' "$(ledger "select count(distinct mac) from runs where batch = 'killed'")" 8
expect_equal integrity "$(ledger 'pragma integrity_check')" ok
expect_status 0 "$espgang" run "$work/job.yaml" --sim 2 --fast --ledger "$work/ledger.db" --batch last
[ ! -s "$work/err.log" ] || fail "closed twice: $(cat "$work/err.log")"

begin_run interrupted
status=0
kill -INT "$pid"
wait "$pid" || status=$?
expect_equal 'status after Ctrl-C' "$status" 130
expect_equal 'aborted by Ctrl-C' "$(ledger "select count(*), min(outcome), min(code), max(code) from runs where batch = 'interrupted'")" \
  '8|aborted|cancelled|cancelled'

# timeout(1) sends its signal twice and a closed session sends SIGHUP twice: both count as one request.
begin_run twice
status=0
for signal in TERM HUP TERM INT; do kill -"$signal" "$pid" 2>/dev/null || true; done
wait "$pid" || status=$?
expect_equal 'status after two signals at once' "$status" 130
expect_equal 'aborted by two signals' "$(ledger "select count(*), min(code), max(code) from runs where batch = 'twice'")" \
  '8|cancelled|cancelled'

# Under nohup, SIGHUP is ignored.
expect_status 0 env --ignore-signal=HUP bash -c '"$@" & sleep 0.5; kill -HUP $!; wait $!' - \
  "$espgang" run "$work/job.yaml" --sim 1 --ledger "$work/ledger.db" --batch nohup

# Another line goes on at the same time, and closes none of its runs; a command that needs the ledger alone is refused.
begin_run first
expect_status 0 "$espgang" run "$work/job.yaml" --sim 1 --fast --ledger "$work/ledger.db" --batch beside
expect_equal 'runs that go on' "$(ledger "select count(*) from runs where batch = 'first' and outcome = 'unfinished'")" 8
expect_status 3 "$espgang" seal --batch first --yes --ledger "$work/ledger.db"
expect_text "$work/err.log" 'a line records into batch first and must end before it can be sealed'
expect_status 0 "$espgang" seal --batch beside --yes --ledger "$work/ledger.db"
expect_status 3 "$espgang" purge --before 2026-01-01 --reason room --yes --ledger "$work/ledger.db"
expect_text "$work/err.log" "process $pid ($(cat "/proc/$pid/comm")) records into it"
kill -INT "$pid"
wait "$pid" || true
