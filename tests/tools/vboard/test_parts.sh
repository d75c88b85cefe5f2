#!/usr/bin/env bash
# Each part of the simulated board is written only by its own file, and no two of its files call each other in a circle.
set -eu
build=$1
root=$(cd "$(dirname "$0")/../../.." && pwd)
cd "$root/tools/vboard"
status=0

complain() {
  echo "$1"
  status=1
}

# owners: print "clock model/clock.c", from "Written by model/clock.c" above each struct and the member of struct
# vb_board.
owners() {
  awk '/Written by / { match($0, /Written by [a-z0-9_\/]+\.c/); file = substr($0, RSTART + 11, RLENGTH - 11) }
       /^struct vb__[a-z_]+ \{/ { type = $2; if (file != "") { owner[type] = file; file = "" } }
       /^    struct vb__[a-z_]+ [a-z]+;/ { name = $3; sub(/;/, "", name); if ($2 in owner) print name, owner[$2] }' \
    model/model.h | sort -u
}

# assignments PART FILE...: print lines that change board->PART, or take a pointer through which it could be changed.
assignments() {
  local part=$1
  shift
  grep -nE "board->$part\b[][a-z_.0-9>-]*( [-+*/|&^]?= |\+\+|--| (<<|>>)= )|(\+\+|--)board->$part\b|(^|[^t]) struct vb__[a-z_]+ \*(const )?[a-z]+ = &board->$part;" "$@" |
    grep -vE ':[^=]*\bconst struct vb__' || true
}

count=0
while read -r part owner; do
  count=$((count + 1))
  [ -f "$owner" ] || { complain "model/model.h: $owner, said to write struct vb__$part, is not there"; continue; }
  mapfile -t others < <(find . -name '*.c' -not -path "./$owner" | sort)
  found=$(assignments "$part" "${others[@]}")
  [ -z "$found" ] || complain "only $owner may change board->$part:"$'\n'"$found"
done < <(owners)
[ "$count" -ge 15 ] || complain "model/model.h: found only $count parts"

# The file that defines each function, then the files that use it: tsort reports circles.
calls=$(nm -A "$build/tools/vboard/libeg_vboard.a" | awk '
  { file = $0; sub(/\.o:.*/, "", file); sub(/.*:/, "", file); symbol = $NF; kind = $(NF - 1) }
  symbol !~ /^vb_/ { next }
  kind == "T" { home[symbol] = file }
  kind == "U" { uses[file " " symbol] = 1 }
  END { for (use in uses) { split(use, pair, " "); if (pair[2] in home && home[pair[2]] != pair[1]) print pair[1], home[pair[2]] } }' | sort -u)
[ "$(wc -l <<<"$calls")" -ge 30 ] || complain "found only $(wc -l <<<"$calls") calls between files"
circle=$(tsort <<<"$calls" 2>&1 >/dev/null) || true
[ -z "$circle" ] || complain "files of tools/vboard/ call each other in a circle:"$'\n'"$circle"
exit $status
