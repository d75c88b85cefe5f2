#!/usr/bin/env bash
# Fails when headers include each other in a circle, or when modules call each other in a circle. A module is a folder, with all
# rooms of tools/espgang/ as one; in db/ it is the files of a folder whose names begin with the same word: merge.c,
# merge_check.c. Calls are read from the objects of a build.
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
find . -name '*.h' -not -path './build/*' -not -path './.*/*' -exec grep -H '^ *# *include *"' {} + |
  sed -nE 's/^\.\/([^:]*):[^"]*"([^"]*)".*/\1 \2/p' >"$scratch/includes"
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
  { module = source_of[$1]
    if (module ~ /^db\//) sub(/[_.][^\/]*$/, "", module)
    else if (module ~ /^tools\/espgang\//) module = "tools/espgang"
    else sub(/\/[^\/]*$/, "", module) }
  $3 == "U" || $3 == "w" { uses[module " " $2] = 1; next }
  { defined[$2] = module }
  END { for (use in uses) { split(use, part, " "); if (part[2] in defined && defined[part[2]] != part[1]) print part[1], defined[part[2]] } }
' "$scratch/objects" "$scratch/symbols" >"$scratch/calls"
in_order call <"$scratch/calls"
exit $status
