#!/usr/bin/env bash
# The HTML report in a browser: no line is wider than the page, on a desktop or a phone; every chart has a name, a
# description and room for its labels; nothing is loaded from elsewhere; the console stays empty. Checked for a batch
# and for an empty report.
build=$1; . "$(dirname "$0")/../e2e/lib.sh"; . "$(dirname "$0")/lib.sh"

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  skip 'no Chromium here: the report was looked at by nobody (Debian package chromium)'
command -v node >/dev/null || skip 'no Node.js here: Chromium cannot be asked'

look() { # LEDGER NAME ARGUMENT...
  mkdir -p "$work/$2"
  "$espgang" report --ledger "$1" "${@:3}" --html "$work/$2.html" --target 97 --title 'Lamp <1>' --customer 'ACME & Söhne'
  timeout 240 node "$here/look.mjs" "$chromium" "$work/$2.html" "$work/$2" "$axe" >"$work/$2.json" 2>"$work/$2.log" ||
    fail "the page of $2 could not be looked at: $(cat "$work/$2.log")"
}
found() { # BATCH PATH
  sqlite3 -batch :memory: "select json_extract(readfile('$work/$1.json'), '\$.$2')"
}

make_job esp32c3 65536
expect_status 0 "$espgang" run "$work/job.yaml" --sim 1 --fast --ledger "$work/ledger.db" --batch one --plain
sed 's/@N@/300/' "$here/fill.sql" | sqlite3 -batch -bail "$work/ledger.db"
ledger "insert into session (job_id, started_utc, station, operator, batch, job_path, tool_version)
  select job_id, started_utc, station, operator, 'none', job_path, tool_version from session limit 1"

cp "$work/ledger.db" "$work/trend.db" # the same over twelve days
sqlite3 "$work/trend.db" "DROP TRIGGER outcome_keeps;
  UPDATE outcome SET finished_utc = strftime('%Y-%m-%dT%H:%M:%S.000Z', finished_utc, '+' || (run_id % 12) || ' days')"

for batch in big one none trend; do
  if [ $batch = trend ]; then look "$work/trend.db" trend --since 2020-01-01 --by day; else look "$work/ledger.db" "$batch" --batch "$batch"; fi
  for width in 1920 1280 390; do
    [ "$(found "$batch" "widths.\"$width\".page")" -le "$width" ] || fail "$batch: the page is wider than $width: $(cat "$work/$batch.json")"
    [ "$(found "$batch" "widths.\"$width\".figures")" -le "$width" ] || fail "$batch: a chart is cut off at $width"
  done
  for what in unnamed requests complaints; do
    expect_equal "$batch: $what" "$(found "$batch" "$what")" 0
  done
  expect_equal "$batch: ids that are there twice" "$(found "$batch" twice)" '[]'
  [ -z "$axe" ] || expect_equal "$batch: violations that axe-core finds" "$(found "$batch" axe)" '[]'
done
[ "$(found big charts)" -ge 15 ] || fail "only $(found big charts) charts"
expect_equal 'the script of the table' "$(found big script.all) $(found big script.one) $(found big script.up) $(found big script.down)" \
  "$(ledger "select count(distinct mac) + (select count(*) from runs where batch = 'big' and mac is null) from runs where batch = 'big'") 1 1 1"

# Print to PDF with Chromium.
expect_status 0 "$espgang" report --ledger "$work/ledger.db" --batch one --pdf "$work/one.pdf"
expect_equal 'a PDF' "$(head -c 5 "$work/one.pdf")" '%PDF-'
if command -v pdftotext >/dev/null; then
  pdftotext -layout "$work/one.pdf" "$work/one.txt"
  pages=$(grep -c ' of [0-9]*$' "$work/one.txt")
  expect_equal 'numbered pages' "$(grep -o '[0-9]* of [0-9]*$' "$work/one.txt" | tail -n 1)" "$pages of $pages"
  expect_equal 'pages with nothing on them' "$(awk 'BEGIN { RS = "\f" } NF > 0 && NF < 12' "$work/one.txt")" ''
  expect_text "$work/one.txt" 'Batch one'
  ! grep -q "^ *Result " "$work/one.txt" || fail "a batch without exceptions has a table of them in print"
else
  echo 'SKIPPED: no pdftotext here (Debian package poppler-utils); the pages of the PDF were not read' >&2
fi
