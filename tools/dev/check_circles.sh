#!/usr/bin/env bash
# Fails when modules include each other or call each other in a circle. A module is NAME.c, NAME.h and NAME_internal.h of a
# folder; where the folder's README has `NAME_*.c`, those are part of it. Calls are read from the objects of a build.
# Usage: check_circles.sh ROOT BUILD
set -euo pipefail
root=$(realpath "$1") build=$(realpath "$2")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/eg-circles-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
status=0

# in_order WHAT: fails when the pairs on standard input have a circle, and names its members.
in_order() {
  sort -u >"$scratch/pairs"
  tsort "$scratch/pairs" >/dev/null 2>"$scratch/circles" || {
    sed -n "s/^tsort: .*input contains a loop:\$/these $1 each other in a circle:/p; s/^tsort: \([^ ]*\)\$/  \1/p" "$scratch/circles"
    status=1
  }
}

cd "$root"
{ find . -name README.md -not -path './build/*' -not -path './.*/*' -exec grep -oHE '`[a-z0-9_]+_\*\.c`' {} + || true; } |
  sed -nE 's/^\.\/(.*)\/README\.md:`(.*)_\*\.c`$/\1\/\2/p' >"$scratch/whole"

# Pairs of files on standard input become pairs of modules.
modules() {
  awk '
    FILENAME != "-" { whole[$1] = 1; next }
    function module(file, name) {
      sub(/\.[ch]$/, "", file)
      sub(/_internal$/, "", file)
      for (name = file; sub(/_[^_\/]*$/, "", name); )
        if (name in whole) return name
      return file
    }
    { a = module($1); b = module($2) }
    a != b { print a, b }
  ' "$scratch/whole" -
}

find . \( -name '*.h' -o -name '*.c' \) -not -path './build/*' -not -path './.*/*' -exec grep -H '^ *# *include *"' {} + |
  sed -nE 's/^\.\/([^:]*):[^"]*"([^"]*)".*/\1 \2/p' | modules >"$scratch/includes"
in_order include <"$scratch/includes"

# "OBJECT SOURCE" of what is not a test.
cd "$build"
sed -nE 's/^ *"command": ".* -o ([^ ]*) -c ([^ ]*)",?$/\1 \2/p' compile_commands.json | grep -F " $root/" | sed "s|$root/||" |
  grep -vE ' (build|tests|tools/(bench|dev|examples))/' >"$scratch/objects"
cut -d' ' -f1 "$scratch/objects" | while read -r object; do
  [ ! -e "$object" ] || echo "$object"
done | xargs nm -A -g --format=posix >"$scratch/symbols"
awk '
  FNR == 1 { file++ }
  file == 1 { source_of[$1 ":"] = $2; next }
  $3 == "U" || $3 == "w" { uses[source_of[$1] " " $2] = 1; next }
  { defined[$2] = source_of[$1] }
  END { for (use in uses) { split(use, part, " "); if (part[2] in defined) print part[1], defined[part[2]] } }
' "$scratch/objects" "$scratch/symbols" | modules >"$scratch/calls"
in_order call <"$scratch/calls"
exit $status
