#!/usr/bin/env bash
# A value that belongs to one board is refused for another before anything is erased: serials, labels, unique columns of
# pools, and the MAC itself.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"
blank() { [ "$(tr -d '\377' <"$1" | wc -c)" -eq 0 ] || fail "$1 is not blank"; }
run_on() { # STATUS BATCH BOARD OPTION...
  local wanted=$1 batch=$2 board=$3
  shift 3
  expect_status "$wanted" "$espgang" run job.yaml --ports "${urls[$((board - 1))]}" --plain --ledger ledger.db --batch "$batch" "$@"
}

mkdir flash
start_boards gang 5 --fast --chip esp32 --mac 24:0a:c4:00:00:01 --flash-dir "$work/flash" --fault 4:mac=1
printf 'key,type,encoding\nfactory,namespace,\nserial,data,string\n' >nvs.csv
nvs='  nvs: {at: nvs, schema: nvs.csv, values: {serial: "{serial}"}}'
printf 'serial\n0001\n' >a.csv
printf 'number\n1\n2\n3\n' >b.csv
printf 'number\n1\n' >one.csv
printf 'serial,key\n7,SAME\n' >k.csv
printf 'serial,key\n8,SAME\n' >l.csv
for pool in a b one; do expect_status 0 "$espgang" pool import $pool.csv --ledger ledger.db; done
for pool in k l; do expect_status 0 "$espgang" pool import $pool.csv --secret key --ledger ledger.db; done

# The same serial from another pool, in another format.
make_job esp32 65536 'unit:' '  serial: {pool: a, format: "ACME-{}"}' "$nvs"
run_on 0 first 1
make_job esp32 65536 'unit:' '  serial: {pool: one, format: "ACME-{:04d}"}' "$nvs"
run_on 1 second 2
expect_text out.log 'unit: pool one has no other row: serial ACME-0001 belongs to board 24:0a:c4:00:00:01 since run 1'
expect_equal 'the refusal' "$(ledger "select outcome, code, mac from runs where batch = 'second'")" 'error|not-unique|24:0a:c4:00:00:02'
blank flash/board2.bin
expect_status 0 "$espgang" duplicates --ledger ledger.db
make_job esp32 65536 'unit:' '  serial: {pool: b, format: "ACME-{:04d}"}' "$nvs"
expect_status 1 "$espgang" run job.yaml --sim 2 --fast --plain --ledger ledger.db --batch rehearsed
expect_text out.log '1 of 2 passed' # the line goes on with the next row
expect_equal 'the serial instead' "$(ledger "select value from unit_values where name = 'serial' and batch = 'rehearsed'")" ACME-0003
run_on 1 'passed over' 5
expect_text out.log 'unit: pool b: serial ACME-0001 belongs to board 24:0a:c4:00:00:01 since run 1; the next run gets another row'
blank flash/board5.bin
run_on 0 'by another program' 5 # who was refused once is not refused for ever
make_job esp32 65536 'unit:' '  serial: {pool: a, format: "ACME-{}"}' "$nvs"
run_on 0 third 1 # it keeps its own

# The same secret in two pools.
make_job esp32 65536 'unit:' '  serial: {pool: k}' '  raw: {at: 0x1f0000, value: "{key}"}'
run_on 0 fourth 1
make_job esp32 65536 'unit:' '  serial: {pool: l}' '  raw: {at: 0x1f0000, value: "{key}"}'
run_on 1 fifth 2
expect_text out.log 'unit: pool l has no other row: the value of key, which is secret, belongs to board 24:0a:c4:00:00:01'
! grep -q SAME out.log || fail 'the secret is shown'
expect_equal 'the secret in claims' "$(ledger "select count(*) from run_claim where value like '%SAME%'")" 0
blank flash/board2.bin

# Declared columns: unique ones hold each value once, in the pool and on all boards; shared secrets may repeat.
printf 'serial,token\n21,T\n22,T\n' >u.csv
expect_status 2 "$espgang" pool import u.csv --unique token --ledger ledger.db
expect_text err.log 'u.csv:3:'
expect_status 0 "$espgang" pool import u.csv --ledger ledger.db
printf 'serial,token\n31,SAID\n' >v.csv
printf 'serial,token\n32,SAID\n' >w.csv
for pool in v w; do expect_status 0 "$espgang" pool import $pool.csv --unique token --ledger ledger.db; done
make_job esp32 65536 'unit:' '  serial: {pool: v}' '  raw: {at: 0x1f0000, value: "{token}"}'
run_on 0 declared 1
make_job esp32 65536 'unit:' '  serial: {pool: w}' '  raw: {at: 0x1f0000, value: "{token}"}'
run_on 1 'declared again' 2
expect_text out.log 'unit: pool w has no other row: token SAID belongs to board 24:0a:c4:00:00:01'
blank flash/board2.bin
printf 'serial,batch_key\n41,COMMON\n42,COMMON\n' >s.csv
expect_status 2 "$espgang" pool import s.csv --secret batch_key --ledger ledger.db
! grep -q COMMON err.log || fail 'the secret is shown'
expect_status 0 "$espgang" pool import s.csv --secret batch_key --shared batch_key --ledger ledger.db
expect_status 2 "$espgang" pool import s.csv --pool both --unique batch_key --shared batch_key --ledger ledger.db
expect_text err.log 'both unique and shared'

# A value from a hook, which the job declares unique.
printf '#!/bin/sh\ncat >/dev/null\necho '\''{"device_id": "D-1"}'\''\n' >make_id
chmod +x make_id
make_job esp32 65536 'unit:' '  generate: {program: ./make_id}' '  unique: device_*' '  raw: {at: 0x1f0000, value: "{device_id}"}'
expect_status 1 "$espgang" run job.yaml --ports "${urls[0]}" --ports "${urls[1]}" --plain --ledger ledger.db --batch sixth
expect_equal 'boards with one id at the same moment' "$(ledger "select outcome, code from runs where batch = 'sixth' order by 1")" \
  $'error|not-unique\npass|ok'

# A label.
make_job esp32 65536
run_on 0 seventh 1 --label "${urls[0]}=L7"
run_on 1 eighth 3 --label "${urls[2]}=L7"
expect_text out.log 'admit: label L7 belongs to board 24:0a:c4:00:00:01'
blank flash/board3.bin
expect_status 0 "$espgang" history L7 --ledger ledger.db
expect_text out.log '24:0a:c4:00:00:01'
! grep -q '24:0a:c4:00:00:03' out.log || fail 'history L7 shows the board that was refused'

# A clone: the MAC of board 1 with another flash.
run_on 1 ninth 4
expect_equal clone "$(ledger "select outcome, code from runs where batch = 'ninth'")" 'fail|clone'
expect_text out.log 'MAC 24:0a:c4:00:00:01 with flash'
blank flash/board4.bin
expect_status 1 "$espgang" duplicates --ledger ledger.db
expect_text out.log 'flashes-of-mac'
make_job esp32 65536 'accept: {clones: allow}'
run_on 0 tenth 4

# Boards of one MAC in two programs at the same time: neither passes, as in one.
cat >linger <<'END'
#!/bin/sh
touch begun
until [ -e refused ]; do sleep 0.1; done
echo '{"id": "x"}'
END
chmod +x linger
make_job esp32 65536 'accept: {clones: allow}' 'unit: {generate: {program: ./linger}}'
"$espgang" run job.yaml --ports "${urls[0]}" --plain --ledger ledger.db --batch twins >first.log 2>&1 &
children+=("$!")
until [ -e begun ] || ! kill -0 "${children[-1]}" 2>/dev/null; do sleep 0.1; done
run_on 1 twins 4
touch refused
! wait "${children[-1]}" || fail 'the first of two boards with one MAC has passed'
expect_equal 'boards of one MAC in two programs' "$(ledger "select distinct outcome, code from runs where batch = 'twins'")" 'fail|duplicate-mac'
expect_text out.log "admit: the board in slot ${urls[0]} of station"
expect_text first.log ": the board in slot ${urls[3]} of station"
expect_status 0 "$espgang" audit --ledger ledger.db

# A format that gives every board the same value.
make_job esp32 65536 'unit:' '  serial: {format: "ACME-{job}-{date}"}' "$nvs"
expect_status 2 "$espgang" check job.yaml
expect_text err.log 'job.yaml:8:20: unit.serial.format "ACME-{job}-{date}" has no name that differs from board to board'
