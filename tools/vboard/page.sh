#!/bin/sh
# Print the manual page with the faults that the program knows. Usage: page.sh VBOARD PAGE
set -eu
faults=$("$1" --list-faults)
echo "$faults" | awk -v page="$2" '
  $1 != "BYTES" { form = $1; sub(/^[^ ]+ +/, ""); items = items ".It Cm " form "\n" $0 ".\n" }
  END { while ((getline line < page) > 0) if (line ~ /@FAULTS@/) printf "%s", items; else print line }'
