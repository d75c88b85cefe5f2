#!/usr/bin/env bash
# Breaks the rules of check_circles.sh, check_mirror.sh, check_untested.sh, check_prose.sh, check_format.sh and
# check_shell.sh in scratch trees, and checks that each is caught. test_check_layers.sh does the same for
# check_layers.sh.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/eg-checks-XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

new_tree() {
  rm -rf "$work/tree"
  mkdir "$work/tree"
  cd "$work/tree"
  git init -q .
}

# passes CHECK ARGUMENT...
passes() {
  bash "$root/tools/dev/$1" "${@:2}" >"$work/out.log" 2>&1 || fail "$1: a tree that keeps the rules was refused: $(cat "$work/out.log")"
}

# caught WHAT OUTPUT CHECK ARGUMENT...: check that the check fails and prints this line.
caught() {
  local status=0
  bash "$root/tools/dev/$3" "${@:4}" >"$work/out.log" 2>&1 || status=$?
  [ "$status" != 77 ] || return 0 # the tool is missing
  [ "$status" != 0 ] || fail "$1 was not caught"
  grep -qxF -- "$2" "$work/out.log" || fail "$1: no '$2' in '$(cat "$work/out.log")'"
}

# Circles of headers and of calls.
new_tree
mkdir build db
echo '#include "db/two.h"' >db/one.h
echo 'void two(void);' >db/two.h
printf 'void more(void);\nvoid two(void);\nvoid one(void);\nvoid one(void) { two(); more(); }\n' >db/one.c
printf 'void two(void);\nvoid two(void) {}\n' >db/two.c
printf 'void one(void);\nvoid more(void);\nvoid more(void) { one(); }\n' >db/one_more.c
echo '| `one.c`, `one_*.c` | one module |' >db/README.md
build() {
  {
    echo '['
    for source in db/*.c; do
      cc -c "$source" -o "build/$(basename "$source").o"
      printf '{\n  "command": "cc -o %s.o -c %s",\n},\n' "$(basename "$source")" "$PWD/$source"
    done
  } >build/compile_commands.json
}
build
passes check_circles.sh . build
echo 'one_*.c' >db/README.md
caught 'parts that no README calls one module' 'these call each other in a circle:' check_circles.sh . build
grep -qx '  db/one' "$work/out.log" && grep -qx '  db/one_more' "$work/out.log" || fail "parts: $(cat "$work/out.log")"
echo '`one_*.c`' >db/README.md
echo '#include "db/one.h"' >db/two.h
caught 'a circle of headers' 'these include each other in a circle:' check_circles.sh . build
echo >db/two.h
echo '#include "db/one_internal.h"' >>db/two.c
caught 'a circle of a source and a header' 'these include each other in a circle:' check_circles.sh . build
printf 'void more(void);\nvoid two(void);\nvoid two(void) { more(); }\n' >db/two.c
build
caught 'a circle of calls' 'these call each other in a circle:' check_circles.sh . build
grep -qx '  db/one' "$work/out.log" && grep -qx '  db/two' "$work/out.log" || fail "a circle of calls: $(cat "$work/out.log")"

# Tests that mirror the tree, and sources without one.
new_tree
mkdir -p engine/base tests/engine/base
echo >engine/base/README.md
echo >tests/README.md
echo >engine/base/one.c
echo >engine/base/two.c
echo >tests/engine/base/test_one.c
printf '# A comment.\nengine/base/two.c\n' >tests/untested.txt
passes check_mirror.sh .
passes check_untested.sh .
echo >engine/base/three.c
caught 'a source without a test' 'engine/base/three.c: has no test of its own: add tests/engine/base/test_three.c' check_untested.sh .
rm engine/base/three.c
echo >tests/engine/base/test_two.c
caught 'a source with a test that is listed' 'tests/untested.txt: engine/base/two.c has a test now: delete the line' check_untested.sh .
rm engine/base/two.c tests/engine/base/test_two.c
caught 'a source that is gone' 'tests/untested.txt: there is no engine/base/two.c: delete the line' check_untested.sh .
echo >tests/untested.txt
echo >tests/engine/base/test_none.c
caught 'a test of nothing' 'tests/engine/base/test_none.c: there is no engine/base/none.c or .h' check_mirror.sh .
mv tests/engine/base/test_none.c tests/engine/base/test_one_more.c
passes check_mirror.sh .
mv tests/engine/base/test_one_more.c tests/engine/base/test_none_more.c
caught 'more tests of nothing' 'tests/engine/base/test_none_more.c: there is no engine/base/none_more.c or .h' check_mirror.sh .
rm tests/engine/base/test_none_more.c engine/base/README.md
caught 'a folder without a README' 'engine/base: has no README.md' check_mirror.sh .

# Words that the project does not use.
new_tree
mkdir -p tools/dev
cp "$root/tools/dev/prose.txt" tools/dev/
echo 'A port behind a hub, and the byte after the last one.' >README.md
passes check_prose.sh .
echo 'The byte behind the last one.' >README.md
caught 'a word' 'README.md:1: The byte behind the last one. ' check_prose.sh .
echo "/* An entry of one that is gone. */" >one.c
echo >README.md
caught 'a phrase in a comment' 'one.c:1: An entry of one that is gone. */ ' check_prose.sh .

# Layout and scripts.
new_tree
cp "$root/.clang-format" .
printf 'int one(void)\n{\n    return 1;\n}\n' >one.c
passes check_format.sh .
printf 'int one(void) {\n  return 1;\n}\n' >one.c
caught 'another layout' "one.c:1:14: error: code should be clang-formatted [-Wclang-format-violations]" check_format.sh .
printf '#!/usr/bin/env bash\necho "$1"\n' >one.sh
passes check_shell.sh .
# shellcheck disable=SC2016 # the text of the script
printf '#!/usr/bin/env bash\necho $1\n' >one.sh
caught 'a script with a fault' 'In one.sh line 2:' check_shell.sh .
