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

# In a window of 60 columns, and of 200.
command -v script >/dev/null || skip 'no script(1) here'
for width in 60 200; do
  script -qec "stty cols $width; '$espgang' units" /dev/null </dev/null | tr -d '\r' >wide.log
  widest=$(awk '{ if (length($0) > w) w = length($0) } END { print w }' wide.log)
  [ "$widest" -le "$width" ] || fail "a line of $widest in a window of $width"
  [ "$width" = 60 ] || expect_text wide.log ' 08:00:0' # there is room for the time of day
done
