#!/usr/bin/env bash
# Fails when tests/ does not mirror the tree: every tests/FOLDER/test_NAME.c stands for FOLDER/NAME.c or NAME.h, and a source
# without a test of its own is listed in tests/untested.txt, which only shrinks. Fails when a folder has no README, except those
# of tests/ that only mirror another.
# Usage: check_mirror.sh ROOT
set -eu
cd "$1"

status=0
complain() {
  echo "$1"
  status=1
}

while read -r test; do
  folder=${test#tests/}
  folder=${folder%/*}
  name=${test##*/test_}
  name=${name%.c}
  [ -e "$folder/$name.c" ] || [ -e "$folder/$name.h" ] || complain "$test: there is no $folder/$name.c or .h"
done < <(find tests -name 'test_*.c' -not -path 'tests/e2e/*' -not -path 'tests/fuzz/*' -not -path 'tests/matrix/*')

while read -r folder; do
  case $folder in
    tests/fakes | tests/e2e | tests/fixtures | tests/recordings | tests/fuzz | tests/browser | tests/matrix) ;;
    tests/*) continue ;;
  esac
  [ -e "$folder/README.md" ] || complain "$folder: has no README.md"
done < <(git ls-files --cached --others --exclude-standard | sed -n 's|/[^/]*$||p' | grep -v '^\.' | sort -u)

[ -e tests/untested.txt ] || exit $status
scratch=$(mktemp -d "${TMPDIR:-/tmp}/eg-mirror-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
git ls-files --cached --others --exclude-standard -- '*.c' | grep -vE '^(tests|tools/(dev|bench|examples))/' | while read -r source; do
  name=${source##*/}
  test=tests/${source%/*}/test_${name%.c}
  [ ! -e "$source" ] || [ -e "$test.c" ] || [ -e "$test.sh" ] || echo "$source"
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
