#!/usr/bin/env bash
# Fails when tests/ does not mirror the tree: every tests/FOLDER/test_NAME.c stands for FOLDER/NAME.c or NAME.h, and every
# folder with C sources has a test; every folder has a README, except those of tests/ that only mirror another.
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
done < <(find tests -name 'test_*.c' -not -path 'tests/e2e/*' -not -path 'tests/fuzz/*')

while read -r folder; do
  case $folder in
    tests/fakes | tests/e2e | tests/fixtures | tests/recordings | tests/fuzz | tests/browser) ;;
    tests/*) continue ;;
  esac
  [ -e "$folder/README.md" ] || complain "$folder: has no README.md"
  case $folder in tests* | tools/dev | tools/bench | tools/cmake | tools/examples | .) continue ;; esac
  [ -n "$(find "$folder" -maxdepth 1 -name '*.c')" ] || continue
  [ -n "$(find "tests/$folder" -maxdepth 1 -name 'test_*.c' 2>/dev/null)" ] || complain "$folder: has no test in tests/$folder"
done < <(git ls-files --cached --others --exclude-standard | grep / | grep -v '^\.' | xargs -n1 dirname | sort -u)
exit $status
