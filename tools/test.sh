#!/usr/bin/env bash
# Installs what it needs, builds, and runs every test and check: with gcc under ASan+UBSan, then tests with threads with clang
# under TSan. The preset release is built too: at -O2 gcc finds other warnings, and some tests do not go with sanitizers.
set -euo pipefail

if [ "${1-}" = --help ] || [ "${1-}" = -h ]; then
  cat <<'HELP'
Usage: tools/test.sh [CTEST-OPTION...]

Installs what it needs (apt, with sudo when not root), builds espgang with the presets dev (gcc, AddressSanitizer and
UndefinedBehaviorSanitizer) and tsan (clang, ThreadSanitizer), and runs all tests with dev, and with tsan those that
have threads. Among the tests of dev are the checks of tools/dev: layers, mirror, format, shell, prose, circles and tidy.
The preset release, which has no unit tests, is built too, because gcc finds other warnings at -O2; with it the tests run
that do not go with sanitizers: the Debian package, valgrind. Options are passed to ctest: 'tools/test.sh -R jobs' runs the
tests with jobs in their name.
HELP
  exit 0
fi

cd "$(dirname "$0")/.."
tools/setup.sh
for preset in dev tsan release; do
  cmake --preset "$preset"
  cmake --build --preset "$preset"
done

# Twice as many tests as there are processors, because most wait for boards most of their time.
# In the background, so that a signal that ends this script begins no further test.
running=
status=0
trap '[ -z "$running" ] || kill "$running" 2>/dev/null; exit 143' INT TERM
run_tests() { # NAME CTEST-OPTION...
  echo "== tests, $1"
  ctest --output-on-failure -j"$(($(nproc) * 2))" "${@:2}" &
  running=$!
  wait "$running" || status=$?
}
run_tests dev --test-dir build/dev --no-tests=error "$@"
echo "== left out above, and why"
grep -ah '^SKIPPED:' build/dev/Testing/Temporary/LastTest.log | sort | uniq -c || echo "nothing"
run_tests tsan --test-dir build/tsan "$@"
run_tests 'without sanitizers' --test-dir build/release -L plain "$@"
exit "$status"
