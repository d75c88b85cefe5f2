#!/usr/bin/env bash
# Labels from a scanner: in the order of the slots, after their slot, wrong ones, one twice, one at the wrong moment.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"
make_job esp32c3 65536 'label: {required: "yes", pattern: "ACME-[0-9]{6}"}'

scan() { # BATCH SLOTS LINE...: what was typed before the input ended is done
  local batch=$1 slots=$2
  shift 2
  printf '%s\n' "$@" | expect_status 0 "$espgang" run job.yaml --sim "$slots" --fast --trigger enter --ledger ledger.db --batch "$batch"
}

scan line 3 ACME-000001 ACME-000001 ACNE-1 '' 2 ACME-000002 ACME-000003
expect_text out.log 'label ACME-000001 is that of the board in slot sim:esp32c3/1, which is at work'
expect_text out.log "label 'ACNE-1' is not as label.pattern has it: ACME-[0-9]{6}; nothing was begun"
expect_text out.log 'the job requires a label: scan it'
expect_text out.log 'slot sim:esp32c3/2: scan the label of its board'
expect_equal 'labels by slot' "$(ledger "select group_concat(slot || ' ' || label || ' ' || outcome, ', ') from (select * from runs where batch = 'line' order by slot)")" \
  'sim:esp32c3/1 ACME-000001 pass, sim:esp32c3/2 ACME-000002 pass, sim:esp32c3/3 ACME-000003 pass'

scan moment 1 ACME-000011 ACME-000012 '1 ACNE' '1 ACME-000013'
expect_text out.log 'every slot is at work; scan ACME-000012 again when one is done'
expect_text out.log "slot sim:esp32c3/1: label 'ACNE' is not as label.pattern has it"
expect_text out.log 'slot sim:esp32c3/1 is at work; scan its board again when it is done'
expect_equal 'one board' "$(ledger "select group_concat(label) from runs where batch = 'moment'")" ACME-000011

# Without a scanner, a job that requires labels is refused, or its boards are.
expect_status 2 "$espgang" run job.yaml --sim 1 --watch --ledger ledger.db
expect_text err.log 'job.yaml requires a label of each board, which --trigger enter, program or api brings'
expect_status 1 "$espgang" run job.yaml --sim 2 --fast --label sim:esp32c3/1=ACME-000021 --ledger ledger.db --batch once
expect_equal 'with and without' "$(ledger "select group_concat(outcome || ' ' || coalesce(sentence, ''), ', ') from (select * from runs where batch = 'once' order by slot)")" \
  'pass , fail label: the board has no label, and the job requires one'

# Everything that shows a unit shows its label.
expect_status 0 "$espgang" history ACME-000002 --ledger ledger.db
expect_text out.log ACME-000002
expect_status 0 "$espgang" units --csv --ledger ledger.db
expect_text out.log ACME-000003
expect_status 0 "$espgang" report --batch line --csv line.csv --ledger ledger.db
head -n 1 line.csv | grep -qE ',label(,|.$)' || fail "no column for labels: $(head -n 1 line.csv)"
expect_text line.csv ACME-000001
"$espgang" run job.yaml --sim 1 --fast --label sim:esp32c3/1=ACME-000031 --json --ledger ledger.db --batch told >told.log
grep -q '"event":"result".*"label":"ACME-000031"' told.log || fail 'the result has no label'

# A MAC on the label is compared with the board's.
make_job esp32c3 65536 'label: {equals: "{mac}"}'
expect_status 1 "$espgang" run job.yaml --sim 2 --fast --label sim:esp32c3/1=026567000001 --label sim:esp32c3/2=026567000009 \
  --ledger ledger.db --batch macs
expect_equal 'labels with a MAC' "$(ledger "select group_concat(outcome) from (select * from runs where batch = 'macs' order by slot)")" pass,fail
expect_status 0 "$espgang" audit --ledger ledger.db
