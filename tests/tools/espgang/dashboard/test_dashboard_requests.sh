#!/usr/bin/env bash
# Refusals of the dashboard: requests of other sites, foreign names, bad paths, bodies and syntax; the headers of every answer;
# and mutated requests, by which it neither ends nor stops to answer.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"; . "$(dirname "$0")/lib.sh"
command -v curl >/dev/null || skip 'no curl here: the dashboard refused nobody'

make_job esp32c3 65536
begin_line --sim 2 --trigger api --fast --http-control --http-name line2.example

# Every answer has headers that keep pages of other sites from using it.
for path in / /api/v1/line /report /none; do
  ask "$path" -D "$work/head" >/dev/null
  for header in "content-security-policy: default-src 'none'" 'x-content-type-options: nosniff' 'x-frame-options: deny' \
    'referrer-policy: no-referrer' 'cross-origin-resource-policy: same-origin' 'cache-control: no-store'; do
    grep -qi "^$header" "$work/head" || fail "$path is answered without $header"
  done
  ! grep -qi '^access-control' "$work/head" || fail "$path is open to other sites"
done
ask / -D "$work/head" >/dev/null
! grep -i '^content-security-policy' "$work/head" | grep -q 'unsafe' || fail 'the page may run what was put into it'

# Names: if another site's name points here, the browser sends that name in Host.
status() { # WANTED WHAT PATH ARGUMENT...
  expect_equal "$2" "$(ask "${@:3}")" "$1"
}
status 421 'another name' / -H 'Host: evil.example'
status 421 'another name that begins alike' / -H 'Host: 127.0.0.1.evil.example'
status 200 'its name' / -H 'Host: line2.example:8080'

# Requests of other sites.
status 403 'a read by another site' /api/v1/line -H 'Origin: http://evil.example'
status 403 'a read by another site without Origin' /api/v1/line -H 'Sec-Fetch-Site: cross-site'
status 200 'a link from another site' / -H 'Sec-Fetch-Site: cross-site'
expect_equal 'a write by another site' "$(post /api/v1/drain '{}' -H 'Origin: http://evil.example')" 403
expect_equal 'a write by a page without origin' "$(post /api/v1/drain '{}' -H 'Origin: null')" 403
expect_equal 'a write by another port' "$(post /api/v1/drain '{}' -H 'Origin: http://127.0.0.1:1')" 403
status 415 'a form' /api/v1/drain -X POST -d 'a=b'
status 415 'text that looks like it' /api/v1/drain -X POST -H 'Content-Type: text/plain' --data-binary '{}'
status 415 'no type' /api/v1/drain -X POST -H 'Content-Type:' --data-binary '{}'

# Methods and paths.
status 405 'drain by a link' /api/v1/drain
status 405 'start by a link' '/api/v1/start?slot=1'
status 405 'a write to the page' / -X POST -H 'Content-Type: application/json' -d '{}'
for method in PUT DELETE OPTIONS TRACE PATCH; do
  status 405 "$method" /api/v1/line -X "$method"
done
for path in /etc/passwd /../../etc/passwd /%2e%2e/%2e%2e/etc/passwd //api/v1/line /api/v1/../../report /api/v1/LINE \
  /page.html '/report/' '/api/v1/line/' '/%2fapi/v1/line' '/api\v1\line'; do
  status 404 "$path" "$path" --path-as-is
done
status 400 'a slot without name' /api/v1/slot
status 404 'a slot that is not there' '/api/v1/slot?name=../../ledger.db'
status 400 'a run that is no number' '/api/v1/log?run=1;2'
status 400 'a run that is too large' '/api/v1/log?run=99999999999999999999'

# Bodies.
head -c 5000 /dev/zero | tr '\0' ' ' >"$work/large"
expect_equal 'a large body' "$(post /api/v1/start "@$work/large")" 413
expect_equal 'a large body in chunks' "$(post /api/v1/start "@$work/large" -H 'Transfer-Encoding: chunked')" 413
for body in '[' '[]' '"x"' '{"slot": 1}' '{"slot": "1", "more": 2}' '{"label": "x"}' '{"slot": "1", "slot": "2"}' \
  '{"slot": "1", "label": "a\u0007"}' '{"slot": "\u0000"}' $'{"slot": "\xff"}'; do
  expect_equal "the body $body" "$(post /api/v1/start "$body")" 400
done
long=$(head -c 600 /dev/zero | tr '\0' x)
expect_equal 'a long label' "$(post /api/v1/start "{\"slot\": \"1\", \"label\": \"$long\"}")" 400

# Syntax; a connection that is closed at once is an answer, too.
malformed() { # WHAT BYTES
  local first
  first=$(raw "$2")
  case $first in '' | 'HTTP/1.'[01]' 4'* | 'HTTP/1.'[01]' 5'*) ;; *) fail "$1 is answered with '$first'" ;; esac
}
malformed 'no HTTP' 'hello\r\n\r\n'
malformed 'bytes' '\0001\0377\0000\r\n\r\n'
malformed 'another version' 'GET / HTTP/9.9\r\nHost: localhost\r\n\r\n'
malformed 'no Host' 'GET / HTTP/1.1\r\n\r\n'
malformed 'an empty Host' 'GET / HTTP/1.1\r\nHost:\r\n\r\n'
malformed 'a path with a NUL' 'GET /%00 HTTP/1.1\r\nHost: evil.example\r\n\r\n'
malformed 'a negative length' 'POST /api/v1/start HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n'
malformed 'a length that is no number' 'POST /api/v1/start HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1x\r\n\r\nx'
malformed 'a long path' "GET /$(head -c 60000 /dev/zero | tr '\0' a) HTTP/1.1\r\nHost: localhost\r\n\r\n"
malformed 'a large head' "GET / HTTP/1.1\r\nHost: localhost\r\nX: $(head -c 60000 /dev/zero | tr '\0' a)\r\n\r\n"

# Too many requests are refused, and the line goes on.
for _ in $(seq 200); do printf 'url = "%s/none"\noutput = "/dev/null"\n' "$url"; done >"$work/many"
for _ in $(seq 20); do
  curl -s -K "$work/many" -w '%{http_code}\n' >>"$work/codes" || true
  ! grep -qx 429 "$work/codes" || break
done
grep -qx 429 "$work/codes" || fail "four thousand requests on end were all answered: $(sort "$work/codes" | uniq -c)"
answers() { [ "$(ask /api/v1/line)" = 200 ]; }
wait_until 'it answers again' answers
expect_equal 'runs that anything of this has begun' "$(ledger 'select count(*) from run')" 0

# Mutated requests, some of which begin boards. EG_REQUESTS_SECONDS=600 is the long form.
/usr/bin/python3 "$(dirname "$0")/mutate.py" "${address##*:}" "${EG_REQUESTS_SECONDS:-3}" "${EG_REQUESTS_SEED:-1}" >"$work/mutated.log" 2>&1 ||
  fail "mutated requests: $(cat "$work/mutated.log" "$work/line.err.log")"
cat "$work/mutated.log"
wait_until 'it answers after mutated requests' answers
kill -0 "$line" || fail "the line has ended: $(cat "$work/line.log" "$work/line.err.log")"
end_line # a label that comes again, on another board, is refused
