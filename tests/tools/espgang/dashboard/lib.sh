# shellcheck shell=bash
# Sourced by the tests of the dashboard, after tests/e2e/lib.sh.

# begin_line ARGUMENT...: start a line with a dashboard at $url, in the background as $line.
begin_line() {
  : >"$work/line.log" # the one in the background may make it later than it is read
  "$espgang" run "$work/job.yaml" --ledger "$work/ledger.db" --batch day --http 127.0.0.1:0 --json "$@" \
    </dev/null >"$work/line.log" 2>"$work/line.err.log" &
  line=$!
  children+=("$line")
  url=
  for _ in $(seq 600); do
    url=$(sed -n 's|.*dashboard at \(http://[^ /]*\)/.*|\1|p' "$work/line.log")
    [ -z "$url" ] || break
    kill -0 "$line" 2>/dev/null || break
    sleep 0.1
  done
  [ -n "$url" ] || fail "no dashboard: $(cat "$work/line.log" "$work/line.err.log")"
  address=${url#http://}
  case " $* " in *' --trigger api '*) wait_until 'boards can be begun' may_start ;; esac
}
may_start() { [ "$(ask /api/v1/line) $(of_body '$.line.may_start')" = '200 1' ]; }

# end_line [STATUS]: without it, 1 is wanted when the ledger has a board that did not pass.
end_line() {
  local status=0
  kill -INT "$line" 2>/dev/null || true
  wait "$line" || status=$?
  unset 'children[-1]'
  expect_equal 'status of the line' "$status" "${1:-$(ledger "select count(*) > 0 from runs where outcome <> 'pass'")}"
}

# ask PATH ARGUMENT...: write the body to $work/body, print the status.
ask() {
  curl -sS --max-time 60 -o "$work/body" -w '%{http_code}' "${@:2}" "$url$1" 2>"$work/curl.log" ||
    fail "curl $*: $(cat "$work/curl.log")"
}

post() { # PATH BODY ARGUMENT...
  ask "$1" -X POST -H 'Content-Type: application/json' --data-binary "$2" "${@:3}"
}

# of_body PATH: print a member of the answer.
of_body() {
  sqlite3 -batch :memory: "select json_extract(readfile('$work/body'), '$1')"
}

# raw TEXT: send these bytes, print the first line of the answer.
raw() {
  local socket first=
  trap '' PIPE
  exec {socket}<>"/dev/tcp/${address%:*}/${address##*:}"
  printf '%b' "$1" >&"$socket" || true
  IFS= read -r -t 60 first <&"$socket" || true
  exec {socket}>&-
  printf '%s' "${first%$'\r'}"
}

wait_until() { # WHAT COMMAND...
  for _ in $(seq 600); do
    ! "${@:2}" || return 0
    sleep 0.1
  done
  fail "$1: it did not become so in a minute: $(tail -5 "$work/line.log" "$work/body")"
}
