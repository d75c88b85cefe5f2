#!/usr/bin/env bash
# Events by HTTP to a webhook that fails, moves, hangs up, does not answer and dies: every event arrives, in order, once or
# more, and signed.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"; . "$(dirname "$0")/lib.sh"
[ -x "$python" ] || skip 'no python3 here: no webhook was tried'
cd "$work"

hook() { # WORD...: start a webhook on $port
  : >hook.log
  WEBHOOK_PORT=$port "$python" "$here/webhook.py" received "$@" >hook.log 2>hook.err.log &
  hook=$!
  children+=("$hook")
  wait_until 'the webhook listens' grep -q . hook.log
}
export WEBHOOK_SECRET=quiet-please
printf 'quiet-please\n' >secret
printf 'Authorization: Bearer do-not-tell\nX-Line: 2\n' >headers
chmod 600 secret headers
port=$(free_port)
make_job esp32c3 65536
url=http://127.0.0.1:$port/hook-of-line-2
arguments=(--webhook "$url" --webhook-secret-file secret --webhook-headers-file headers)
run=("$espgang" run job.yaml --fast --ledger ledger.db --json "${arguments[@]}")

# It answers 500, closes, moves, and dies in the middle; the line goes on.
hook 500 close 302
"${run[@]}" --sim 4 --watch --insertions 0 --pace 20 --seed 3 </dev/null >printed 2>line.err.log &
line=$!
children+=("$line")
results() { # FILE COUNT
  [ "$(grep -c '"event": *"result"' "$1")" -ge "$2" ]
}
wait_until 'results arrive after failures' results received 4
kill -9 "$hook"
wait "$hook" || true
wait_until 'the line goes on without a webhook' results printed $(($(grep -c '"event":"result"' printed) + 4))
hook 404
end_line
expect_status 0 "$espgang" events send --ledger ledger.db "${arguments[@]}"
came received printed >count
grep -q '^ok application/json 2$' hook.log || fail "type, header or signature are not as they should be: $(cat hook.log)"
expect_text printed '"text":"webhook: http://127.0.0.1:'"$port"', signed, not encrypted: the server answers 500; events wait in ledger.db.webhook-queue"'
expect_text printed '"text":"webhook: the receiver takes events again"'
echo "webhook failing and killed: events received, of these again: $(cat count)"

# It takes a request and never answers: the end of the run waits for it only a moment, nothing is lost.
kill "$hook"
hook hang hang hang
expect_status 0 "${run[@]}" --sim 2 --batch hangs
cp out.log printed
expect_text err.log "espgang: webhook: "
expect_text err.log "events wait in ledger.db.webhook-queue"
kill -9 "$hook"
wait "$hook" || true
hook
expect_status 0 "$espgang" events send --ledger ledger.db "${arguments[@]}"
expect_text out.log "events go to http://127.0.0.1:$port, signed, not encrypted"
came received printed >count

# A wrong secret is refused, and so are files that others may read or that are no headers.
sqlite3 ledger.db.webhook-queue "insert into item(text) values('{}')"
echo wrong >other
chmod 600 other
expect_status 3 "$espgang" events send --ledger ledger.db --webhook "$url" --webhook-secret-file other
expect_text err.log 'espgang: webhook: 1 event waits in ledger.db.webhook-queue: the server answers 403'
printf 'X-Line: 2\nhush hush\n' >other
expect_status 2 "$espgang" events send --ledger ledger.db --webhook "$url" --webhook-headers-file other
expect_text err.log 'webhook: other:2: this is not a header, NAME: VALUE'
chmod 644 headers
expect_status 2 "$espgang" events send --ledger ledger.db "${arguments[@]}"
expect_text err.log 'webhook: headers: other users may read or change it; run: chmod 600 headers'
! grep -qa 'quiet-please\|do-not-tell\|hook-of-line' ledger.db* printed line.err.log out.log err.log ||
  fail 'a secret or the path of the webhook is in a file or on the screen'

# A certificate of a stranger.
command -v openssl >/dev/null || skip 'no openssl here: the webhook by HTTPS was not tried'
for name in server stranger; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout $name.key -out $name.pem -subj "/CN=$name" \
    -addext 'subjectAltName=IP:127.0.0.1' 2>>openssl.log || fail "openssl: $(cat openssl.log)"
done
kill "$hook"
export WEBHOOK_CERT=$work/server.pem WEBHOOK_KEY=$work/server.key
unset WEBHOOK_SECRET
hook
url=https://127.0.0.1:$port/
expect_status 3 "$espgang" events send --ledger ledger.db --webhook "$url" --webhook-ca stranger.pem
expect_text err.log 'SSL certificate problem'
expect_status 3 "$espgang" events send --ledger ledger.db --webhook "$url"
expect_text err.log 'SSL certificate problem'
expect_status 0 "$espgang" events send --ledger ledger.db --webhook "$url" --webhook-ca server.pem
