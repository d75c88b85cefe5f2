#!/usr/bin/env bash
# Fails when a comment, a document or a message has words that tools/dev/prose.txt lists. Usage: check_prose.sh ROOT
set -euo pipefail
cd "$1"

git ls-files -z --cached --others --exclude-standard -- '*.c' '*.h' '*.cc' '*.md' '*.sh' '*.sql' '*.txt' '*.1' '*.3' '*.in' '*.yaml' \
  '*.css' '*.js' '*.html' | while IFS= read -rd '' file; do
  case $file in tools/dev/prose.txt | tests/tools/dev/test_checks.sh | tests/fixtures/*) continue ;; esac
  [ ! -f "$file" ] || printf '%s\0' "$file"
done | xargs -0 awk -F'\t' '
  FILENAME == "tools/dev/prose.txt" {
    if (!/^#/ && NF >= 2) { words[++count] = $1; instead[count] = $2; allowed[count] = $3 }
    next
  }
  {
    for (i = 1; i <= count; i++) {
      text = " " $0 " "
      if (allowed[i] != "") gsub(allowed[i], "", text)
      if (text !~ ("[^A-Za-z_]" words[i] "[^A-Za-z_]")) continue
      sub(/^[ \t*\/]+/, "", text)
      print FILENAME ":" FNR ": " text "\n    instead of \"" words[i] "\": " instead[i]
      failed = 1
    }
  }
  END { exit failed }
' tools/dev/prose.txt
