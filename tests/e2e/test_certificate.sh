#!/usr/bin/env bash
# The certificate of a unit: command line, exit statuses, files; its content is that of tests/reports/test_certificate.c.
build=$1; . "$(dirname "$0")/lib.sh"
export ESPGANG_LEDGER=$work/ledger.db
cd "$work"

refused() { # STATUS SENTENCE WORD...
  local status=$1 sentence=$2
  shift 2
  expect_status "$status" "$espgang" certificate "$@"
  expect_equal "standard error of 'certificate $*'" "$(cat err.log)" "espgang: $sentence"
  expect_equal "standard output of 'certificate $*'" "$(cat out.log)" ''
}
usage="; see 'espgang certificate --help'"
refused 2 "missing argument: MAC|SERIAL|LABEL$usage" --html c.html
refused 2 "missing option: --html FILE or --pdf FILE$usage" L-1
refused 2 "the MAC, serial number or label is empty$usage" '' --html c.html
refused 2 "--html and --pdf name the same file '-'$usage" L-1 --html - --pdf -
refused 3 "ledger $work/ledger.db: opening it: No such file or directory" L-1 --html c.html
mkdir empty
PATH=$work/empty expect_status 3 "$(realpath "$espgang")" certificate L-1 --pdf c.pdf
expect_equal 'without Chromium' "$(cat err.log)" "espgang: a PDF is printed by Chromium, which is not here; install the Debian \
package chromium, or write --html and print that"

# Boards on ports, so none of a rehearsal: one passes, one is refused for its label.
make_job esp32c3 65536 'label: {pattern: "L-[12]"}'
start_boards gang 2 --fast --chip esp32c3
expect_status 1 "$espgang" run job.yaml --ports "${urls[0]}" --ports "${urls[1]}" --label "${urls[0]}=L-1" \
  --label "${urls[1]}=L-9" --batch first
mac=$(ledger "SELECT mac FROM runs WHERE label = 'L-9'")
echo old >c.html
refused 1 "unit $mac gets no certificate: its last run, $(ledger "SELECT run FROM runs WHERE label = 'L-9'"), ended as 'fail'; \
see 'espgang history $mac'" L-9 --html c.html
refused 1 "ledger $work/ledger.db: no run of a unit with MAC, serial, label or pool key 'L-2'" L-2 --html c.html
expect_equal 'a file after refusals' "$(cat c.html)" old

expect_status 0 "$espgang" certificate L-1 --html c.html
expect_text c.html "$(ledger "SELECT hash FROM runs WHERE label = 'L-1'")"
expect_text c.html "$(ledger "SELECT expected_sha256 FROM region JOIN runs ON run = run_id WHERE label = 'L-1' AND name = 'app'")"
expect_text c.html '<dt>Batch</dt><dd>not sealed</dd>'
expect_status 0 "$espgang" certificate L-1 --html -
cmp c.html out.log || fail 'standard output has another page than the file'

# What cannot be written is called a certificate.
refused 2 "certificate no/c.html: No such file or directory" L-1 --html no/c.html
refused 2 "certificate empty: is there and not a regular file" L-1 --html empty

# The seal of its batch stands in it.
expect_status 0 "$espgang" sign --new-key station.pem
expect_status 0 "$espgang" seal --batch first --yes --key station.pem
expect_status 0 "$espgang" certificate L-1 --html c.html
expect_text c.html "$(ledger 'SELECT runs_sha256 FROM seal')"
expect_text c.html "$(ledger 'SELECT key FROM seal')"

# The PDF is one page.
if command -v chromium >chromium.path && [ -z "${EG_SANITIZE-}" ]; then
  expect_status 0 "$espgang" certificate L-1 --pdf c.pdf
  expect_equal pages "$(pdfinfo c.pdf | sed -n 's/^Pages: *//p')" 1
  pdftotext c.pdf - | grep -qF "$(ledger "SELECT hash FROM runs WHERE label = 'L-1'")" || fail 'the PDF lacks the hash'
fi
