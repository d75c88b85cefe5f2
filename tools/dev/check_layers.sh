#!/usr/bin/env bash
# Fails when a file includes from a folder that its own may not use. Usage: check_layers.sh ROOT
set -eu
cd "$1"

# folder: the folders it may include from, besides itself
uses() {
  case $1 in
    engine/base) echo "" ;;
    targets | stubs | engine/link) echo "engine/base" ;;
    engine/image) echo "engine/base targets" ;;
    engine/loader) echo "engine/base engine/link engine/image targets stubs" ;;
    engine/board) echo "$(uses engine/loader) engine/loader" ;;
    engine/stages) echo "$(uses engine/loader) engine/loader" ;;
    engine/line) echo "$(uses engine/stages) engine/stages" ;;
    jobs | db) echo "$(uses engine/line) engine/line" ;;
    reports) echo "engine/base db" ;;
    tools/* | tests/*) echo "any" ;;
    *) echo "unknown" ;;
  esac
}

status=0
while IFS=: read -r file line text; do
  folder=$(dirname "$file")
  case $folder in tools/* | tests/*) continue ;; esac
  folder=$(echo "$folder" | sed -E 's,^(engine/[^/]+|[^/]+).*,\1,')
  included=${text#*\"}
  included=${included%%\"*}
  target=$(dirname "$included" | sed -E 's,^(engine/[^/]+|[^/]+).*,\1,')
  [ "$target" = "$folder" ] && continue
  [ "$included" = engine/espgang.h ] && continue # the contract with programs: it includes nothing of ours
  case " $(uses "$folder") " in
    *" $target "*) ;;
    *) echo "$file:$line: $folder may not include from $target ($included)"; status=1 ;;
  esac
done < <(grep -rnE '^ *#include "' --include='*.[ch]' engine targets stubs jobs db reports tools tests)
exit $status
