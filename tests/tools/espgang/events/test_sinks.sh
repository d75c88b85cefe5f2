#!/usr/bin/env bash
# Receivers in the station file and on the command line; what waits survives kill -9 of espgang; a queue that is full, or a disk,
# loses events only by name, and stops no board.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"; . "$(dirname "$0")/lib.sh"
[ -x "$python" ] || skip 'no python3 here: no receiver was tried'
cd "$work"
make_job esp32c3 65536
port=$(free_port)
url=http://127.0.0.1:$port/
run=("$espgang" run job.yaml --fast --ledger ledger.db --json)
waiting() {
  sqlite3 ledger.db.webhook-queue 'select count(*) from item'
}

# Killed in the middle, with the receiver away: what was on the disk is sent by the next run, before its own events.
"${run[@]}" --sim 4 --watch --insertions 0 --pace 20 --webhook "$url" </dev/null >printed 2>line.err.log &
line=$!
children+=("$line")
results() { # COUNT
  [ "$(sqlite3 -cmd '.timeout 5000' ledger.db.webhook-queue "select count(*) from item where text like '{\"event\":\"result\"%'")" -ge "$1" ]
}
wait_until 'results are in the queue' results 4
kill -9 "$line"
wait "$line" || true
kept=$(waiting)
sqlite3 ledger.db.webhook-queue 'select text from item order by id' >kept
came kept kept >/dev/null # from the first event on, without a gap
"$python" "$here/webhook.py" received >hook.log 2>hook.err.log &
children+=($!)
wait_until 'the webhook listens' grep -q . hook.log
url=http://127.0.0.1:$(head -n 1 hook.log)/
expect_status 0 "${run[@]}" --sim 2 --webhook "$url"
cat kept out.log >both
came received both >/dev/null
expect_equal 'the first events received' "$(head -n "$kept" received | grep -c '"sequence"')" "$kept"
expect_equal 'events left' "$(waiting)" 0

# A station file has them; a rehearsal sends nothing unless it is told to.
cat >station.yaml <<END
espgang_station: 1
ledger: ledger.db
webhook: {url: '$url'}
mqtt: {url: 'mqtts://broker.invalid', topic: fab/line-2, user: line-2, password_file: password}
dashboard: {http: '127.0.0.1:0', control: yes}
END
printf 'hush\n' >password
chmod 600 password
export ESPGANG_STATION=$work/station.yaml
sqlite3 ledger.db.webhook-queue "insert into item(text) values('{}')"
expect_status 0 "$espgang" station check
expect_text out.log 'dashboard: 127.0.0.1:0, clients may begin boards'
expect_text out.log 'events by mqtt: mqtts://broker.invalid, topic fab/line-2; 0 waiting'
expect_text out.log "events by webhook: ${url%/}, not encrypted; 1 waiting"
count=$(wc -l <received)
expect_status 0 "$espgang" run job.yaml --sim 1 --fast --plain
! grep -q 'events go to\|dashboard' out.log || fail 'a rehearsal uses the receivers of the station'
expect_equal 'events received' "$(wc -l <received)" "$count"
expect_status 0 "$espgang" events send --mqtt none
expect_equal 'events left' "$(waiting)" 0
unset ESPGANG_STATION

# A run at the station uses them.
start_boards gang 1 --chip esp32c3 --fast
cat >station.yaml <<END
espgang_station: 1
ledger: ledger.db
slots: [{name: A1, url: '${urls[0]}'}]
webhook: {url: '$url'}
dashboard: {http: '127.0.0.1:0'}
END
expect_status 0 "$espgang" run job.yaml --station station.yaml --json
came received out.log >/dev/null
expect_text out.log 'dashboard at http://127.0.0.1:'
expect_status 0 "$espgang" run job.yaml --station station.yaml --json --http none --webhook none
! grep -q 'events go to\|dashboard' out.log || fail 'none is somewhere'

# A queue that is full stops no board; what is lost is counted, and what it had before is sent.
sqlite3 ledger.db.webhook-queue "insert into item(text) values('\"' || hex(zeroblob(300000)) || '\"'), ('\"' || hex(zeroblob(223000)) || '\"')"
expect_status 0 "${run[@]}" --sim 2 --batch full --webhook "http://127.0.0.1:$port/" --queue-mb 1
expect_text out.log 'ledger.db.webhook-queue takes no more events, so they are kept in memory for now: database or disk is full'
grep -q '^espgang: webhook: [0-9]* events are lost: database or disk is full$' err.log || fail "no loss is told: $(cat err.log)"
grep -q '^espgang: webhook: [0-9]* events wait in ledger.db.webhook-queue: ' err.log || fail "not said what waits: $(cat err.log)"
expect_status 0 "$espgang" events send --ledger ledger.db --webhook "$url"
expect_equal 'events left' "$(waiting)" 0

# A queue that takes events again when the line has closed its output: whatever is said then goes nowhere.
for form in --plain --json; do
  sqlite3 ledger.db.webhook-queue "create trigger refuse before insert on item begin select raise(abort, 'refused'); end"
  : >late.log
  "$espgang" run job.yaml --fast --ledger ledger.db --sim 2 --batch late $form --webhook "$url" >late.log 2>late.err.log &
  line=$!
  children+=("$line")
  wait_until 'the refusal is told' grep -q 'takes no more events' late.log
  sqlite3 -cmd '.timeout 5000' ledger.db.webhook-queue 'drop trigger refuse'
  status=0
  wait "$line" || status=$?
  unset 'children[-1]'
  expect_equal "status of a line whose queue recovers ($form): $(cat late.err.log)" "$status" 0
done

# Bad input, each with one sentence and nothing touched.
refused() { # SENTENCE ARGUMENT...
  expect_status 2 "$espgang" run job.yaml --ledger none.db "${@:2}"
  expect_text err.log "espgang: $1"
  [ ! -e none.db ] || fail "'${*:2}' makes a ledger"
}
refused "--mqtt is 'mqtt:broker', not mqtts://HOST:PORT or mqtt://HOST:PORT" --mqtt mqtt:broker
refused '--mqtt-ca goes with an mqtt.url with mqtts://' --mqtt mqtt://b --mqtt-ca x
refused '--mqtt-topic goes with mqtt.url' --mqtt-topic x
refused "--webhook is 'ftp://h', not an address with https:// or http://" --webhook ftp://h
refused '--queue-mb takes 1 to 65536' --queue-mb 0
refused 'mqtt: nothing.pem: No such file or directory' --mqtt mqtts://b --mqtt-ca nothing.pem
refused 'webhook: nothing: No such file or directory' --webhook https://h --webhook-secret-file nothing
expect_status 2 "$espgang" run job.yaml --sim 1 --mqtt mqtt://b
expect_text err.log 'espgang: --mqtt and --webhook with --sim need --ledger'
expect_status 2 "$espgang" events send --ledger ledger.db
expect_text err.log 'espgang: nobody to send to'
printf 'this is no database, but it is long enough to be one' >ledger.db.mqtt-queue
chmod 600 ledger.db.mqtt-queue
expect_status 3 "${run[@]}" --sim 1 --mqtt mqtt://b
expect_text err.log 'ledger.db.mqtt-queue: file is not a database'
