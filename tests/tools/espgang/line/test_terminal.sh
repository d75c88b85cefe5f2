#!/usr/bin/env bash
# The live view on a terminal: it fits the window, obeys keys, and puts the terminal back on every way out.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"
cd "$work"
command -v tmux >/dev/null || skip 'no tmux here; tools/setup.sh installs it'
stubs || skip 'no stubs in this build'
make_job esp32c3 65536
mkdir tmp
export TMPDIR=$work/tmp # a rehearsal that crashes leaves its ledger there

server=0 # each terminal has one of its own: a server that ends would take the next one's first command
tm() { tmux -S "$work/tmux$server" -f /dev/null "$@"; }
trap 'got=$?; set +e; tm kill-server 2>/dev/null; (exit "$got"); finish' EXIT

# begin COLUMNS ROWS WORD...: the words as a command in a new terminal; its status goes into `status`.
begin() {
  local columns=$1 rows=$2
  shift 2
  rm -f status
  tm kill-server 2>/dev/null || true
  server=$((server + 1))
  tm new-session -d -x "$columns" -y "$rows" "export LC_ALL=C.UTF-8; $(printf '%q ' "$@"); echo \$? >status; stty -a >stty.log; exec sleep 1000" \
    \; set -g status off \; set -g bell-action any \; set-hook -g alert-bell "run-shell 'touch $work/rang'"
}

# see TEXT: waits until the screen has it.
see() {
  for _ in $(seq 600); do
    tm capture-pane -p >screen.log
    ! grep -qF -- "$1" screen.log || return 0
    sleep 0.1
  done
  fail "the screen never shows '$1': $(cat screen.log)"
}

# ended WANTED: the command has ended so, and the terminal is as it was.
ended() {
  for _ in $(seq 600); do
    [ ! -s stty.log ] || [ ! -e status ] || break
    sleep 0.1
  done
  expect_equal 'the status' "$(cat status)" "$1"
  expect_equal 'the second screen of the terminal' "$(tm display -p '#{alternate_on}')" 0
  expect_equal 'the cursor' "$(tm display -p '#{cursor_flag}')" 1
  grep -qE '(^| )icanon' stty.log || fail "lines are not read as lines any more: $(cat stty.log)"
  grep -qE '(^| )echo( |;|$)' stty.log || fail "what is typed is not shown any more: $(cat stty.log)"
  rm stty.log
}

line=("$espgang" run job.yaml --sim 8 --watch --insertions 100000 --pace 5 --fault 2:lie --fault 3:lie)

# Keys, a window that changes its size, and the first failure rings.
begin 80 24 "${line[@]}"
see 'at work'
see '? help  1-9 A-Z slot  l log  d drain: finish, begin no more  q quit'
tm send-keys '?'
see 'the board is not good'
tm send-keys Escape
see '? help  1-9 A-Z slot'
tm send-keys 2
see 'Slot sim:esp32c3/2'
tm send-keys l
see 'Log of slot sim:esp32c3/2'
tm send-keys Escape
tm resize-window -x 60 -y 20
see '? help  1-9 A-Z slot  l log  d drain  q quit'
tm resize-window -x 40 -y 10
see '? help  d drain  q quit'
tm resize-window -x 200 -y 60
see 'd drain: finish, begin no more'
see 'Last not passed'
for _ in $(seq 600); do
  [ ! -e rang ] || break
  sleep 0.1
done
[ -e rang ] || fail 'no bell'
tm send-keys d
see 'passed in'
grep -q 'a rehearsal: ' screen.log || fail "no counts after the view: $(cat screen.log)"
ended 1

# Quitting asks first, and every board is on record.
begin 80 24 "${line[@]}"
see 'at work'
tm send-keys q
see 'q aborts, any other key goes on'
tm send-keys q
ended 130

# Signals that end the program at once, and crashes.
signals=(SEGV ABRT QUIT)
[ -z "${EG_SANITIZE-}" ] || signals=(ABRT QUIT) # a sanitizer reports the other one as a defect
for signal in "${signals[@]}"; do
  begin 80 24 "${line[@]}"
  see 'at work'
  pkill -"$signal" -P "$(tm display -p '#{pane_pid}')" || fail 'no program to crash'
  ended $((128 + $(kill -l "$signal")))
done
begin 80 24 "${line[@]}"
see 'at work'
for _ in 1 2 3; do
  pkill -INT -P "$(tm display -p '#{pane_pid}')" || true
  sleep 0.6
done
for _ in $(seq 600); do
  [ ! -e status ] || break
  sleep 0.1
done
ended "$(cat status)"

# A terminal that takes nothing (Ctrl-S) holds up no board.
begin 80 24 "$espgang" run job.yaml --sim 8 --ledger "$work/stopped.db" --batch stopped
see 'at work'
tm send-keys C-s
for _ in $(seq 600); do
  [ "$(sqlite3 stopped.db "select count(*) from runs where outcome = 'pass'" 2>/dev/null || true)" != 8 ] || break
  sleep 0.1
done
expect_equal 'boards that passed meanwhile' "$(sqlite3 stopped.db "select count(*) from runs where outcome = 'pass'")" 8
tm send-keys C-q
see '8 of 8 passed'
ended 0

# Without a keyboard there are no keys, and the view is there all the same.
begin 80 24 bash -c '"$@" </dev/null' - "${line[@]}"
see 'Ctrl-C finishes and begins no more'

# Without colours there are none; without Unicode the signs are of ASCII.
begin 80 24 env NO_COLOR=1 "${line[@]}"
see 'at work'
see 'Last not passed'
tm capture-pane -e -p >coloured.log
! grep -qE $'\033\\[([0-9;]*;)?(3[0-7]|4[0-7]|38;[0-9;]*|48;[0-9;]*)m' coloured.log || fail "colours in spite of NO_COLOR: $(cat -v coloured.log)"
begin 80 24 env LC_ALL=C "${line[@]}"
see 'Last not passed'
! LC_ALL=C grep -q '[^ -~]' screen.log || fail "more than ASCII in the locale C: $(cat screen.log)"

# The table that stays fits the window, and what did not pass is first.
begin 80 24 "$espgang" run job.yaml --sim 4 --fast --fault 2:lie
see '3 of 4 passed'
ended 1
grep -A1 '^SLOT  RESULT' screen.log | grep -q '^2 .*✗ FAIL' || fail "what did not pass is not first: $(cat screen.log)"

# What cannot place its cursor gets lines.
begin 80 24 env TERM=dumb "$espgang" run job.yaml --sim 2 --fast
see '2 of 2 passed'
ended 0

# The wall has fields and counts, and lines for the trigger may be keys.
begin 80 24 "${line[@]}" --wall
see 'not good'
begin 80 24 "$espgang" run job.yaml --sim 4 --trigger enter --fast
see '/? Enter: help'
tm send-keys '/?' Enter
see 'Lines to type'
tm send-keys '/' Enter
see 'Insert boards'
tm send-keys Enter
see '4 are good: take them out'
tm send-keys '/d' Enter
see '4 of 4 passed'
ended 0
