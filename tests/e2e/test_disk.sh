#!/usr/bin/env bash
# A disk that fails at one write, or from one write on: the command reports it and exits with 3, the ledger is unchanged
# or fully written, and no output file is incomplete. BUILD SEED COUNT tries that many writes of each command, chosen by
# seed.
build=$1; . "$(dirname "$0")/lib.sh"
RANDOM=${2-1} samples=${3-10}
shim=$build/tests/libdisk_shim.so
[ -e "$shim" ] || fail "there is no $shim"
cd "$work"

make_job esp32c3 65536
printf 'test:\n  - {expect: "self-test: OK", timeout: 5s}\n' >>job.yaml
printf 'self-test: OK\n' >app.log
start_boards gang 2 --chip esp32c3 --fast --app-log app.log
for station in 1 2; do
  mkdir "$station"
  expect_status 0 "$espgang" run job.yaml --ports "${urls[$((station - 1))]}" --ledger "$station/real.db" --station "$station" --batch b
done
printf 'serial\n1\n2\n3\n' >serials.csv

# attempt COMMAND...: run it, status in `status`; EG_FAIL_* choose the failing writes.
attempt() {
  status=0
  timeout 60 env EG_COUNT_WRITE="$work/count" LD_PRELOAD="$shim" "$@" >out.log 2>err.log || status=$?
  [ "$status" -lt 124 ] || fail "write ${EG_FAIL_WRITE-} of '$*': status $status: $(tail -n 1 err.log)"
}

# sweep QUESTION COMMAND...: run it on a fresh copy of ledger 1 for each write. QUESTION asks the ledger for the
# command's change.
sweep() {
  local question=$1 before after count number all full tried=0
  shift
  fresh() { rm -rf now out.* && cp -r 1 now; }
  state() { sqlite3 now/real.db "$question"; }
  fresh
  before=$(state)
  attempt "$@"
  [ "$status" = 0 ] || fail "'$*' ends with $status: $(cat err.log)"
  after=$(state)
  [ ! -e out.file ] || cp out.file sound.file
  count=$(cat count)
  [ "$count" -gt 1 ] || fail "'$*' writes $count times"
  for number in $(for _ in $(seq "$samples"); do echo $(((RANDOM * 32768 + RANDOM) % count + 1)); done); do
    all=$((RANDOM % 2)) full=$((RANDOM % 2))
    fresh
    EG_FAIL_WRITE=$number
    export EG_FAIL_WRITE
    [ $all = 0 ] || export EG_FAIL_ALL=1
    [ $full = 0 ] || export EG_FAIL_FULL=1
    attempt "$@"
    unset EG_FAIL_WRITE EG_FAIL_ALL EG_FAIL_FULL
    case $status in
      0) expect_equal "state after '$*' that ended well, write $number" "$(state)" "$after" ;;
      3) grep -q '^espgang: ' err.log || fail "write $number of '$*': no sentence" ;;
      *) fail "write $number of '$*': status $status: $(cat err.log)" ;;
    esac
    case $(state) in
      "$before" | "$after") ;;
      *) fail "write $number of '$*': the ledger is neither as before nor as after: $(state)" ;;
    esac
    "$espgang" audit --ledger now/real.db >audit.log 2>&1 || fail "write $number of '$*': $(cat audit.log)"
    if [ -e out.file ]; then
      [ "$status" = 0 ] || fail "write $number of '$*': it failed, and the file is there"
      [ "$(stat -c %s out.file)" = "$(stat -c %s sound.file)" ] || fail "write $number of '$*': the file is not whole"
    fi
    tried=$((tried + 1))
  done
  rm -f sound.file
  echo "$tried of $count writes: $*"
}

sleep 1 # past the runs
moment=$(date -u +%FT%TZ)
runs='select count(*), (select count(*) from pool_row), (select count(*) from seal), (select count(*) from purged_log) from run'
sweep "$runs" "$espgang" merge 2/real.db --ledger now/real.db
sweep "$runs" "$espgang" pool import serials.csv --ledger now/real.db
sweep "$runs" "$espgang" backup out.file --ledger now/real.db
sweep "$runs" "$espgang" export --batch b --output out.file --ledger now/real.db
sweep "$runs" "$espgang" report --batch b --html out.file --ledger now/real.db
sweep "$runs" "$espgang" seal --batch b --yes --ledger now/real.db
sweep "$runs" "$espgang" purge --before "$moment" --reason old --yes --ledger now/real.db
sweep "$runs" "$espgang" bundle job.yaml --output out.file

# A line, whose events wait for a broker: every green board is right and recorded, and the next line works.
mkdir flash
attempt "$espgang" run job.yaml --sim 2 --fast --app-log app.log --flash-dir flash --ledger "$work/ledger.db" --batch counted --mqtt mqtt://127.0.0.1:9
expect_equal 'status of a line' "$status" 0
count=$(cat count)
for number in $(for _ in $(seq "$samples"); do echo $(((RANDOM * 32768 + RANDOM) % count + 1)); done); do
  rm -f flash/* "$work"/ledger.db*
  EG_FAIL_WRITE=$number attempt "$espgang" run job.yaml --sim 2 --fast --plain --app-log app.log --flash-dir flash --ledger "$work/ledger.db" --batch b --mqtt mqtt://127.0.0.1:9
  case $status in 0 | 1 | 3) ;; *) fail "write $number of a line: status $status: $(cat err.log)" ;; esac
  green=$(grep -c '^sim:esp32c3/[0-9]*: pass' out.log) || true
  on_record=$([ ! -e ledger.db ] || ledger "select count(*) from runs where outcome like 'pass%'" 2>/dev/null || true)
  [ "$green" -le "${on_record:-0}" ] || fail "write $number of a line: $green green, ${on_record:-0} on record"
  for board in $([ ! -e ledger.db ] || ledger "select substr(slot, instr(slot, '/') + 1) from runs where outcome like 'pass%'" 2>/dev/null || true); do
    cmp -s -n 65536 -i $((0x10000)):0 "flash/board$board.bin" firmware/app.bin || fail "write $number of a line: board $board is green and not right"
  done
  expect_status 0 "$espgang" run job.yaml --sim 1 --fast --app-log app.log --ledger "$work/ledger.db" --batch next
  expect_status 0 "$espgang" audit --ledger "$work/ledger.db"
done
echo "$samples of $count writes: run"
