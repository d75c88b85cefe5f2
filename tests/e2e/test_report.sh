#!/usr/bin/env bash
# Reports of batches really run, on simulated boards with faults, in every format; each is read by a program that shares
# no code with espgang.
build=$1; . "$(dirname "$0")/lib.sh"
xsd=$(dirname "$0")/../reports/junit.xsd

report() { # WANTED ARGUMENT...
  local wanted=$1
  shift
  expect_status "$wanted" "$espgang" report --ledger "$work/ledger.db" "$@"
}

make_job esp32c3 65536 'retry: {attempts: 2}' 'test: {expect: "OK", timeout: 60s}' \
  'report: {customer: "A & <B>", target: 90, logo: logo.svg}' 'capture:' '  - {name: supply, pattern: "supply=([0-9.]+)", unit: V, least: 3.0, most: 3.6}'
printf '<svg xmlns="http://www.w3.org/2000/svg"/>' >"$work/logo.svg"
printf 'supply=3.31\nOK\n' >"$work/app.log"
expect_status 1 "$espgang" run "$work/job.yaml" --sim 6 --fast --ledger "$work/ledger.db" --batch 'a "b" <c>' --plain \
  --station 'line & 3' --app-log "$work/app.log" --fault 2:lie --fault 3:stuck@0x10000.0=0 --fault 4:app-panicx1
report 0 --html "$work/b.html" --csv "$work/b.csv" --json "$work/b.json" --junit "$work/b.xml"

# SQLite reads the CSV and the JSON: they agree with the ledger.
sqlite3 -batch "$work/csv.db" ".import --csv $work/b.csv runs"
columns='run || slot || mac || outcome || coalesce(code, 0) || coalesce(sentence, 0) || attempts'
expect_equal 'rows of the CSV' "$(sqlite3 -batch "$work/csv.db" "select $columns from runs order by run + 0")" \
  "$(ledger "select $columns from runs order by run")"
expect_equal 'values of the CSV' \
  "$(sqlite3 -batch "$work/csv.db" 'select count(*) from runs where "measured:supply" = 3.31')" \
  "$(ledger "select count(*) from measurements where number = 3.31 and value = '3.31' and unit = 'V'")"
expect_equal 'limits of the CSV' \
  "$(sqlite3 -batch "$work/csv.db" 'select distinct "measured:supply:unit", "measured:supply:lower", "measured:supply:upper" from runs where "measured:supply" <> '"''")" \
  "$(ledger "select distinct unit, printf('%g', lower), upper from measurements")"
json() { # SQL over `report`
  sqlite3 -batch :memory: "with report as (select readfile('$work/b.json') as r) select $1"
}
expect_equal 'the JSON' "$(json "json_valid(r) || json_extract(r, '\$.espgang') || json_extract(r, '\$.version') from report")" \
  '1report2'
expect_equal 'units of the JSON' "$(json "json_extract(r, '\$.batch.units') from report")" 6
expect_equal 'retries of the JSON' "$(json "json_extract(r, '\$.batch.retries') from report")" \
  "$(ledger 'select sum(attempts - 1) from runs')"
expect_equal 'failures of the JSON' \
  "$(json "group_concat(json_extract(value, '\$.code') || json_extract(value, '\$.runs')) from (select value from report, json_each(r, '\$.failures') order by json_extract(value, '\$.code'))")" \
  "$(ledger "select group_concat(code || n) from (select code, count(*) as n from runs where outcome not like 'pass%' group by code order by code)")"
expect_equal 'slots of the JSON' "$(json "count(*) from report, json_each(r, '\$.slots')")" 6

# The HTML names the cause of each failure, and the batch as text.
expect_text "$work/b.html" '<h1>Batch <bdi>a &quot;b&quot; &lt;c&gt;</bdi></h1>'
# What the job says of its reports is in a report that is made later.
expect_text "$work/b.html" '<bdi>A &amp; &lt;B&gt;</bdi>'
expect_text "$work/b.html" 'src="data:image/svg+xml;base64,'
expect_text "$work/b.html" 'Below target'
for code in flash-not-written flash-stuck-bits; do
  expect_text "$work/b.html" ", <code>$code</code><br>"
done

# JUnit: the schema, and the numbers of the ledger.
if command -v xmllint >/dev/null; then
  xmllint --noout --schema "$xsd" "$work/b.xml" 2>"$work/xml.log" || fail "not valid: $(cat "$work/xml.log")"
  expect_equal 'failures of the JUnit report' "$(xmllint --xpath 'count(//failure) + count(//error)' "$work/b.xml")" \
    "$(ledger "select count(*) from runs where outcome in ('fail', 'error')")"
  expect_equal 'numbers of the JUnit report' \
    "$(xmllint --xpath 'count(//testcase[properties/property[@name="measured:supply" and @value="3.31"] and properties/property[@name="measured:supply:unit" and @value="V"] and properties/property[@name="measured:supply:lower" and @value="3"] and properties/property[@name="measured:supply:upper" and @value="3.6"]])' "$work/b.xml")" \
    "$(ledger "select count(*) from measurements where number = 3.31 and unit = 'V' and lower = 3 and upper = 3.6")"
  report 0 --junit "$work/slots.xml" --junit-name slot
  expect_equal 'names by slot' "$(xmllint --xpath 'string(//testcase[1]/@name)' "$work/slots.xml")" "$(ledger 'select slot from runs where run = 1')"
  expect_equal 'classes' "$(xmllint --xpath 'count(//testcase[@classname="e2e.esp32c3"])' "$work/slots.xml")" 6
  expect_equal 'host' "$(xmllint --xpath 'string(//@hostname)' "$work/b.xml")" 'line & 3'
else
  echo 'no xmllint here: the JUnit report was not validated' >&2
fi

# A unit that did not pass has its application's log, folded in the HTML.
printf 'supply=2.90 <&>\nOK\n' >"$work/low.log"
expect_status 1 "$espgang" run "$work/job.yaml" --sim 1 --fast --ledger "$work/ledger.db" --batch low --plain --app-log "$work/low.log"
report 0 --batch low --html "$work/low.html" --junit "$work/low.xml"
for file in low.html low.xml; do
  expect_text "$work/$file" 'supply=2.90 &lt;&amp;&gt;'
done
expect_text "$work/low.xml" 'application log:'
expect_text "$work/low.html" '<b><bdi>supply out of limits</bdi></b><code>test-failed 1</code>'

# Followed, logs come as runs finish, those of other stations left out; Ctrl-C ends it well.
"$espgang" log --follow --station here --ledger "$work/ledger.db" >"$work/follow.log" 2>&1 &
follower=$!
children+=("$follower")
until grep -qs 'SigCgt:.*[2367abef]$' "/proc/$follower/status"; do sleep 0.05; done # it handles SIGINT
for station in there here; do
  printf 'supply=2.9 of %s\nOK\n' $station >"$work/low.log"
  expect_status 1 "$espgang" run "$work/job.yaml" --sim 1 --fast --ledger "$work/ledger.db" --batch followed --station $station --plain --app-log "$work/low.log"
done
until grep -q 'supply=2.9 of here' "$work/follow.log"; do
  kill -0 "$follower" || fail "it ended: $(cat "$work/follow.log")"
  sleep 0.05
done
kill -INT "$follower"
wait "$follower" || fail "log --follow ended with $?"
! grep -q 'of there' "$work/follow.log" || fail 'a log of another station was followed'
expect_status 2 "$espgang" log 1 --slot A3 --ledger "$work/ledger.db"
expect_equal 'a selection without --follow' "$(cat "$work/err.log")" \
  "espgang: options that select runs go with --follow alone; see 'espgang log --help'"

# Standard output has one report and nothing else; two reports cannot share a destination.
report 0 --batch 'a "b" <c>' --csv -
cmp "$work/out.log" "$work/b.csv" || fail 'standard output has another report'
report 2 --csv - --json -
expect_equal 'two to one' "$(cat "$work/err.log")" \
  "espgang: --csv and --json name the same file '-'; see 'espgang report --help'"
expect_status 2 "$espgang" report --ledger "$work/ledger.db" --csv "$work/nowhere/b.csv" --html "$work/new.html"
[ ! -e "$work/new.html" ] || fail 'one of two reports was written'
if [ -w /dev/full ]; then
  "$espgang" report --ledger "$work/ledger.db" --csv - >/dev/full 2>"$work/err.log" && fail 'a full disk looked like success'
  expect_equal 'a full disk' "$(cat "$work/err.log")" 'espgang: report: standard output: No space left on device'
fi

# A PDF needs Chromium; without it nothing is written and the message says what to install.
mkdir "$work/empty"
PATH=$work/empty expect_status 3 "$(realpath "$espgang")" report --ledger "$work/ledger.db" --pdf "$work/b.pdf" --html "$work/new.html"
expect_equal 'no Chromium' "$(cat "$work/err.log")" \
  "espgang: report $work/b.pdf: a PDF is printed by Chromium, which is not here; install the Debian package chromium, or write --html and print that"
[ ! -e "$work/new.html" ] && [ ! -e "$work/b.pdf" ] || fail 'a report was written'

# The stand-in for Chromium writes the requested file, and checks that its page exists.
cat >"$work/empty/chromium" <<'SH'
#!/bin/bash
for argument; do
  case $argument in
    --print-to-pdf=*) pdf=${argument#*=} ;;
    /*) page=$argument ;;
  esac
done
[ -s "$page" ] || exit 9
{ printf '%%PDF-1.4 '; stat -c %a "${page%/*}" 2>/dev/null; grep -o '<title>.*</title>' "$page"; echo "$page"; } >"$pdf"
SH
chmod +x "$work/empty/chromium"
PATH=$work/empty:$PATH report 0 --pdf "$work/b.pdf"
expect_text "$work/b.pdf" '%PDF-1.4 700'
page=$(tail -n 1 "$work/b.pdf")
[ ! -e "${page%/*}" ] || fail "${page%/*} is still there"
report 0 --by day --html "$work/trend.html"
PATH=$work/empty:$PATH report 0 --by day --pdf "$work/trend.pdf"
expect_equal 'what a trend prints' "$(grep -a -m 1 -o '<title>.*</title>' "$work/trend.pdf")" "$(grep -o '<title>.*</title>' "$work/trend.html")"
printf '#!/bin/bash\necho no paper >&2\nexit 4\n' >"$work/empty/chromium"
PATH=$work/empty:$PATH report 3 --pdf "$work/c.pdf"
expect_equal 'a failure of Chromium' "$(cat "$work/err.log")" \
  "espgang: report $work/c.pdf: chromium exited with status 4: no paper"
[ ! -e "$work/c.pdf" ] || fail 'half a PDF was left'

# Ten thousand runs with a bad socket and a bad reel: the numbers equal those of differently written queries.
sed 's/@N@/10000/' "$(dirname "$0")/../browser/fill.sql" | sqlite3 -batch -bail "$work/ledger.db"
report 0 --batch big --json "$work/b.json" --html "$work/big.html"
for by in slot "printf('%02x%02x%02x', flash_jedec & 255, flash_jedec >> 8 & 255, flash_jedec >> 16)"; do
  case $by in slot) list=slots ;; *) list=flash ;; esac
  expect_equal "$list" \
    "$(json "group_concat(v, ';') from (select substr(json_extract(value, '\$.name') || ' ', 1, instr(json_extract(value, '\$.name') || ' ', ' ') - 1) || ' ' || json_extract(value, '\$.bad') || ' of ' || json_extract(value, '\$.trials') as v from report, json_each(r, '\$.$list') order by 1)")" \
    "$(ledger "select group_concat(v, ';') from (select $by || ' ' || sum(outcome in ('fail', 'error')) || ' of ' || count(*) as v from runs where batch = 'big' and outcome <> 'aborted' and ('$list' = 'slots' or flash_jedec is not null) group by $by order by 1)")"
  expect_equal "$list above the limit" \
    "$(json "group_concat(json_extract(value, '\$.name')) from report, json_each(r, '\$.$list') where json_extract(value, '\$.verdict') = 'above the limit'")" \
    "$(case $list in slots) echo usb-1-2.4 ;; flash) echo '684016 Boya, 4 MB' ;; esac)"
done
for stage in connect write test; do
  expect_equal "the median of $stage" \
    "$(json "printf('%.6f', json_extract(value, '\$.median')) from report, json_each(r, '\$.stages') where json_extract(value, '\$.name') = '$stage'")" \
    "$(ledger "with s as (select duration_ms as d from stages join (select run from runs where batch = 'big' and outcome like 'pass%') using (run) where stage = '$stage' and code = 'ok')
      select printf('%.6f', d / 1000) from s order by d limit 1 offset (select (count(*) + 1) / 2 - 1 from s)")"
done
expect_equal 'out of limits' \
  "$(json "json_extract(value, '\$.outside') from report, json_each(r, '\$.measured') where json_extract(value, '\$.name') = 'supply'")" \
  "$(ledger "select count(*) from measurements as m where batch = 'big' and name = 'supply' and passed = 'no'
    and not exists (select 1 from measurements as o where o.batch = m.batch and o.name = m.name and o.mac = m.mac and o.run < m.run)")"
expect_equal 'passes of all parts' \
  "$(json "sum(json_extract(value, '\$.passed')) from report, json_each(r, '\$.throughput')")" \
  "$(ledger "select count(*) from runs where batch = 'big' and outcome like 'pass%'")"
# The first value of each unit: count, mean, spread, capability; and the causes of units that are not good.
first="with v as (select m.number as x, row_number() over (partition by m.mac order by m.run) as at from measurements as m
  where m.batch = 'big' and m.name = 'supply'), f as (select x from v where at = 1),
  s as (select count(*) as n, avg(x) as mean from f),
  d as (select n, mean, sqrt((select sum((x - mean) * (x - mean)) from f) / (n - 1)) as sd from s)"
for value in n:count mean:mean sd:sd '(3.6 - 3.22) / 6 / sd:cp' 'min(mean - 3.22, 3.6 - mean) / 3 / sd:cpk'; do
  expect_equal "${value#*:} of supply" \
    "$(json "printf('%.8f', json_extract(value, '\$.${value#*:}')) from report, json_each(r, '\$.measured') where json_extract(value, '\$.name') = 'supply'")" \
    "$(ledger "$first select printf('%.8f', ${value%:*}) from d")"
done
expect_equal 'units of causes' \
  "$(json "group_concat(v, ';') from (select json_extract(value, '\$.name') || ' ' || json_extract(value, '\$.units') as v from report, json_each(r, '\$.causes') order by 1)")" \
  "$(ledger "with last as (select * from runs as r where batch = 'big' and not exists (select 1 from runs as o
    where o.batch = r.batch and o.mac = r.mac and o.finish_order > r.finish_order))
    select group_concat(name || ' ' || n, ';') from (select name, count(*) as n from (select case when code in ('verify-mismatch', 'flash-stuck-bits') then 'Flash faults'
      when code = 'no-sync' then 'Contact lost' when code = 'cancelled' then 'Aborted' else 'Test failed' end as name
      from last where outcome not like 'pass%') group by name order by name)")"
expect_equal 'where causes cluster' \
  "$(json "group_concat(json_extract(value, '\$.cluster.name'), ';') from report, json_each(r, '\$.causes')")" \
  '684016 Boya, 4 MB;usb-1-2.4'
expect_text "$work/big.html" '<b>Slot <bdi>usb-1-2.4</bdi></b>: contact or link lost in '
expect_text "$work/big.html" '<b>Flash part <bdi>684016 Boya, 4 MB</bdi></b>: '
! grep -q ledger.db "$work/big.html" || fail 'the report shows the path of the ledger'
# The JSON is what its schema says, of many runs, of few, and of a batch without any.
ledger "insert into session (job_id, started_utc, station, operator, batch, job_path, tool_version)
  select job_id, started_utc, station, operator, 'none', job_path, tool_version from session limit 1"
schema=$(dirname "$0")/../../reports/report.schema.json
if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
  report 0 --batch low --json "$work/low.json"
  report 0 --batch none --json "$work/none.json"
  /usr/bin/python3 "$(dirname "$0")/report_schema.py" "$schema" "$work/b.json" "$work/low.json" "$work/none.json" 2>"$work/python.log" ||
    fail "a report that is not what the schema says: $(cat "$work/python.log")"
  sed 's/"units":1,/"units":-1,/' "$work/low.json" >"$work/bad.json"
  ! /usr/bin/python3 "$(dirname "$0")/report_schema.py" "$schema" "$work/bad.json" 2>"$work/python.log" || fail 'a negative number of units fits'
else
  echo 'SKIPPED: the JSON reports were held against no schema: no Debian package python3-jsonschema here' >&2
fi

report 2 --batch big --junit "$work/t.xml" --junit-name port
expect_equal 'a name of cases' "$(cat "$work/err.log")" \
  "espgang: --junit-name is 'port', not mac, serial or slot; see 'espgang report --help'"
report 2 --batch big --html "$work/t.html" --target 101
expect_equal 'a target' "$(cat "$work/err.log")" \
  "espgang: --target is '101', not a yield in percent, more than 0 and at most 100; see 'espgang report --help'"
report 0 --batch big --html "$work/t.html" --target 97
expect_text "$work/t.html" '<h2 class="vh">On target</h2>'
printf 'not an image' >"$work/logo.png"
report 2 --batch big --html "$work/new.html" --logo "$work/logo.png"
expect_equal 'a logo' "$(cat "$work/err.log")" "espgang: logo $work/logo.png: is no PNG, JPEG or SVG file"
[ ! -e "$work/new.html" ] || fail 'a report was written'
printf '<svg xmlns="http://www.w3.org/2000/svg"/>' >"$work/logo.svg"
report 0 --batch big --html "$work/t.html" --logo "$work/logo.svg"
expect_text "$work/t.html" "src=\"data:image/svg+xml;base64,$(base64 -w0 "$work/logo.svg")\"" 
