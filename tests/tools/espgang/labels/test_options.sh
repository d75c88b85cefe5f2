#!/usr/bin/env bash
# What is wrong with a printer is told with its option or its place in the station file.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"
cd "$work"
make_job esp32c3 65536
printf '{mac}\n' >label.txt
check() { expect_status "$1" env ESPGANG_STATION="$work/station.yaml" "$espgang" check job.yaml --label-template label.txt "${@:2}"; }
printf 'espgang_station: 1\nprinter:\n  to: lpr\n' >station.yaml
check 2
expect_text err.log "station.yaml:3:7: 'lpr' is not tcp://HOST[:PORT], file:PATH, folder:PATH or program:PATH"
printf 'espgang_station: 1\nprinter:\n  to: program:./print\n' >station.yaml
check 2
expect_text err.log 'station.yaml:3:7: printer program:'
expect_text err.log 'print'
check 0 --printer none
check 0 --printer tcp://127.0.0.1
check 2 --printer folder:gone
expect_text err.log '--printer: printer folder:gone: gone: No such file or directory'
check 2 --printer folder:station.yaml
expect_text err.log '--printer: printer folder:station.yaml: station.yaml is not a folder'
expect_status 2 "$espgang" check job.yaml --printer file:out --label-template gone.txt
expect_text err.log gone.txt
