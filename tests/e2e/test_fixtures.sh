#!/usr/bin/env bash
# A real ESP-IDF build folder, as the build left it.
build=$1; . "$(dirname "$0")/lib.sh"

folder=${EG_FIXTURES:-}/jobs/esp32-idf
[ -r "$folder/flasher_args.json" ] || skip "no fixtures at '${EG_FIXTURES:-}' (EG_FIXTURES)"
cat >"$work/job.yaml" <<YAML
espgang: 1
job: app-template
chip: esp32
firmware: {from: $folder/flasher_args.json}
