#!/usr/bin/env bash
# Fails when tests/ does not mirror the tree: every tests/FOLDER/test_NAME.c stands for FOLDER/NAME.c or NAME.h, and
# test_NAME_PART.c beside it has more tests of the same. Fails when a folder has no README, except those of tests/ that only
# mirror another.
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
  whole=${name%_*}
  [ -e "$folder/$name.c" ] || [ -e "$folder/$name.h" ] || { [ "$whole" != "$name" ] && [ -e "tests/$folder/test_$whole.c" ]; } ||
    complain "$test: there is no $folder/$name.c or .h"
done < <(find tests -name 'test_*.c' -not -path 'tests/e2e/*' -not -path 'tests/fuzz/*' -not -path 'tests/matrix/*')

while read -r folder; do
  case $folder in
    tests/fakes | tests/e2e | tests/fixtures | tests/recordings | tests/fuzz | tests/browser | tests/matrix) ;;
    tests/*) continue ;;
  esac
  [ -e "$folder/README.md" ] || complain "$folder: has no README.md"
done < <(git ls-files --cached --others --exclude-standard | sed -n 's|/[^/]*$||p' | grep -v '^\.' | sort -u)
exit $status
