# shellcheck shell=bash
# Sourced by the tests of receivers, after tests/e2e/lib.sh.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=/usr/bin/python3

wait_until() { # WHAT COMMAND...
  for _ in $(seq 300); do
    ! "${@:2}" 2>/dev/null || return 0
    sleep 0.1
  done
  fail "$1: it did not become so in half a minute"
}

free_port() {
  "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

has_lines() { # FILE COUNT
  [ "$(wc -l <"$1")" -ge "$2" ]
}

says() { # FILE TEXT
  grep -qF -- "$2" "$1"
}

# came RECEIVED PRINTED: all events arrived, in order; prints how many, and how many of them again.
came() {
  "$python" "$here/sequence.py" "$1" "$2" 2>"$work/sequence.log" || fail "$(cat "$work/sequence.log")"
}

# end_line: end the line $line, in which boards may fail.
end_line() {
  local status=0
  kill -INT "$line"
  wait "$line" || status=$?
  [ "$status" -le 1 ] || fail "the line ended with $status: $(cat "$work/line.err.log")"
}
