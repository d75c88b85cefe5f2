#!/usr/bin/env bash
# A rehearsal leaves no trace: a station that rehearsed a job three times records the same as a station that never did.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"
stubs || skip 'no stubs in this build'
mkdir tmp
export TMPDIR=$work/tmp # other lines of this machine may rehearse now

# The job of the README; all its files exist.
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

# station FOLDER: switch to the station whose ledger is there.
station() {
  export XDG_STATE_HOME=$work/$1
  station=$1
}

# answers: print the answers to a user's questions, without times.
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
  expect_text out.log 'note: this is a rehearsal on simulated boards: nothing of it stays on record; the programs of the job do not run without --hooks, and their answers are simulated'
  expect_text out.log 'a rehearsal: nothing of it stays on record'
done
expect_equal 'the ledger after the rehearsals' "$(sha256sum <rehearsed/espgang/ledger.db)" "$before"
[ ! -e hooks.ran ] || fail "a hook ran: $(cat hooks.ran)"
expect_equal 'left in the folder for temporary files' "$(find tmp -mindepth 1 | wc -l)" 0
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

# A rehearsal ignores the history, but is shown the pool rows that the next boards get. Its folder is removed however it
# ends.
printf '#!/bin/sh\ncd %q/espgang-rehearsal-*/ && { stat -c "%%n %%a" . ledger.db; sqlite3 ledger.db "select count(*) from run;
  select count(*) from pool_row; select count(*) from run_claim"; } >>%q\n' "$TMPDIR" "$work/seen" >label.sh
before=$(sha256sum <fresh/espgang/ledger.db)
expect_status 0 "$espgang" run job.yaml --sim 1 --fast --plain --app-log app.log --hooks --batch real
expect_equal 'beside a rehearsal' "$(tr '\n' ' ' <seen)" '. 700 ledger.db 600 1 0 1 '
expect_equal 'the ledger after it' "$(sha256sum <fresh/espgang/ledger.db)" "$before"
sed -e 's/retry:.*/test: [{expect: never, timeout: 60s}]/' -e '/^test:$/,$d' job.yaml >slow.yaml
for times in 1 2; do
  : >out.log # which otherwise still has the log of the run before
  "$espgang" run slow.yaml --sim 1 --fast --json >out.log 2>err.log &
  children+=($!)
  until grep -q '"stage-begin".*"test"' out.log; do sleep 0.1; done
  expect_equal 'folders of a rehearsal in progress' "$(find tmp -name 'espgang-rehearsal-*' | wc -l)" 1
  if [ $times = 2 ]; then kill -STOP $! && kill -TERM $! && kill -CONT $! && sleep 0.7; fi
  kill -TERM $! 2>/dev/null || true
  status=0; wait $! || status=$?
  [ "$status" -ne 0 ] || fail 'a rehearsal that was ended has passed'
  expect_equal "left after SIGTERM, $times" "$(find tmp -mindepth 1)" ''
done

# A board that the batch does not accept is refused before a board is started.
expect_status 0 "$espgang" seal --batch real --yes
expect_status 2 "$espgang" check job.yaml --batch real
expect_text err.log 'batch real was sealed at '
sed -e 's/acme-sensor/other/' -e '/^unit/,$d' job.yaml >other.yaml
start_boards again 2 --chip esp32 --fast --mac 02:65:67:00:01:01
expect_status 0 "$espgang" run other.yaml --batch mixed --plain --ports "${urls[0]}"
expect_status 2 "$espgang" run job.yaml --batch mixed --plain --ports "${urls[1]}"
expect_text err.log 'batch mixed has runs of the job other; name another batch for acme-sensor'
expect_equal 'runs of the refused batch' "$(sqlite3 "$work/fresh/espgang/ledger.db" "select count(*) from runs where batch = 'mixed'")" 1

# The hook that makes values runs only when requested; placeholder values are marked, or refused.
printf '#!/bin/sh\necho >>%q\necho "{\\"key\\": \\"00ff\\", \\"issue\\": 7}"\n' "$work/made" >make_key
chmod +x make_key
make_job esp32 65536 'unit:' '  generate: {program: ./make_key}' '  unique: key' \
  '  raw: [{at: 0x1f0000, hex: "{key}"}, {at: 0x1f1000, value: "{key:upper} {note} {issue:04d}"}]'
expect_status 0 "$espgang" run job.yaml --sim 2 --fast --plain --flash-dir .
[ ! -e made ] || fail 'the program of unit.generate ran'
expect_equal 'what stands for a key' "$(head -c $((0x1f0000 + 26)) board1.bin | tail -c 26)" 'SIMULATED-key-026567000001'
expect_equal 'what stands for a text' "$(head -c $((0x1f1000 + 85)) board2.bin | tail -c 32 | tr -d '\377')" 'SIMULATED-note-026567000002 0002'
expect_status 1 "$espgang" run job.yaml --sim 1 --fast --plain --hooks
expect_text out.log 'unit: unit.raw.value at 0x1f1000 has {note}, which is none of '
rm made
make_job esp32 65536 'unit:' '  generate: {program: ./make_key}' '  nvs: {at: nvs, schema: number.csv, values: {number: "{number}"}}'
printf 'key,type,encoding\napp,namespace,\nnumber,data,u8\n' >number.csv
expect_status 1 "$espgang" run job.yaml --sim 1 --fast --plain
expect_text out.log 'unit: unit.generate.program runs in a rehearsal with --hooks only, and what stands for its answer does not fit: '
[ ! -e made ] || fail 'the program of unit.generate ran'
