#!/usr/bin/env bash
# Prints the share of lines that the tests run, by folder. Needs gcovr, which no test does. Usage: coverage.sh [CTEST-OPTION...]
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v gcovr >/dev/null || { echo 'coverage.sh needs gcovr: apt install gcovr'; exit 2; }

cmake -S . -B build/coverage -G Ninja -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS='-O0 --coverage -fprofile-update=atomic' >/dev/null
cmake --build build/coverage
find build/coverage -name '*.gcda' -delete
ctest --test-dir build/coverage -j"$(nproc)" "$@" || echo 'some tests failed; what they ran counts all the same'

# Lines of each file, added up by folder.
gcovr --root . --object-directory build/coverage --exclude 'tests/.*' --exclude 'build/.*' --exclude 'tools/bench/.*' --csv |
  awk -F, 'NR > 1 {
    folder = $1; sub(/\/[^\/]*$/, "", folder)
    lines[folder] += $2; run[folder] += $3; all += $2; all_run += $3
  } END {
    for (folder in lines) printf "%5.1f %%  %6d lines  %s\n", 100 * run[folder] / lines[folder], lines[folder], folder | "sort -n"
    close("sort -n")
    printf "%5.1f %%  %6d lines  all\n", 100 * all_run / all, all
  }'
