#!/usr/bin/env bash
# Fails when clang-format would lay out a C file otherwise. To mend: clang-format-14 -i FILE. Usage: check_format.sh ROOT
set -euo pipefail
cd "$1"
command -v clang-format-14 >/dev/null || { echo 'SKIPPED: there is no clang-format-14'; exit 77; }

git ls-files -z --cached --others --exclude-standard -- '*.c' '*.h' '*.cc' | while IFS= read -rd '' file; do
  [ ! -e "$file" ] || printf '%s\0' "$file"
done | xargs -0 -n 40 -P "$(nproc)" clang-format-14 --dry-run -Werror
