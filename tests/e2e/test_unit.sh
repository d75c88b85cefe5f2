#!/usr/bin/env bash
# Data for each single board: a serial from a pool of the ledger in the NVS of its flash, and which failures end the
# line.
build=$1; . "$(dirname "$0")/lib.sh"

make_job esp32 65536 'unit:' \
  '  serial: {pool: serials, format: "ACME-{:06d}"}' \
  '  values: {label: "{lot}/{serial:lower}"}' \
  '  nvs: {at: nvs, schema: nvs.csv, values: {serial: "{serial}", number: "{:d}", mac: "{mac}", token: "{token}"}}' \
  '  raw: {at: 0x1f0000, value: "{label}"}'
printf 'key,type,encoding\nfactory,namespace,\nserial,data,string\nnumber,data,u32\nmac,data,string\ntoken,data,string\n' \
  >"$work/nvs.csv"
{ # ten units
  echo serial,lot,token
  for n in $(seq 101 110); do echo "$n,L7,s3cret$n"; done
} >"$work/serials.csv"

# Without the pool no run begins, so nothing is left half done.
mkdir "$work/none"
expect_status 3 "$espgang" run "$work/job.yaml" --sim 1 --fast --ledger "$work/ledger.db" --batch none --flash-dir "$work/none"
cat "$work/out.log" "$work/err.log" >"$work/said.log"
expect_text "$work/said.log" 'there is no pool serials'
expect_equal 'an untouched flash' "$(cat "$work/none/"* 2>/dev/null | tr -d '\377' | wc -c)" 0

expect_status 0 "$espgang" pool import "$work/serials.csv" --pool serials --secret token --ledger "$work/ledger.db"
expect_status 0 "$espgang" check "$work/job.yaml" --ledger "$work/ledger.db"
expect_text "$work/out.log" 'serial: ACME-000001'
expect_text "$work/out.log" '0x00009000       24576  nvs'

# nvs_of FILE: print the NVS partition of a flash.
nvs_of() {
  head -c $((0xf000)) "$1" | tail -c $((0x6000)) >"$work/nvs.bin"
  "$espgang" nvs print "$work/nvs.bin"
}

# value_of KEY: print a value from the output of nvs_of.
value_of() {
  sed -nE "s/^  $1 +(string|u32) +\"?([^\"]*)\"?$/\2/p"
}

mkdir "$work/flash"
start_boards gang 12 --fast --chip esp32 --mac 02:65:67:00:00:01 --flash-dir "$work/flash"
ports_of() { # FIRST LAST: the options that name these boards
  for url in "${urls[@]:$(($1 - 1)):$(($2 - $1 + 1))}"; do printf -- '--ports\n%s\n' "$url"; done
}
mapfile -t eight < <(ports_of 1 8)
mapfile -t twelve < <(ports_of 1 12)
mapfile -t two < <(ports_of 1 2)

# A rehearsal shows the rows that boards would get, and takes none.
expect_status 0 "$espgang" run "$work/job.yaml" --sim 4 --fast --ledger "$work/ledger.db" --batch rehearsal
expect_equal 'rehearsed serials' "$(ledger "select group_concat(value, ' ') from
  (select value from run_value join runs on run = run_id where batch = 'rehearsal' and name = 'serial' order by value)")" \
  'ACME-000101 ACME-000102 ACME-000103 ACME-000104'
expect_equal 'rows taken by a rehearsal' "$(ledger "select count(*) from pool_event")" 0
expect_equal 'free rows' "$(ledger "select free from pools")" 10
expect_status 2 "$espgang" run "$work/job.yaml" "${eight[@]}" --ledger "$work/ledger.db" --batch rehearsal
expect_text "$work/err.log" 'batch rehearsal has simulated boards; name another batch for real ones'

expect_status 0 "$espgang" run "$work/job.yaml" "${eight[@]}" --ledger "$work/ledger.db" --batch eight
for board in 1 2 3 4 5 6 7 8; do
  mac=02:65:67:00:00:0$board
  serial=$(ledger "select value from run_value join runs on run = run_id where batch = 'eight' and mac = '$mac' and name = 'serial'")
  row=$(ledger "select key from pool_event join pool_row using (row_id) where state = 'consumed' and pool_event.mac = '$mac'")
  expect_equal "serial and row of board $board" "$serial" "ACME-000$row"
  nvs=$(nvs_of "$work/flash/board$board.bin")
  expect_equal "serial in the flash of board $board" "$(value_of serial <<<"$nvs")" "$serial"
  expect_equal "number in the flash of board $board" "$(value_of number <<<"$nvs")" "$row"
  expect_equal "MAC in the flash of board $board" "$(value_of mac <<<"$nvs")" "$mac"
  expect_equal "token in the flash of board $board" "$(value_of token <<<"$nvs")" "s3cret$row"
  expect_equal "label of board $board" "$(head -c $((0x1f000e)) "$work/flash/board$board.bin" | tail -c 14)" "L7/acme-000$row"
done
expect_equal 'serials' "$(ledger "select count(distinct row_id) from pool_event where state = 'consumed'")" 8
expect_equal 'secret columns on record' "$(ledger "select distinct value from run_value where name = 'token'")" ''
expect_equal 'labels on record' "$(ledger "select count(*) from run_value join runs on run = run_id where batch = 'eight' and name = 'label' and value like 'L7/acme-%'")" 8

# The same boards keep their serials; of four more boards, two find one.
expect_status 3 "$espgang" run "$work/job.yaml" "${twelve[@]}" --ledger "$work/ledger.db" --batch twelve
expect_text "$work/out.log" 'pool serials has no free row left'
expect_equal 'of twelve' "$(ledger "select outcome, code, count(*) from runs where batch = 'twelve' group by 1, 2 order by 1")" \
  $'error|pool-empty|2\npass|ok|10'
expect_equal 'the eight' "$(ledger "
  select count(distinct value) from run_value join runs on run = run_id
  where batch in ('eight', 'twelve') and name = 'serial' and mac <= '02:65:67:00:00:08'")" 8
expect_equal 'rows twice consumed' \
  "$(ledger "select count(*) from (select 1 from pool_event where state = 'consumed' group by row_id having count(*) > 1)")" 0
expect_equal 'rows consumed' "$(ledger "select count(*) from pool_event where state = 'consumed'")" 10

# A program makes keys, once per board; the values stay out of the records.
cat >"$work/make_key" <<'END'
#!/bin/sh
read -r question
echo "$question" >>"$(dirname "$0")/questions"
echo '{"key": "0123456789abcdef", "issue": 7}'
END
chmod +x "$work/make_key"
make_job esp32 65536 'unit:' '  generate: {program: ./make_key}' '  secret: key' \
  '  raw: {at: 0x1f0000, hex: "{key}{issue:02x}"}'
expect_status 0 "$espgang" run "$work/job.yaml" "${two[@]}" --ledger "$work/ledger.db" --batch keys
expect_equal 'questions' "$(wc -l <"$work/questions")" 2
expect_text "$work/questions" '"mac":"02:65:67:00:00:02"'
expect_equal 'key in the flash' "$(head -c $((0x1f0009)) "$work/flash/board2.bin" | tail -c 9 | od -An -tx1 | tr -d ' ')" 0123456789abcdef07
expect_equal 'key on record' "$(ledger "select distinct name, value from run_value join runs on run = run_id where batch = 'keys' order by 1")" \
  $'issue|7\nkey|'
printf '#!/bin/sh\necho oops\n' >"$work/make_key"
expect_status 1 "$espgang" run "$work/job.yaml" --sim 1 --fast --hooks --ledger "$work/ledger.db" --batch oops
expect_text "$work/out.log" 'unit: the answer of make_key is not JSON, see its line 1, column 4'
