#!/usr/bin/env bash
# Failures of a ledger: full disk, no write permission, another program holding it, changed bytes, a clock that steps
# back, a newer version. Each gives one sentence and exit status 3; the line does not start, or stops, and nothing turns
# green that is not recorded.
build=$1; . "$(dirname "$0")/lib.sh"
clock_shim=$build/tests/fakes/libclock_shim.so
cd "$work"
make_job esp32 65536
expect_status 0 "$espgang" run job.yaml --sim 3 --fast --ledger good.db --batch good
expect_status 0 "$espgang" run job.yaml --sim 1 --fast --ledger other.db --batch other
expect_status 0 "$espgang" backup whole.db --ledger good.db

# one_sentence COMMAND...: check that it exits with 3, or with $status_wanted, one line on standard error and nothing on
# standard output.
one_sentence() {
  expect_status "${status_wanted:-3}" "$@"
  expect_equal "lines of '$*': $(cat err.log)" "$(wc -l <err.log)" 1
  grep -q '^espgang: ' err.log || fail "'$*' says $(cat err.log)"
  [ ! -s out.log ] || fail "'$*' prints $(cat out.log)"
}

# said TEXT COMMAND...: check the same, and that TEXT is the sentence.
said() {
  local sentence=$1
  shift
  one_sentence "$@"
  expect_equal "standard error of '$*'" "$(cat err.log)" "espgang: $sentence"
}

# everything LEDGER CHECK...: apply CHECK (said SENTENCE or one_sentence) to every command that opens a ledger.
everything() {
  local ledger=$1
  shift
  "$@" "$espgang" run job.yaml --sim 2 --fast --ledger "$ledger"
  "$@" "$espgang" report --html report.html --ledger "$ledger"
  "$@" "$espgang" pool list --ledger "$ledger"
  "$@" "$espgang" export -o export.jsonl --ledger "$ledger"
  "$@" "$espgang" backup backup.db --ledger "$ledger"
  "$@" "$espgang" merge other.db --ledger "$ledger"
  "$@" "$espgang" merge "$ledger" --ledger good.db
  for file in report.html export.jsonl backup.db ./*.part; do
    [ ! -e "$file" ] || fail "$file is left of a refused ledger"
  done
}

# A newer version.
cp whole.db newer.db
sqlite3 newer.db 'pragma user_version = 99'
known=$(sqlite3 whole.db 'pragma user_version')
everything newer.db said "ledger newer.db: has schema version 99, newer than $known, the newest that this espgang knows"

# Damage bytes in the middle of the file.
cp whole.db damaged.db
pages=$(($(stat -c %s damaged.db) / 4096))
head -c $((4096 * (pages / 2))) /dev/zero | tr '\0' '\245' |
  dd of=damaged.db bs=4096 seek=$((pages / 2)) conv=notrunc status=none
everything damaged.db said 'ledger damaged.db: database disk image is malformed'
head -c 4096 /dev/zero >zero.db
everything zero.db one_sentence

# Cut off.
head -c 50000 whole.db >short.db
everything short.db said 'ledger short.db: database disk image is malformed'

# Disk full: files may not grow. The line stops; every board shown as passed is recorded.
cp whole.db narrow.db
expect_status 3 bash -c 'ulimit -f 260; exec "$@"' - "$espgang" run job.yaml --sim 64 --fast --ledger narrow.db --batch narrow --plain
expect_text out.log 'ledger narrow.db: disk I/O error: File too large'
green=$(grep -c '^sim:esp32/[0-9]*: pass' out.log || true)
on_record=$(sqlite3 narrow.db "select count(*) from runs where batch = 'narrow' and outcome = 'pass'")
[ "$green" -le "$on_record" ] || fail "$green boards are green, and $on_record on record"
[ "$on_record" -lt 64 ] || fail 'there was room'
expect_status 0 "$espgang" run job.yaml --sim 1 --fast --ledger narrow.db
limited() { bash -c 'ulimit -f 100; exec "$@"' - "$@"; }
said 'copy.db: disk I/O error: File too large' limited "$espgang" backup copy.db --ledger good.db
said 'ledger fresh.db: disk I/O error: File too large' limited "$espgang" merge good.db --ledger fresh.db
[ ! -e copy.db ] || fail 'half a copy is left'
said 'standard output: No space left on device' bash -c '"$1" export --ledger good.db >/dev/full' - "$espgang"
said '/dev/full: No space left on device' "$espgang" export --ledger good.db -o /dev/full
said 'standard output: No space left on device' bash -c '"$1" export --zstd --ledger good.db >/dev/full' - "$espgang"

# Another program holds the ledger, and the message names it.
held() {
  one_sentence "$@"
  grep -qx 'espgang: ledger good.db: process [0-9]* (sqlite3) has kept it locked for 5 s' err.log || fail "$(cat err.log)"
}
coproc holder { sqlite3 good.db; }
holder_pid=$holder_PID # the shell forgets it when the program ends
echo 'begin immediate; select 1;' >&"${holder[1]}"
read -r _ <&"${holder[0]}"
held "$espgang" run job.yaml --sim 1 --fast --ledger good.db
held "$espgang" merge other.db --ledger good.db
expect_status 0 "$espgang" export --ledger good.db # reading goes on
expect_status 0 "$espgang" backup copy.db --ledger good.db
echo '.quit' >&"${holder[1]}"
wait "$holder_pid" || true

# The clock steps back by a day: runs keep the order of the chain, and the line goes on.
if [ -e "$clock_shim" ]; then
  preload=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
  expect_status 0 env ASAN_OPTIONS="$preload" LD_PRELOAD="$clock_shim" EG_CLOCK_SHIM=-86400 \
    "$espgang" run job.yaml --sim 2 --fast --ledger good.db --batch yesterday
  expect_equal 'times of the batch' "$(sqlite3 good.db "select count(*) from runs where batch = 'yesterday' and outcome = 'pass'
    and started < (select min(started) from runs where batch = 'good') and finish_order > 3")" 2
  expect_status 0 "$espgang" export --ledger good.db
  expect_equal 'order of the export' "$(grep -o '"batch":"[a-z]*"' out.log | uniq | tr -d '\n')" '"batch":"good""batch":"yesterday"'
  expect_status 0 "$espgang" export --since 1h --ledger good.db
  expect_equal 'the last hour' "$(grep -c '"batch":"yesterday"' out.log || true)" 0
  expect_status 0 "$espgang" report --html report.html --ledger good.db
  expect_text report.html yesterday
  expect_status 0 "$espgang" merge good.db --ledger all.db
fi

# No write permission. A superuser can write anywhere, so an ordinary user tries.
if [ "$(id -u)" -eq 0 ]; then
  chmod 755 "$work" && chmod -R a+rX "$work"
  as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  "${as_user[@]}" "$espgang" --version >/dev/null 2>&1 || skip 'another user cannot start what was built here'
else
  as_user=()
fi
rm -f -- *.db-wal *.db-shm *.lock
mkdir -p readonly && cp whole.db readonly/plain.db && cp good.db readonly/ledger.db && chmod 444 readonly/*.db && chmod 555 readonly
said 'ledger readonly/ledger.db: writing to folder readonly: Permission denied' \
  "${as_user[@]}" "$espgang" run job.yaml --sim 1 --fast --ledger readonly/ledger.db
said 'ledger readonly/ledger.db: opening '"$work"'/readonly/ledger.db.lock: Permission denied' \
  "${as_user[@]}" "$espgang" merge readonly/plain.db --ledger readonly/ledger.db
readonly='ledger readonly/ledger.db: this user may not write to it or its folder, which SQLite needs even for reading'
said "$readonly" "${as_user[@]}" "$espgang" pool list --ledger readonly/ledger.db
said "$readonly" "${as_user[@]}" "$espgang" export --ledger readonly/ledger.db
expect_status 0 "${as_user[@]}" "$espgang" export --ledger readonly/plain.db # a backup needs no other file
expect_equal 'runs of a backup' "$(wc -l <out.log)" 3
status_wanted=2 # a place that is named wrongly is a wrong command line
said 'readonly/copy.db: Permission denied' "${as_user[@]}" "$espgang" backup readonly/copy.db --ledger readonly/plain.db
said 'readonly/out.jsonl: Permission denied' "${as_user[@]}" "$espgang" export -o readonly/out.jsonl --ledger readonly/plain.db
