#!/usr/bin/env bash
# Events by MQTT to a real broker: it is killed and restarted during a batch, is away for a whole batch, refuses a user, and
# has a certificate of a stranger. Every event arrives, in order, once or more.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"; . "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin
command -v mosquitto >/dev/null && command -v mosquitto_sub >/dev/null ||
  skip 'no broker here: MQTT was not tried (Debian packages mosquitto and mosquitto-clients)'
cd "$work"

port=$(free_port)
# A broker that keeps its subscribers and their messages, so that its own death loses nothing that it has acknowledged.
cat >broker.conf <<END
listener $port 127.0.0.1
allow_anonymous true
persistence true
persistence_location $work/
max_inflight_messages 0
max_queued_messages 0
END
[ "$(id -u)" != 0 ] || echo 'user root' >>broker.conf
start_broker() {
  mosquitto -c broker.conf >>broker.log 2>&1 &
  broker=$!
  children+=("$broker")
  wait_until 'the broker takes connections' mosquitto_pub -p "$port" -t probe -n
}
kill_broker() {
  kill -9 "$broker"
  wait "$broker" || true
}
start_broker
mosquitto_sub -p "$port" -i subscriber -c -q 1 -t line/1 -t marker >received 2>sub.log &
children+=($!)
marker() { # TEXT: the subscriber hears what is published
  mosquitto_pub -p "$port" -q 1 -t marker -m "# $1" && sleep 0.1 && says received "# $1"
}
wait_until 'the subscriber hears' marker first
kill -USR1 "$broker"
wait_until 'the broker knows its subscriber after a restart' test -s mosquitto.db

# Killed twice in the middle of a line.
make_job esp32c3 65536
run=("$espgang" run job.yaml --fast --ledger ledger.db --json --mqtt "mqtt://127.0.0.1:$port" --mqtt-topic line/1)
"${run[@]}" --sim 4 --watch --insertions 0 --pace 20 --seed 3 --batch killed </dev/null >printed 2>line.err.log &
line=$!
children+=("$line")
results() { # COUNT
  [ "$(grep -c '"event":"result"' received)" -ge "$1" ]
}
wait_until 'results arrive' results 4
for time in 1 2; do
  kill_broker
  before=$(grep -c '"event":"result"' printed)
  more_printed() { [ "$(grep -c '"event":"result"' printed)" -ge $((before + 4)) ]; }
  wait_until 'the line goes on without a broker' more_printed
  wait_until 'the operator hears of it' says printed 'events wait in '
  start_broker
  wait_until 'the subscriber hears again' marker "again $time"
  wait_until 'what waited arrives' results "$before"
done
end_line
expect_equal 'what is said at the end' "$(grep -v 'new ledger\|no further board' line.err.log | grep .)" ''
last() { says received "$(tail -n 1 printed)"; }
wait_until 'the last event arrives' last
came received printed >count
expect_equal 'runs that the receiver has' "$(grep '"event":"result"' received | grep -o '"run":[0-9]*' | sort -u | wc -l)" \
  "$(ledger 'select count(*) from runs')"
echo "broker killed twice: events received, of these again: $(cat count)"

# Away for a whole batch; the next run sends both, in order.
kill_broker
expect_status 0 "${run[@]}" --sim 2 --batch away
cp out.log both
expect_equal 'events in the queue' "$(sqlite3 ledger.db.mqtt-queue 'select count(*) from item')" "$(grep -vc '"event":"progress"' both)"
grep -q "^espgang: mqtt: [0-9]* events wait in ledger.db.mqtt-queue: Connection refused; the next run sends them, or 'espgang events send'$" err.log ||
  fail "not said what waits: $(cat err.log)"
start_broker
wait_until 'the subscriber is back' marker third
expect_status 0 "${run[@]}" --sim 2 --batch after
cat out.log >>both
last_of_both() { says received "$(tail -n 1 both)"; }
wait_until 'both batches arrive' last_of_both
came received both >/dev/null
expect_equal 'events left' "$(sqlite3 ledger.db.mqtt-queue 'select count(*) from item')" 0

# A user and a topic that the broker refuses, a password file that others may read, and certificates.
kill_broker
certificate() { # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout "$1.key" -out "$1.pem" -subj "/CN=$1" \
    -addext "subjectAltName=IP:127.0.0.1" 2>>openssl.log || fail "openssl: $(cat openssl.log)"
}
certificate broker
certificate stranger
mosquitto_passwd -b -c passwords line-2 hush-hush 2>/dev/null
printf 'user line-2\ntopic write line/2\n' >rules
tls=$(free_port)
cat >>broker.conf <<END
password_file $work/passwords
acl_file $work/rules
listener $tls 127.0.0.1
certfile $work/broker.pem
keyfile $work/broker.key
END
sed -i 's/allow_anonymous true/allow_anonymous false/' broker.conf
chmod 644 passwords rules broker.key
mosquitto -c broker.conf >>broker.log 2>&1 &
children+=($!)
wait_until 'the broker takes connections again' mosquitto_pub -p "$port" -u line-2 -P hush-hush -t line/2 -n
echo wrong >password
chmod 600 password
send() { # STATUS URL TOPIC ARGUMENT...
  [ "$(sqlite3 ledger.db.mqtt-queue 'select count(*) from item')" != 0 ] ||
    sqlite3 ledger.db.mqtt-queue "insert into item(text) values('{}')"
  expect_status "$1" "$espgang" events send --ledger ledger.db --mqtt "$2" --mqtt-topic "$3" --mqtt-user line-2 \
    --mqtt-password-file password "${@:4}"
}
refused() { # TEXT
  expect_text err.log "espgang: mqtt: 1 event waits in ledger.db.mqtt-queue: $1"
}
send 3 "mqtt://127.0.0.1:$port" line/2
refused 'the broker refuses the connection: Not authorized'
echo hush-hush >password
send 3 "mqtt://127.0.0.1:$port" line/1
refused 'the broker refuses an event: Not authorized'
send 0 "mqtt://127.0.0.1:$port" line/2
expect_text out.log ", topic line/2, not encrypted"
send 3 "mqtts://127.0.0.1:$tls" line/2 --mqtt-ca stranger.pem
refused 'TLS: '
send 3 "mqtts://127.0.0.1:$tls" line/2 # the authorities of the system do not know it
refused 'TLS: '
send 3 "mqtts://localhost:$tls" line/2 --mqtt-ca broker.pem # which is not in its certificate
send 0 "mqtts://127.0.0.1:$tls" line/2 --mqtt-ca broker.pem
! grep -q 'not encrypted' out.log || fail 'TLS is called not encrypted'
chmod 640 password
send 2 "mqtts://127.0.0.1:$tls" line/2 --mqtt-ca broker.pem
expect_text err.log 'mqtt: password: other users may read or change it; run: chmod 600 password'
! grep -qa 'hush-hush' ledger.db* printed line.err.log out.log err.log || fail 'the password is in a file or on the screen'
