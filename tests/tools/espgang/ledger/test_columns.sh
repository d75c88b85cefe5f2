#!/usr/bin/env bash
# Columns on request: in their order, whole in CSV, and never wider than the window in text.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"
ledger=$work/ledger.db
export ESPGANG_LEDGER=$ledger
cd "$work"
"$build/tools/bench/make_ledger" 20 "$ledger" 7 20

expect_status 0 "$espgang" runs --columns all --csv
names=$(head -n 1 out.log | tr -d '\r')
expect_equal 'every column of the view and four more' "$(tr , '\n' <<<"$names" | sort | paste -sd ,)" \
  "$(ledger "SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_table_info('runs') UNION SELECT 'serial' UNION SELECT 'firmware'
    UNION SELECT 'written' UNION SELECT 'erased' ORDER BY name)")"
expect_status 0 "$espgang" units --columns mac,chip --csv
expect_equal 'their order' "$(head -n 1 out.log)" "$(printf 'mac,chip\r')"
expect_status 0 "$espgang" runs --columns "$names" --newest 1
expect_text out.log 'finish_order'
expect_status 2 "$espgang" runs --columns ''
expect_status 2 "$espgang" runs --columns run,
expect_status 2 "$espgang" runs --columns counted_as

# As wide as their values, in windows of several widths; a MAC is never cut, and what does not fit is one below the other.
command -v script >/dev/null || skip 'no script(1) here'
window() { # COLUMNS ARGUMENT...
  script -qec "stty cols $1; '$espgang' ${*:2}" /dev/null </dev/null | tr -d '\r' >wide.log
  widest=$(awk '{ if (length($0) > w) w = length($0) } END { print w }' wide.log)
  [ "$widest" -le "$1" ] || fail "a line of $widest in a window of $1: $(cat wide.log)"
}
mac=$(ledger "SELECT mac FROM runs WHERE run = 1")
for width in 60 80 200; do
  window $width units
  expect_text wide.log "$mac"
done
expect_text wide.log ' 08:00:0' # there is room for the time of day
expect_text wide.log 'MAC                OUTCOME'
window 80 units
expect_text wide.log "$mac  pass "
expect_text wide.log "  $(ledger "SELECT value FROM unit_values WHERE run = 1 AND name = 'serial'")  "
window 60 units
expect_text wide.log "mac       $mac"
window 200 runs --columns run,mac,started
expect_text wide.log "  1  $mac  "
window 60 runs --columns run,job_sha256,mac
expect_text wide.log "~  $mac"
