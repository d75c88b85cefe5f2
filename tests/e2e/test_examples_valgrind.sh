#!/usr/bin/env bash
# Nothing is lost by any program of tools/examples, nor is memory read that nobody wrote: test_examples.sh, every program
# of it under valgrind. Where a sanitizer is built in, that one looks, and valgrind cannot.
[ -z "${EG_SANITIZE-}" ] || { echo "SKIPPED: built with -fsanitize=$EG_SANITIZE, which does not go with valgrind" >&2; exit 77; }
command -v valgrind >/dev/null || { echo 'SKIPPED: there is no valgrind' >&2; exit 77; }

# shellcheck disable=SC2054 # the commas are valgrind's
words=(valgrind --quiet --error-exitcode=98 --leak-check=full --show-leak-kinds=definite,indirect,possible
  --errors-for-leak-kinds=definite,indirect,possible --track-fds=no)
EG_UNDER=$(printf '%s\n' "${words[@]}") exec bash "$(dirname "$0")/test_examples.sh" "$1"
