#!/usr/bin/env bash
# The live view counts as a report does: sessions before this one too, and a board by its last run.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"
cd "$work"
command -v tmux >/dev/null || skip 'no tmux here; tools/setup.sh installs it'
make_job esp32c3 65536

run=("$espgang" run job.yaml --sim 4 --fast --ledger ledger.db --batch 48)
expect_status 1 "${run[@]}" --fault 2:lie
trap 'got=$?; set +e; tmux -S "$work/tmux" kill-server 2>/dev/null; (exit "$got"); finish' EXIT
tmux -S "$work/tmux" -f /dev/null new-session -d -x 80 -y 24 "$(printf '%q ' "${run[@]}" --trigger enter); exec sleep 1000"

# see TEXT: waits until the screen has it.
see() {
  for _ in $(seq 600); do
    tmux -S "$work/tmux" capture-pane -p >screen.log
    ! grep -qF -- "$1" screen.log || return 0
    sleep 0.1
  done
  fail "the screen never shows '$1': $(cat screen.log)"
}

see 'good 3  not good 1  yield 75.0 %'
tmux -S "$work/tmux" send-keys Enter
see 'good 4  not good 0  yield 100.0 %'
