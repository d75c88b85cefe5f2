#!/usr/bin/env bash
# Fails when shellcheck finds fault with a shell script. Usage: check_shell.sh ROOT
set -euo pipefail
cd "$1"
command -v shellcheck >/dev/null || { echo 'SKIPPED: there is no shellcheck'; exit 77; }

unwanted=(
  SC1091 # the path of a sourced file is known at run time only
  SC2034 # variables for the file that is sourced
  SC2154 # variables from the file that is sourced; set -u sees unset ones
  SC2103 # every script has set -e
  SC2164 # likewise
  SC2012 # names of files that a test made itself
  SC2016 # scripts within scripts, such as hooks, stand in single quotes
  SC2001 # sed with a pattern that ${//} does not have
  SC2015 # 'A && B || fail': fail ends the script
  SC2059 # functions that are given a format
)
IFS=,
git ls-files -z --cached --others --exclude-standard -- '*.sh' .ci | while IFS= read -rd '' file; do
  [ ! -f "$file" ] || printf '%s\0' "$file"
done | xargs -0 shellcheck --exclude "${unwanted[*]}"
