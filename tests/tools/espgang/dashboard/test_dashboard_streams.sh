#!/usr/bin/env bash
# A hundred clients that open streams and read nothing: no board waits for them, and others are served.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"; . "$(dirname "$0")/lib.sh"
command -v curl >/dev/null || skip 'no curl here: nobody was served beside the slow clients'

make_job esp32c3 65536
begin_line --sim 8 --watch --insertions 0 --pace 1000 --fast --seed 3
sockets=()
for i in $(seq 100); do
  exec {socket}<>"/dev/tcp/${address%:*}/${address##*:}"
  path=/api/v1/stream
  [ $((i % 2)) = 0 ] || path=/api/v1/events
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n' "$path" >&"$socket"
  sockets+=("$socket")
done
full() { [ "$(ask /api/v1/events -H 'Last-Event-ID: x')" = 503 ]; }
wait_until 'streams are limited' full
expect_equal 'what is said of it' "$(of_body '$.error.text')" 'too many streams are open'
ended() { ask /api/v1/line >/dev/null; of_body '$.line.ended'; }
before=$(ended)
further() { [ "$(ended)" -ge $((before + 100)) ]; }
wait_until 'the line goes on, and others are served' further
kill -INT "$line"
status=0
wait "$line" || status=$?
[ "$status" -le 1 ] || fail "the line ended with $status: $(cat "$work/line.err.log")"
unset 'children[-1]'
for socket in "${sockets[@]}"; do exec {socket}>&-; done
expect_equal 'results are the runs of the ledger' "$(grep -c '"event":"result"' "$work/line.log")" "$(ledger 'select count(*) from runs')"
