#!/usr/bin/env bash
# Fails when a source has no test of its own and is not listed in tests/untested.txt, and when a listed one has a test or is gone:
# the list only shrinks. Chips have one test that walks over all of them; commands are tested in tests/e2e/.
# Usage: check_untested.sh ROOT
set -eu
cd "$1"

registered='^const struct (eg_target|eg_efuse|cli_command) '
status=0
complain() {
  echo "$1"
  status=1
}

scratch=$(mktemp -d "${TMPDIR:-/tmp}/eg-mirror-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
git ls-files --cached --others --exclude-standard -- '*.c' | grep -vE '^(tests|tools/(dev|bench|examples))/' | while read -r source; do
  name=${source##*/}
  test=tests/${source%/*}/test_${name%.c}
  [ ! -e "$source" ] || [ -e "$test.c" ] || [ -e "$test.sh" ] || grep -qE "$registered" "$source" || echo "$source"
done | LC_ALL=C sort >"$scratch/untested"
grep -v '^#' tests/untested.txt | LC_ALL=C sort >"$scratch/listed"
while read -r source; do
  name=${source##*/}
  complain "$source: has no test of its own: add tests/${source%/*}/test_${name%.c}.c"
done < <(LC_ALL=C comm -23 "$scratch/untested" "$scratch/listed")
while read -r source; do
  if [ -e "$source" ]; then complain "tests/untested.txt: $source has a test now: delete the line"
  else complain "tests/untested.txt: there is no $source: delete the line"; fi
done < <(LC_ALL=C comm -13 "$scratch/untested" "$scratch/listed")
exit $status
