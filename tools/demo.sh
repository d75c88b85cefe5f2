#!/usr/bin/env bash
# Installs what it needs, builds, and programs simulated boards from a real job into a ledger and an HTML report.
set -euo pipefail

if [ "${1-}" = --help ] || [ "${1-}" = -h ]; then
  cat <<'HELP'
Usage: tools/demo.sh [BOARDS]

Installs what it needs (apt, with sudo when not root), builds espgang, makes a firmware, and programs BOARDS simulated
boards (default 8) with it, at the speed of real ones. The ledger and the report stay in build/demo/.
HELP
  exit 0
fi
boards=${1:-8}
case $boards in
  '' | *[!0-9]*) echo "tools/demo.sh: '$boards' is not a number of boards; see --help" >&2; exit 2 ;;
esac

cd "$(dirname "$0")/.."
tools/setup.sh
cmake --preset release
cmake --build --preset release

bin=$PWD/build/release/tools
demo=$PWD/build/demo
mkdir -p "$demo"
"$bin/dev/make_firmware" --chip esp32 --size 1048576 --seed 1 "$demo/firmware"
cat > "$demo/job.yaml" <<'JOB'
espgang: 1
job: demo
version: 1.0.0
chip: esp32
firmware:
  from: firmware/flasher_args.json
link: {baud: 921600}
retry: {attempts: 2, baud: [921600, 460800, 115200]}
JOB

batch=demo-$(date -u +%Y%m%d-%H%M%S)
status=0
"$bin/espgang/espgang" check "$demo/job.yaml"
"$bin/espgang/espgang" run "$demo/job.yaml" --sim "$boards" --ledger "$demo/ledger.db" --batch "$batch" || status=$?
"$bin/espgang/espgang" report --ledger "$demo/ledger.db" --batch "$batch" --html "$demo/report.html"
echo "ledger: build/demo/ledger.db"
echo "report: build/demo/report.html"
exit "$status"
