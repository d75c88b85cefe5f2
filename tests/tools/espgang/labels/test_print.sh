#!/usr/bin/env bash
# Labels printed again, from the ledger; and a serial that is a printer's command.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"
cd "$work"
make_job esp32c3 65536 'unit: {serial: {format: "A^XA~{mac_nic:06d}"}}' 'label: {template: label.zpl}'
printf '^XA\n^FO1,1^A0N,30^FH^FD{serial}^FS^XZ\n' >label.zpl
expect_status 0 "$espgang" run job.yaml --sim 2 --fast --hooks --printer file:out --ledger ledger.db --batch first
expect_equal 'labels' "$(grep -o 'FD.*FS' out | sort | tr '\n' ' ')" 'FDA_5EXA_7E000001^FS FDA_5EXA_7E000002^FS '
expect_status 0 "$espgang" label --ledger ledger.db
expect_text out.log 'no label is missing'

# A good board shown again gets no second label; a person may print one, with a reason.
expect_status 0 "$espgang" run job.yaml --sim 1 --fast --hooks --printer file:out --ledger ledger.db --batch second --plain
expect_text out.log 'board 02:65:67:00:00:01 has its label since run'
expect_equal 'labels' "$(grep -c FD out)" 2
expect_status 2 "$espgang" label print 02:65:67:00:00:02 --ledger ledger.db
expect_text err.log 'missing option: --printer'
rm label.zpl
expect_status 1 "$espgang" label print 02:65:67:00:00:02 --ledger ledger.db --printer file:again
expect_text err.log 'is printed already; give a reason to print it again'
[ ! -s again ] || fail 'a label was printed again without a reason'
expect_status 0 "$espgang" label print 'A^XA~000002' --ledger ledger.db --printer file:again --reason torn --operator mira
expect_text again 'FDA_5EXA_7E000002^FS'
expect_equal 'the reprint on record' "$(ledger "select group_concat(state || ' ' || operator || ' ' || reason, ', ') from label_print where reason = 'torn'")" \
  'begun mira torn, printed mira torn'
expect_status 0 "$espgang" label --all --json --ledger ledger.db
python3 -c 'import json,sys; l=json.load(open("out.log"))["labels"]; assert sorted(x["prints"] for x in l) == [0, 1, 2], l'

# A board that fails afterwards gets none.
make_job esp32c3 65536
expect_status 1 "$espgang" run job.yaml --sim 1 --fast --fault lie --ledger ledger.db --batch third
expect_status 1 "$espgang" label print 02:65:67:00:00:01 --ledger ledger.db --printer file:again --reason please
expect_text err.log 'board 02:65:67:00:00:01 gets no label: its last run, 4, did not pass'
expect_status 2 "$espgang" label print 02:65:67:00:00:09 --ledger ledger.db --printer file:again
expect_text err.log "no run of a unit with MAC, serial, label or pool key '02:65:67:00:00:09'"
expect_status 2 "$espgang" label drop 02:65:67:00:00:01 --ledger ledger.db
expect_text err.log '--reason'
expect_status 0 "$espgang" audit --ledger ledger.db
