#!/usr/bin/env bash
# Fails when a file includes from a folder that its own may not use. Usage: check_layers.sh ROOT
set -eu
cd "$1"

# The folders that each may include from, besides itself; programs and tests may from all.
declare -A uses
uses[engine/base]=''
uses[targets]='engine/base'
uses[stubs]='engine/base'
uses[engine/link]='engine/base'
uses[engine/image]='engine/base targets'
uses[engine/loader]='engine/base engine/link engine/image targets stubs'
uses[engine/guard]="${uses[engine/loader]} engine/loader"
uses[engine/board]="${uses[engine/guard]} engine/guard"
uses[engine/plan]="${uses[engine/guard]} engine/guard"
uses[engine/stages]="${uses[engine/plan]} engine/plan"
uses[engine/line]="${uses[engine/stages]} engine/stages"
uses[jobs]=${uses[engine/stages]}
uses[db]=${uses[jobs]}
uses[db/query]="${uses[db]} db"
uses[db/proof]="${uses[db]} db"
uses[db/files]="${uses[db]} db db/query"
uses[reports]='engine/base db/query'

# folder_of FILE: engine/link, db/query, targets
folder_of() {
  case $1 in
    engine/*/* | db/*/*) folder=${1#*/} folder=${1%%/*}/${folder%%/*} ;;
    *) folder=${1%%/*} ;;
  esac
}

status=0
while IFS=: read -r file line text; do
  included=${text#*\"}
  included=${included%%\"*}
  [ "$included" = engine/espgang.h ] && continue # the contract with programs: it includes nothing of ours
  folder_of "$included"
  target=$folder
  folder_of "$file"
  [ "$target" = "$folder" ] && continue
  case " ${uses[$folder]-} " in
    *" $target "*) ;;
    *) echo "$file:$line: $folder may not include from $target ($included)"; status=1 ;;
  esac
done < <(grep -rnE '^ *#include "' --include='*.[ch]' engine targets stubs jobs db reports)
exit $status
