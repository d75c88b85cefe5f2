#!/usr/bin/env bash
# Several jobs in one command: each board of a mixed tray gets the job that fits it, and is recorded under that job.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"

job() { # FOLDER CHIP [LINE...]
  mkdir "$1"
  work=$work/$1 make_job "$2" 65536 "${@:3}"
  sed -i "s/^job: .*/job: $1/" "$1/job.yaml"
}
job thirtytwo esp32
job three esp32c3
job sthree esp32s3

expect_status 0 "$espgang" check thirtytwo/job.yaml three/job.yaml sthree/job.yaml --ledger ledger.db
[ ! -e ledger.db ] || fail 'check made a ledger'
for name in thirtytwo three sthree; do expect_text out.log "job    $name 1.2.3"; done

# A tray inserted at once, and a line.
expect_status 0 "$espgang" run thirtytwo/job.yaml three/job.yaml sthree/job.yaml --sim 7 --fast --ledger ledger.db --batch tray
expect_text out.log '7 of 7 passed'
tally="select group_concat(job || ' ' || chip || ' ' || n, ';') from
  (select job, chip, count(*) as n from runs where outcome = 'pass' and batch = '%s' group by job, chip order by job)"
# shellcheck disable=SC2059
expect_equal 'a mixed tray' "$(ledger "$(printf "$tally" tray)")" 'sthree esp32s3 2;thirtytwo esp32 3;three esp32c3 2'
expect_equal sessions "$(ledger "select count(*) from session where batch = 'tray'")" 3
expect_status 0 "$espgang" run thirtytwo/job.yaml three/job.yaml sthree/job.yaml --sim 4 --fast --trigger poll --insertions 9 --pace 50 \
  --ledger ledger.db --batch line
# shellcheck disable=SC2059
expect_equal 'a line' "$(ledger "$(printf "$tally" line)")" 'sthree esp32s3 3;thirtytwo esp32 3;three esp32c3 3'
expect_status 0 "$espgang" run thirtytwo/job.yaml three/job.yaml --sim 2 --fast --ledger ledger.db --batch told --json
grep -q '"event":"batch-begin","job":"thirtytwo".*"jobs":\[{"job":"thirtytwo",.*},{"job":"three",' out.log || fail 'no list of jobs'
grep -q '"event":"result".*"slot":"sim:mixed/2".*"job":"three"' out.log || fail 'a result does not name its job'
expect_status 0 "$espgang" audit --ledger ledger.db

# A batch of these jobs accepts no other job, and other chips get none of them.
expect_status 2 "$espgang" run sthree/job.yaml --sim 1 --fast --ledger ledger.db --batch tray
expect_text err.log 'batch tray has runs of the job thirtytwo; name another batch for sthree'
start_boards boards 1 --chip esp32c6 --fast
expect_status 1 "$espgang" run thirtytwo/job.yaml three/job.yaml --ports "$(join_by_comma "${urls[@]}")" --ledger ledger.db --batch other
expect_equal 'a board without a job' "$(ledger "select code || ': ' || sentence || ' ' || chip from runs where batch = 'other'")" \
  'wrong-chip: the board is an ESP32-C6, the jobs are for ESP32, ESP32-C3 esp32c6'

# Two jobs for one board are refused before anything is touched; rules keep them apart.
job old esp32c3 'accept: {revision: "<0.4"}'
for command in check run; do
  expect_status 2 "$espgang" "$command" three/job.yaml old/job.yaml --ledger ledger.db
  expect_text err.log 'three/job.yaml and old/job.yaml: both may fit the same ESP32-C3; give them rules that exclude each other'
done
job new esp32c3 'accept: {revision: ">=0.4"}'
expect_status 0 "$espgang" run old/job.yaml new/job.yaml --sim 2 --fast --ledger ledger.db --batch revisions
expect_equal 'jobs by revision' "$(ledger "select group_concat(job) from runs where batch = 'revisions'")" new,new
