#!/usr/bin/env bash
# Questions of `check` to the ledger. `run` asks the same before it touches a board.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"

refused() { # STATUS TEXT ARGUMENT...: by check and by run, on record nowhere
  local status=$1 text=$2
  shift 2
  expect_status "$status" "$espgang" check job.yaml "$@"
  expect_text err.log "$text"
  expect_status "$status" "$espgang" run job.yaml --ports "$url" "$@"
  expect_text err.log "$text"
  [ "$(tr -d '\377' <flash/board1.bin | wc -c)" -eq 0 ] || fail 'the board was touched'
}

mkdir flash
start_boards boards 1 --fast --chip esp32 --flash-dir "$work/flash"
url=${urls[0]}
make_job esp32 65536
refused 3 'ledger gone/ledger.db: folder gone is not there; make it, mount it, or name another ledger' --ledger gone/ledger.db
expect_status 0 "$espgang" check job.yaml --ledger new.db
[ ! -e new.db ] || fail 'check made a ledger'

printf 'serial,lot\nA1,L7\n' >serials.csv
expect_status 0 "$espgang" pool import serials.csv --ledger ledger.db
cp ledger.db newer.db
sqlite3 newer.db 'pragma user_version = 99'
refused 3 'ledger newer.db: has schema version 99, newer than ' --ledger newer.db
cp ledger.db changed.db
sqlite3 changed.db 'drop trigger run_stays'
refused 3 'ledger changed.db: trigger run_stays of table run is missing' --ledger changed.db
if [ "$(id -u)" -eq 0 ]; then # a superuser may write everywhere, so somebody else asks
  chmod -R a+rX "$work"
  chmod 644 ledger.db
  expect_status 3 setpriv --reuid=65534 --regid=65534 --clear-groups "$espgang" check job.yaml --ledger ledger.db
  expect_text err.log 'ledger ledger.db: '
  expect_text err.log ': Permission denied'
fi

# The job's templates must match the pool's columns.
make_job esp32 65536 'unit:' '  serial: {pool: serials}' '  raw: {at: 0x1f0000, value: "{serial} {batch}"}'
refused 2 'unit.raw.value has {batch}, which is none of ' --ledger ledger.db
make_job esp32 65536 'unit:' '  serial: {pool: serials, format: "ACME-{:06d}"}' '  raw: {at: 0x1f0000, value: "{serial}"}'
refused 2 'job.yaml:8:' --ledger ledger.db
expect_text err.log 'unit.serial.format has {:06d}, but the first column is no whole number'
make_job esp32 65536 'unit:' '  serial: {pool: serials}' '  values: {lot: "7"}' '  raw: {at: 0x1f0000, value: "{serial}"}'
refused 2 'unit.values has the name lot, which is there already' --ledger ledger.db
make_job esp32 65536 'unit:' '  serial: {pool: serials}' '  raw: {at: 0x1f0000, value: "{serial} {lot}"}'
expect_status 0 "$espgang" check job.yaml --ledger ledger.db

# A pool with fewer rows than boards, and a batch of simulated boards.
stubs || exit 0
expect_status 3 "$espgang" run job.yaml --sim 2 --fast --ledger ledger.db --batch rehearsed
expect_text err.log 'pool serials has 1 free row for 2 boards'
refused 2 'batch rehearsed has simulated boards; name another batch for real ones' --ledger ledger.db --batch rehearsed
