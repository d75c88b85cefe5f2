#!/usr/bin/env bash
# No program of tools/examples leaks memory or reads uninitialised memory: runs test_examples.sh with every program
# under valgrind. In a build with a sanitizer, which valgrind cannot run, the sanitizer checks instead.
[ -z "${EG_SANITIZE-}" ] || { echo "SKIPPED: built with -fsanitize=$EG_SANITIZE, which does not go with valgrind" >&2; exit 77; }
command -v valgrind >/dev/null || { echo 'SKIPPED: there is no valgrind' >&2; exit 77; }

# shellcheck disable=SC2054 # the commas are valgrind's
words=(valgrind --quiet --error-exitcode=98 --leak-check=full --show-leak-kinds=definite,indirect,possible
  --errors-for-leak-kinds=definite,indirect,possible --track-fds=no)
EG_UNDER=$(printf '%s\n' "${words[@]}") exec bash "$(dirname "$0")/test_examples.sh" "$1"
