#!/usr/bin/env bash
# Lines whose boards are started by a key, a scanner or a program, or by answering; and how a line ends.
build=$1; . "$(dirname "$0")/lib.sh"

refused() { # SENTENCE ARGUMENT...
  local sentence=$1
  shift
  expect_status 2 "$espgang" run "$work/job.yaml" --ledger "$work/ledger.db" "$@"
  expect_text "$work/err.log" "$sentence"
}

wait_for() { # COUNT EVENT [LOG]
  local log=$work/${3:-line}.log
  for _ in $(seq 400); do
    [ "$(grep -c "\"event\":\"$2\"" "$log" || true)" -ge "$1" ] && return
    sleep 0.1
  done
  fail "no $1 events $2 in $(cat "$log" "$work/line.err.log")"
}

begin_line() { # ARGUMENT...: standard input is what is written to descriptor 9
  mkfifo "$work/keys"
  "$espgang" run "$work/job.yaml" --ledger "$work/ledger.db" --json "$@" <"$work/keys" >"$work/line.log" 2>"$work/line.err.log" &
  line=$!
  children+=("$line")
  exec 9>"$work/keys"
  rm "$work/keys"
}

end_line() { # STATUS
  local status=0
  exec 9>&-
  wait "$line" || status=$?
  unset 'children[-1]'
  expect_equal 'status of the line' "$status" "$1"
}

make_job esp32c3 65536
refused '--trigger-program: no such program: not-there' --sim 1 --trigger program --trigger-program not-there

# A scanner types slot and label, a key starts every free slot, and the end of the input ends the line.
begin_line --sim 2 --fast --trigger enter --batch keys
echo '2 SN 17' >&9
wait_for 1 result
echo 'nowhere SN-1' >&9
wait_for 1 warning
expect_text "$work/line.log" 'there is no slot nowhere; name one, or its number from 1 to 2'
echo >&9
wait_for 3 result
end_line 0
expect_equal 'by keys' "$(ledger "select group_concat(slot || ' ' || coalesce(label, '') || ' ' || outcome, ', ') from (select * from runs where batch = 'keys' order by label desc, slot)")" \
  'sim:esp32c3/2 SN 17 pass, sim:esp32c3/1  pass, sim:esp32c3/2  pass'
wait_for 1 unplugged

# Lines typed before the input ended are carried out.
printf '\n2\n' | "$espgang" run "$work/job.yaml" --sim 2 --fast --trigger enter --ledger "$work/ledger.db" --batch typed >"$work/out.log"
expect_text "$work/out.log" 'standard input has ended: no further board begins'
expect_equal typed "$(ledger "select count(*), min(outcome) from runs where batch = 'typed'")" '2|pass'

# Simulated fixtures are polled until a board answers, and simulated hands exchange the boards.
expect_status 0 "$espgang" run "$work/job.yaml" --sim 2 --fast --trigger poll --pace 100 --insertions 4 --ledger "$work/ledger.db" --batch exchanged
expect_equal exchanged "$(ledger "select count(*), count(distinct mac), count(distinct slot), min(outcome) from runs where batch = 'exchanged'")" '4|4|2|pass'

# A green board is withdrawn when another one shows its MAC: neither counts as passed, now or earlier.
begin_line --sim 2 --fast --trigger enter --batch twins --fault 2:mac=1
echo 1 >&9
wait_for 1 result
echo 2 >&9
wait_for 3 result
end_line 1
expect_equal twins "$(ledger "select group_concat(slot || ' ' || code || ' ' || attempts, ', ') from (select * from runs where batch = 'twins' order by slot, run)")" \
  'sim:esp32c3/1 ok 1, sim:esp32c3/1 duplicate-mac 0, sim:esp32c3/2 duplicate-mac 1'
expect_text "$work/line.log" '"units":2,"passed":0,"batch":{"unit_count":2,"passed_count":0,"first_pass_count":0,'
expect_status 1 "$espgang" run "$work/job.yaml" --sim 1 --fast --fault stuck@0x10010.3=1 --ledger "$work/ledger.db" --batch later
expect_text "$work/out.log" 'seen before: 6 runs, 0 passed'
expect_status 0 "$espgang" audit --ledger "$work/ledger.db"

# A program starts a board, with the label on its first line, and is told the outcome.
cat >"$work/fixture.sh" <<'END'
#!/bin/sh
name=$(basename "$2")
case $1 in
wait)
  until [ -e "$FIXTURE/go-$name" ]; do sleep 0.05; done
  rm "$FIXTURE/go-$name"
  echo "SN-$name"
  ;;
done) echo "$name $3 $ESPGANG_CODE $ESPGANG_MAC" >>"$FIXTURE/told" ;;
esac
END
chmod +x "$work/fixture.sh"
export FIXTURE=$work
begin_line --sim 2 --fast --trigger program --trigger-program "$work/fixture.sh" --batch program --fault 2:lie
touch "$work/go-1"
wait_for 1 unplugged
touch "$work/go-2"
wait_for 2 unplugged
kill -TERM "$line"
end_line 1
expect_equal told "$(cut -d ' ' -f 1-2 "$work/told")" $'1 pass\n2 fail'
expect_equal labels "$(ledger "select group_concat(label, ', ') from (select label from runs where batch = 'program' order by label)")" 'SN-1, SN-2'

# Remote boards are polled until they answer; the same board is not programmed twice.
start_boards remote 2 --chip esp32c3 --fast
begin_line --ports "$(join_by_comma "${urls[@]}")" --trigger poll --batch poll
wait_for 2 result
sleep 3
kill -TERM "$line"
end_line 0
expect_equal 'asked boards' "$(ledger "select count(*), min(outcome), count(distinct mac) from runs where batch = 'poll'")" '2|pass|2'

# The first SIGTERM lets the board in progress finish, a second one aborts it; the record names the signal.
make_job esp32c3 262144 'link: {baud: 115200}'
in_write() {
  begin_line --sim 1 --trigger enter --batch "$1"
  echo >&9
  for _ in $(seq 600); do grep -q '"event":"stage-begin".*"stage":"write"' "$work/line.log" && break; sleep 0.1; done
}
in_write drained
kill -TERM "$line"
for _ in $(seq 100); do grep -q 'no further board begins' "$work/line.err.log" && break; sleep 0.1; done
expect_text "$work/line.err.log" 'no further board begins; once more to abort those in progress'
end_line 0
expect_equal drained "$(ledger "select outcome from runs where batch = 'drained'")" pass
in_write aborted
kill -HUP "$line"
sleep 0.6
kill -TERM "$line"
end_line 130
expect_equal aborted "$(ledger "select outcome, code, substr(sentence, 1, 26) from runs where batch = 'aborted'")" \
  'aborted|cancelled|stopped by SIGTERM: write:'
