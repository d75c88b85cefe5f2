#!/usr/bin/env bash
# Installs what it needs, builds, and runs every test: with gcc under ASan+UBSan, then with clang under TSan.
set -euo pipefail

if [ "${1-}" = --help ] || [ "${1-}" = -h ]; then
  cat <<'HELP'
Usage: tools/test.sh [CTEST-OPTION...]

Installs what it needs (apt, with sudo when not root), builds espgang with the presets dev (gcc, AddressSanitizer and
UndefinedBehaviorSanitizer) and tsan (clang, ThreadSanitizer), and runs all tests with both. What follows goes to ctest:
'tools/test.sh -R jobs' runs the tests with jobs in their name.
HELP
  exit 0
fi

cd "$(dirname "$0")/.."
tools/setup.sh
for preset in dev tsan; do
  cmake --preset "$preset"
  cmake --build --preset "$preset"
done
for preset in dev tsan; do
  echo "== tests, preset $preset"
  ctest --preset "$preset" -j"$(nproc)" --no-tests=error "$@"
done
