#!/usr/bin/env bash
# Shows what the tests do not run.
set -euo pipefail

if [ "${1-}" = --help ] || [ "${1-}" = -h ]; then
  cat <<'HELP'
Usage: tools/dev/coverage.sh [CTEST-OPTION...]

Builds in build/coverage, runs the tests (with CTEST-OPTIONs those that they choose) and prints the share of lines that ran, by folder.
build/coverage/files has it by file with the lines that did not run, build/coverage/functions the functions that did not. Needs
gcovr, which no test does.
HELP
  exit 0
fi
cd "$(dirname "$0")/../.."
command -v gcovr >/dev/null || { echo 'coverage.sh needs gcovr: apt install gcovr' >&2; exit 3; }

options=(-G Ninja -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug '-DCMAKE_C_FLAGS_DEBUG=-O0 --coverage -fprofile-update=atomic')
! command -v ccache >/dev/null || options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
[ -e build/coverage/build.ninja ] || cmake -S . -B build/coverage "${options[@]}" >/dev/null
nice cmake --build build/coverage -- -j3 >build/coverage/build.log || { tail -n 30 build/coverage/build.log >&2; exit 1; }
find build/coverage -name '*.gcda' -delete
nice ctest --test-dir build/coverage -j3 "$@" >build/coverage/tests.log ||
  echo 'some tests failed; what they ran counts all the same: build/coverage/tests.log'

# Ask gcov once; the reports are made from what it said.
gcovr=(gcovr --root . -j 2)
"${gcovr[@]}" --object-directory build/coverage --exclude 'tests/.*' --exclude 'build/.*' --exclude 'tools/bench/.*' \
  --gcov-ignore-parse-errors --json build/coverage/json
"${gcovr[@]}" -a build/coverage/json --txt build/coverage/files --csv build/coverage/csv
python3 - build/coverage/json <<'PYTHON' >build/coverage/functions
import json, sys
for file in json.load(open(sys.argv[1]))["files"]:
    for function in file.get("functions", []):
        if function["execution_count"] == 0:
            print(f'{file["file"]}:{function["lineno"]}: {function["name"]}')
PYTHON

# Lines of each file, added up by folder.
awk -F, 'NR > 1 {
    folder = $1; sub(/\/[^\/]*$/, "", folder)
    lines[folder] += $2; run[folder] += $3; all += $2; all_run += $3
  } END {
    for (folder in lines) printf "%5.1f %%  %6d lines  %s\n", 100 * run[folder] / lines[folder], lines[folder], folder | "sort -n"
    close("sort -n")
    printf "%5.1f %%  %6d lines  all\n", 100 * all_run / all, all
  }' build/coverage/csv
