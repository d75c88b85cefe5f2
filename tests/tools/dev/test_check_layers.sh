#!/usr/bin/env bash
# Breaks each rule of tools/dev/check_layers.sh in a scratch tree, and checks that it is caught.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/eg-layers-test-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# The project's own table, and a tree with a file in each of its folders that includes one allowed header.
cp "$root/CONTRIBUTING.md" .
new_tree() {
  rm -rf engine targets stubs jobs db reports tools tests build
  sed -n '/^## The house/,/^## How/s/^| \(`[^|]*\) |.*/\1/p' CONTRIBUTING.md | tr -d '` ' | tr ',' '\n' | while read -r folder; do
    mkdir -p "$folder"
    printf '#include <stdio.h>\n#include "engine/base/one.h"\n' >"$folder/one.h"
    [ "$folder" != tools/examples/ ] || echo '#include <espgang.h>' >"$folder/one.h"
    printf '#include "%sone.h"\n' "$folder" >"$folder/one.c"
  done
  printf '#include <stdio.h>\n#include "engine/espgang.h"\n' >engine/base/one.h
  printf '#include <stdint.h>\n' >engine/espgang.h
}

passes() {
  bash "$root/tools/dev/check_layers.sh" "$work" >out.log 2>&1 || fail "$1 was refused: $(cat out.log)"
}

# caught FILE LINE SENTENCE: check that a file with this line, added to the tree, is refused with this sentence alone.
caught() {
  mkdir -p "${1%/*}"
  printf '%b\n' "$2" >"$1"
  if bash "$root/tools/dev/check_layers.sh" "$work" >out.log 2>&1; then fail "'$2' in $1 was not caught"; fi
  [ "$(cat out.log)" = "$3" ] || fail "'$2' in $1: got '$(cat out.log)', wanted '$3'"
  rm "$1"
  [ "${1##*/new/*}" ] || rmdir "${1%/*}"
}

new_tree
passes 'a tree that keeps all rules'
bash "$root/tools/dev/check_layers.sh" "$root" || fail 'the project itself'

# Every form of #include.
upward='engine/base may not include from jobs (jobs/one.h)'
caught engine/base/two.c '#include "jobs/one.h"' "engine/base/two.c:1: $upward"
caught engine/base/two.h '  #  include   "jobs/one.h"' "engine/base/two.h:1: $upward"
caught engine/base/two.c '#include"jobs/one.h" /* why */' "engine/base/two.c:1: $upward"
caught engine/base/two.c '/* why */ #include /* not */ "jobs/one.h"' "engine/base/two.c:1: $upward"
caught engine/base/two.c 'int a;\n#\\\ninclude \\\n"jobs/one.h"' "engine/base/two.c:4: $upward"
caught engine/base/two.c '%:include "jobs/one.h"' "engine/base/two.c:1: $upward"
caught engine/base/two.c '??=include "jobs/one.h"' "engine/base/two.c:1: $upward"
caught engine/base/two.c '#include_next "jobs/one.h"' "engine/base/two.c:1: $upward"
caught engine/base/two.c '#include <jobs/one.h>' "engine/base/two.c:1: <jobs/one.h> is of this project: write it in quotes
engine/base/two.c:1: $upward"
caught engine/base/two.c '#define FILE "jobs/one.h"\n#include FILE' 'engine/base/two.c:2: includes what a macro names: write the path'
caught engine/base/two.c '#include "one.h"' 'engine/base/two.c:1: includes "one.h": write its path from the root of the project'
caught engine/base/two.c '#include "../../jobs/one.h"' \
  'engine/base/two.c:1: includes "../../jobs/one.h": write its path from the root of the project'
caught engine/base/two.c '#include "engine/base/../../jobs/one.h"' \
  'engine/base/two.c:1: includes "engine/base/../../jobs/one.h": write its path from the root of the project'

# Upward, sideways, and into another folder's room.
caught engine/link/two.c '#include "engine/loader/one.h"' 'engine/link/two.c:1: engine/link may not include from engine/loader (engine/loader/one.h)'
caught engine/board/two.c '#include "engine/stages/one.h"' 'engine/board/two.c:1: engine/board may not include from engine/stages (engine/stages/one.h)'
caught jobs/two.c '#include "engine/line/one.h"' 'jobs/two.c:1: jobs may not include from engine/line (engine/line/one.h)'
caught db/two.c '#include "engine/line/one.h"' 'db/two.c:1: db may not include from engine/line (engine/line/one.h)'
caught db/two.c '#include "db/query/one.h"' 'db/two.c:1: db may not include from db/query (db/query/one.h)'
caught db/proof/two.c '#include "db/files/one.h"' 'db/proof/two.c:1: db/proof may not include from db/files (db/files/one.h)'
caught reports/two.c '#include "db/files/one.h"' 'reports/two.c:1: reports may not include from db/files (db/files/one.h)'
caught engine/base/two.c '#include "tests/fakes/check.h"' 'engine/base/two.c:1: only tests include from tests (tests/fakes/check.h)'
caught tools/espgang/ledger/two.c '#include "tools/espgang/line/one.h"' \
  'tools/espgang/ledger/two.c:1: tools/espgang/ledger may not include from tools/espgang/line (tools/espgang/line/one.h)'

# The simulated board shares no protocol code with the engine, only the shape of a port.
printf '#include "engine/link/port.h"\n#include "targets/one.h"\n' >tools/vboard/two.c
passes 'a simulated board behind a port'
rm tools/vboard/two.c
for header in engine/link/slip.h engine/loader/loader.h engine/image/image.h engine/line/station.h; do
  caught tools/vboard/two.c "#include \"$header\"" "tools/vboard/two.c:1: tools/vboard may not include from ${header%/*} ($header)"
done

# Folders without a row.
caught engine/new/two.c '#include "engine/base/one.h"' 'engine/new/two.c: engine/new is not in the table of CONTRIBUTING.md
engine/new/two.c:1: engine/new may not include from engine/base (engine/base/one.h)'
caught tools/vboard/new/two.c 'int a;' 'tools/vboard/new/two.c: tools/vboard/new is not in the table of CONTRIBUTING.md'

# A table that does not parse.
sed -i 's/^\(| `reports\/` .*|\) .* |$/\1 nowhere |/' CONTRIBUTING.md
if bash "$root/tools/dev/check_layers.sh" "$work" >out.log 2>&1; then fail 'a table with an unknown folder was not caught'; fi
grep -qx 'CONTRIBUTING.md: reports may use nowhere, which is no folder of the table' out.log || fail "an unknown folder: $(cat out.log)"
cp "$root/CONTRIBUTING.md" .
sed -i 's/^\(| `engine\/base\/` .*|\) .* |$/\1 targets |/' CONTRIBUTING.md
if bash "$root/tools/dev/check_layers.sh" "$work" >out.log 2>&1; then fail 'a table with a circle was not caught'; fi
grep -qx 'CONTRIBUTING.md: engine/base and targets may use each other' out.log || fail "a circle in the table: $(cat out.log)"
