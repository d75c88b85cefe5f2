#!/usr/bin/env bash
# A rehearsal leaves no mark: a station that rehearsed a job three times records what one does that never did.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"
stubs || skip 'no stubs in this build'

# The job of the README, whose parts all are here.
"$make_firmware" --chip esp32 --size 65536 --seed 1 firmware >/dev/null
printf 'self-test: OK\n' >app.log
cat >nvs.csv <<'CSV'
key,type,encoding
app,namespace,
serial,data,string
mac,data,string
CSV
printf '#!/bin/sh\necho "$ESPGANG_EVENT" >>%q\n' "$work/hooks.ran" >label.sh
chmod +x label.sh
cat >job.yaml <<'JOB'
espgang: 1
job: acme-sensor
version: 1.4.0
chip: esp32
firmware:
  from: firmware/flasher_args.json
link:  {baud: 921600}
retry: {attempts: 2, baud: [921600, 460800, 115200]}
accept: {revision: ">=0.3", flash_size: ">=4MB", repeat: refuse}
unit:
  serial: {pool: serials, format: "ACME-{:06d}"}
  nvs: {at: nvs, schema: nvs.csv, values: {serial: "{serial}", mac: "{mac}"}}
test:
  - {expect: "self-test: OK", forbid: "Guru Meditation", timeout: 10s}
hooks: {after_board: ./label.sh}
JOB
seq 101 110 | sed '1i serial' >serials.csv

# station FOLDER: what follows is of a station whose ledger is there.
station() {
  export XDG_STATE_HOME=$work/$1
  station=$1
}

# answers: what a user would ask afterwards, without the times.
answers() {
  "$espgang" pool list
  "$espgang" pool show serials | cut -c1-40
  "$espgang" duplicates || true
  "$espgang" units --csv | cut -d, -f1-4
  "$espgang" report --batch real --junit - | grep -oE ' (tests|failures|errors|skipped)="[0-9]+"'
  "$espgang" audit | head -n 1
}

station rehearsed
expect_status 3 "$espgang" check job.yaml
expect_text err.log "job.yaml:11:18: there is no pool serials in ledger $work/rehearsed/espgang/ledger.db; fill it with 'espgang pool import FILE.csv'"
expect_status 3 "$espgang" run job.yaml --sim 1 --fast
expect_text err.log 'there is no pool serials'
[ ! -e rehearsed ] || fail "asking a ledger that is not there left $(find rehearsed)"
expect_status 0 "$espgang" pool import serials.csv
expect_status 0 "$espgang" check job.yaml
before=$(sha256sum <rehearsed/espgang/ledger.db)
for round in 1 2 3; do
  expect_status 0 "$espgang" run job.yaml --sim 2 --fast --plain --app-log app.log
  expect_text out.log 'note: this is a rehearsal on simulated boards: nothing of it stays on record; the hooks of the job do not run without --hooks'
  expect_text out.log 'a rehearsal: nothing of it stays on record'
done
expect_equal 'the ledger after the rehearsals' "$(sha256sum <rehearsed/espgang/ledger.db)" "$before"
[ ! -e hooks.ran ] || fail "a hook ran: $(cat hooks.ran)"
expect_equal 'left in the folder for temporary files' "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'espgang-rehearsal-*' -newer serials.csv -user "$(id -un)" | wc -l)" 0
expect_status 0 "$espgang" run job.yaml --sim 1 --fast --plain --app-log app.log --hooks
expect_equal 'hooks that were asked for' "$(cat hooks.ran)" after-board
rm hooks.ran
expect_status 0 "$espgang" run job.yaml --sim 1 --fast --json --app-log app.log
expect_text out.log '"rehearsal":true'

station fresh
expect_status 0 "$espgang" pool import serials.csv
for name in rehearsed fresh; do
  station $name
  start_boards "$name" 2 --chip esp32 --fast --app-log app.log
  for url in "${urls[@]}"; do # one after the other, so that each board's serial is known
    expect_status 0 "$espgang" run job.yaml --batch real --plain --ports "$url"
  done
  expect_text out.log "batch real in $work/$name/espgang/ledger.db"
  answers >"$name.answers"
  kill "${children[-1]}"
done
[ -s fresh.answers ] || fail 'there are no answers'
diff fresh.answers rehearsed.answers || fail 'the rehearsals left a mark'
expect_equal 'hooks of real boards' "$(wc -l <hooks.ran)" 4

# What the batch does not take is refused before a board is started.
expect_status 0 "$espgang" seal --batch real --yes
expect_status 2 "$espgang" check job.yaml --batch real
expect_text err.log 'batch real was sealed at '
sed -e 's/acme-sensor/other/' -e '/^unit/,$d' job.yaml >other.yaml
start_boards again 2 --chip esp32 --fast --mac 02:65:67:00:01:01
expect_status 0 "$espgang" run other.yaml --batch mixed --plain --ports "${urls[0]}"
expect_status 2 "$espgang" run job.yaml --batch mixed --plain --ports "${urls[1]}"
expect_text err.log 'batch mixed has runs of the job other; name another batch for acme-sensor'
expect_equal 'runs of the refused batch' "$(sqlite3 "$work/fresh/espgang/ledger.db" "select count(*) from runs where batch = 'mixed'")" 1
