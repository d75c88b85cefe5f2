#!/usr/bin/env bash
# Runs the scripts of tests/e2e with espgang and vboard under valgrind's memcheck.
set -euo pipefail

if [ $# -lt 1 ] || [ "$1" = --help ] || [ "$1" = -h ]; then
  cat <<'HELP'
Usage: tools/dev/valgrind.sh BUILD [NAME...]

BUILD is a build folder without sanitizers. Runs tests/e2e/test_NAME.sh (default: all but those that the list in this script
excludes) with every start of espgang and vboard under memcheck, and prints a line for each script: programs started, reports of
memcheck, seconds, how the script ended. A script may fail because valgrind is slow: that is shown, and its reports count all
the same. EG_VALGRIND_LIMIT is the limit of a script in seconds (default 1800). Logs are left in BUILD/valgrind/logs/NAME. The
exit status is 1 if memcheck reported anything.
HELP
  exit $(($# < 1 ? 2 : 0))
fi

root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
shift
grep -q '^EG_SANITIZE:[A-Z]*=$' "$build/CMakeCache.txt" || {
  echo "valgrind.sh: $build is built with a sanitizer, which valgrind cannot run" >&2
  exit 2
}

# Excluded, each with its reason.
declare -A excluded=(
  [disk]='fails the Nth write of a process; valgrind writes, too'
  [host]='fails the Nth allocation of a process; valgrind replaces the allocator'
  [examples_valgrind]='already runs its programs under valgrind'
  [program_names]='starts espgang by other names, which the wrapper in its place has not'
  [espefuse]='compares with a foreign program'
)
names=("$@")
if [ $# = 0 ]; then
  for script in "$root"/tests/e2e/test_*.sh; do
    name=${script##*/test_}
    name=${name%.sh}
    if [ -n "${excluded[$name]-}" ]; then
      echo "$name: excluded: ${excluded[$name]}"
    else
      names+=("$name")
    fi
  done
fi

# The build folder as scripts see it: links, and wrappers in place of the two programs.
shadow=$build/valgrind/build
rm -rf "$shadow"
mkdir -p "$shadow/tools"
link() { # FROM TO: everything in FROM that is not in TO yet
  local entry
  for entry in "$1"/*; do
    [ -e "$2/${entry##*/}" ] || ln -s "$entry" "$2/${entry##*/}"
  done
}
# A program that is ended by a signal has threads, and valgrind takes their memory for possibly lost. lax-ioctls: valgrind does
# not know TIOCCBRK, which has no argument.
valgrind=$(command -v valgrind) # some scripts empty PATH
for program in espgang vboard; do
  mkdir "$shadow/tools/$program"
  printf '%s\n' '#!/bin/bash' \
    "exec $valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \\" \
    "  --fair-sched=try --sim-hints=lax-ioctls --num-callers=30 --suppressions='$root/tools/dev/valgrind.supp' \\" \
    "  --log-file=\"\$EG_VALGRIND_LOGS/%p.memcheck\" '$build/tools/$program/$program' \"\$@\"" >"$shadow/tools/$program/$program"
  chmod +x "$shadow/tools/$program/$program"
  link "$build/tools/$program" "$shadow/tools/$program"
done
link "$build/tools" "$shadow/tools"
link "$build" "$shadow"

export EG_FIXTURES=${EG_FIXTURES-$(sed -n 's/^EG_FIXTURES:[A-Z]*=//p' "$build/CMakeCache.txt")}
status=0
printf '%-20s %8s %8s %8s  %s\n' SCRIPT PROGRAMS REPORTS SECONDS ENDED
for name in "${names[@]}"; do
  export EG_VALGRIND_LOGS=$build/valgrind/logs/$name
  rm -rf "$EG_VALGRIND_LOGS"
  mkdir -p "$EG_VALGRIND_LOGS"
  chmod 1777 "$EG_VALGRIND_LOGS" # some scripts start programs as another user
  begin=$SECONDS ended=0
  timeout --kill-after=90 "${EG_VALGRIND_LIMIT-1800}" bash "$root/tests/e2e/test_$name.sh" "$shadow" >"$EG_VALGRIND_LOGS/script" 2>&1 || ended=$?
  programs=$(find "$EG_VALGRIND_LOGS" -name '*.memcheck' | wc -l)
  reported=$(find "$EG_VALGRIND_LOGS" -name '*.memcheck' -size +0 | wc -l)
  printf '%-20s %8s %8s %8s  %s\n' "$name" "$programs" "$reported" $((SECONDS - begin)) \
    "$(case $ended in 0) echo passed ;; 77) echo skipped ;; 124) echo 'time limit' ;; *) echo "failed ($ended)" ;; esac)"
  [ "$reported" = 0 ] || status=1
done
exit "$status"
