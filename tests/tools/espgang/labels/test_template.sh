#!/usr/bin/env bash
# Templates and printers of labels are checked before a board is touched.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"
cd "$work"
make_job esp32c3 65536 'label: {template: label.zpl}' 'unit: {serial: {pool: serials}, values: {sn: "A-{serial}"}, secret: [pin]}' \
  'test: [{expect: ok}]' 'capture: [{name: supply, pattern: "supply ([0-9.]+)"}]'
printf 'serial,lot,pin\n1,a,1234\n2,b,2345\n' >serials.csv
"$espgang" pool import serials.csv --ledger ledger.db >/dev/null
field() { # NAME
  printf '^XA\n^FO1,1^A0N,30^FH^FD{%s}^FS\n^XZ\n' "$1" >label.zpl
}
check() { expect_status "$1" "$espgang" check job.yaml --ledger ledger.db --printer file:out "${@:2}"; }
for name in serial sn lot mac label batch supply mac_nic:06x time; do
  field "$name"
  check 0
done
field lott
check 2
expect_text err.log 'label.zpl:2: has {lott}, which is none of mac, '
field pin
check 2
expect_text err.log 'label.zpl:2: has {pin}, which is secret'
printf '^XA\n^FO1,1^FD{serial}^FS\n^XZ\n' >label.zpl
check 2
expect_text err.log 'label.zpl:2: has {serial} in a field without ^FH'

# That of the station file or the command line is for jobs without one.
make_job esp32c3 65536
check 2
expect_text err.log 'job.yaml: printer file:out has nothing to print'
printf 'MAC {mack}\n' >label.txt
check 2 --label-template label.txt
expect_text err.log 'label.txt:1: has {mack}'
printf 'espgang_station: 1\nprinter: {to: "file:labels/all", template: label.txt}\n' >station.yaml
expect_status 2 env ESPGANG_STATION=station.yaml "$espgang" check job.yaml
expect_text err.log 'label.txt:1: has {mack}'
printf 'MAC {mac}\n' >label.txt
expect_status 0 env ESPGANG_STATION=station.yaml "$espgang" check job.yaml
expect_status 0 env ESPGANG_STATION=station.yaml "$espgang" station check
expect_text out.log 'printer: file:labels/all'
