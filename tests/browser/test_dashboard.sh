#!/usr/bin/env bash
# The dashboard in a browser, during a line whose boards come, fail and go: readable in both colour schemes and at every width,
# usable by keyboard, quiet; and at the end its figures and tiles are those of the ledger. EG_DAY_INSERTIONS=2000 EG_DAY_SLOTS=64 is a
# day at the line: it ends after so many runs at least.
build=$1; . "$(dirname "$0")/../e2e/lib.sh"; . "$(dirname "$0")/../tools/espgang/dashboard/lib.sh"; . "$(dirname "$0")/lib.sh"
slots=${EG_DAY_SLOTS:-8} insertions=${EG_DAY_INSERTIONS:-0}

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  skip 'no Chromium here: the dashboard was looked at by nobody (Debian package chromium)'
command -v node >/dev/null || skip 'no Node.js here: Chromium cannot be asked'

make_job esp32c3 65536
begin_line --sim "$slots" --watch --insertions 0 --pace 40 --fast --seed 11 --fault '8%:lie' --fault '8%:lose@20000' --station line-2
mkdir "$work/look"
timeout $((280 + 2 * insertions)) node "$here/dashboard.mjs" "$chromium" "$url/" "$work/look" "$axe" >"$work/found.json" 2>"$work/look.log" &
children+=("$!")
looker=$!
wait_until 'the page was looked at' grep -q . "$work/look.log"
expect_equal 'what went wrong' "$(cat "$work/look.log")" looked
until [ "$(ledger 'select count(*) from runs')" -ge "$insertions" ] || ! kill -0 "$line" 2>/dev/null; do sleep 1; done
kill -INT "$line"
status=0
wait "$line" || status=$?
[ "$status" -le 1 ] || fail "the line ended with $status: $(cat "$work/line.err.log")"
wait "$looker" || fail "the page could not be looked at: $(cat "$work/look.log")"
[ -z "${EG_PICTURES-}" ] || cp "$work"/look/*.png "$EG_PICTURES"

found() { # PATH
  sqlite3 -batch :memory: "select json_extract(readfile('$work/found.json'), '\$.$1')"
}
[ -z "$axe" ] || expect_equal 'violations that axe-core finds' "$(found axe)" '[]'
for what in pale unnamed small wide outside complaints; do
  expect_equal "$what" "$(found "$what")" '[]'
done
expect_equal 'an arrow key goes to the next slot' "$(found second)" 1
expect_equal 'a slot opens and has the focus' "$(found opened)" 'Slot sim:esp32c3/2true'
expect_equal 'Escape closes it' "$(found closed)" 1

units=$(ledger 'select count(distinct mac) from runs where mac is not null')
passed=$(ledger "select count(*) from (select mac, outcome, max(run) from runs where mac is not null and code <> 'seen-before' group by mac)
  where outcome like 'pass%'")
expect_equal 'good' "$(found end.good)" "$passed"
expect_equal 'not good' "$(found end.bad)" $((units - passed))
expect_equal 'yield' "$(found end.yield)" "$(ledger "select printf('%.1f %%', 100.0 * $passed / $units)")"
expect_equal 'batch' "$(found end.batch)" day
expect_equal 'old news in colour' "$(found end.coloured)" 0
# A tile shows the result of the slot's last run.
sqlite3 -batch :memory: "select key || ' ' || value from json_each(readfile('$work/found.json'), '\$.end.tiles') where value not in ('empty', 'working')" |
  sort >"$work/tiles"
ledger "select slot || ' ' || outcome from (select slot, outcome, max(run) from runs group by slot)" | sort >"$work/runs"
expect_equal 'tiles that the ledger does not have' "$(comm -23 "$work/tiles" "$work/runs")" ''
expect_equal 'slots' "$(sqlite3 :memory: "select count(*) from json_each(readfile('$work/found.json'), '\$.end.tiles')")" "$slots"
[ "$insertions" = 0 ] || sed -n 's/.*"text":"\(the simulated hands put in [^"]*\)".*/\1/p' "$work/line.log"
