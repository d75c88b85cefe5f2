#!/usr/bin/env bash
# The README's tables of keys are those that the program prints.
# Usage: test_readme.sh BUILD-FOLDER
build=$1
. "$(dirname "$0")/../e2e/lib.sh"
readme=$(dirname "$0")/../../jobs/README.md

"$espgang" schema --markdown >"$work/printed.log"
sed -n '/^<!-- keys -->$/,/^<!-- end of keys -->$/p' "$readme" | sed '1d;$d' >"$work/readme.log"
diff "$work/readme.log" "$work/printed.log" >"$work/diff.log" ||
  fail "jobs/README.md differs from espgang schema --markdown: $(head -n 5 "$work/diff.log")"
got=0
"$espgang" schema >/dev/full 2>"$work/err.log" || got=$?
expect_equal 'status with a full disk' "$got" 3
expect_text "$work/err.log" 'writing the schema: No space left on device'
expect_status 2 "$espgang" schema job.yaml
