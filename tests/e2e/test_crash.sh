#!/usr/bin/env bash
# The programmer is killed again and again at random moments while boards get serials from a pool, and is started again
# for the boards that are not green. No serial may go to two boards, none may be lost, and each board that the ledger
# shows as passed must have the ledger's serial in its flash.
# Usage: test_crash.sh BUILD [BOARDS SLOTS KILLS SEED]; the soak is test_crash.sh build/release 1000 16 50
build=$1; . "$(dirname "$0")/lib.sh"

boards=${2:-40} slots=${3:-8} kills=${4:-5}
RANDOM=${5:-$$}
spare=7
echo "boards: $boards, slots: $slots, kills: $kills, seed: ${5:-$$}"

make_job esp32 65536 'retry: {attempts: 3}' 'unit:' '  serial: {pool: serials, format: "ACME-{:06d}"}' \
  '  nvs: {at: nvs, schema: nvs.csv, values: {serial: "{serial}", mac: "{mac}"}}'
printf 'key,type,encoding\nfactory,namespace,\nserial,data,string\nmac,data,string\n' >"$work/nvs.csv"
{
  echo serial
  seq 1 $((boards + spare))
} >"$work/serials.csv"
expect_status 0 "$espgang" pool import "$work/serials.csv" --pool serials --ledger "$work/ledger.db"

mac_of() { # NUMBER of the board
  printf '02:65:67:01:%02x:%02x' $(($1 / 256)) $(($1 % 256))
}

green() { # MAC
  [ "$(ledger "select count(*) from runs where mac = '$1' and outcome like 'pass%'")" -gt 0 ]
}

# program URL...: start the programmer on these boards; its process is $pid.
program() {
  local ports=()
  for url in "$@"; do ports+=(--ports "$url"); done
  "$espgang" run "$work/job.yaml" "${ports[@]}" --ledger "$work/ledger.db" --batch crash --json >>"$work/run.log" 2>&1 &
  pid=$!
  children+=("$pid")
}

# hold_on FOLDER FIRST: compare the flash of each board in the group with the ledger.
hold_on() {
  local folder=$1 number=$2 mac wanted nvs
  for ((board = 1; board <= count; board++, number++)); do
    mac=$(mac_of "$number")
    wanted=$(ledger "
      select value from run_value join runs on run = run_id
      where mac = '$mac' and outcome like 'pass%' and name = 'serial' order by run desc limit 1")
    expect_equal "the row of $mac" \
      "$(ledger "select printf('ACME-%06d', key) from pool_event join pool_row using (row_id)
                 where state = 'consumed' and pool_event.mac = '$mac'")" "$wanted"
    head -c $((0xf000)) "$folder/board$board.bin" | tail -c $((0x6000)) >"$work/nvs.bin"
    nvs=$("$espgang" nvs print "$work/nvs.bin")
    expect_equal "the serial in the flash of $mac" "$(sed -nE 's/^  serial +string +"(.*)"$/\1/p' <<<"$nvs")" "$wanted"
    expect_equal "the MAC in the flash of $mac" "$(sed -nE 's/^  mac +string +"(.*)"$/\1/p' <<<"$nvs")" "$mac"
  done
}

done_boards=0 killed=0 groups=$(((boards + slots - 1) / slots)) group=0 whole_ms=2000
while [ "$done_boards" -lt "$boards" ]; do
  count=$((boards - done_boards < slots ? boards - done_boards : slots))
  folder=$work/flash
  mkdir "$folder"
  start_boards boards "$count" --chip esp32 --mac "$(mac_of $((done_boards + 1)))" --flash-dir "$folder"
  vboard_pid=${children[-1]}
  # The first group shows how long it takes; the kills are spread over the others.
  due=$((groups > 1 ? kills * group / (groups - 1) - killed : kills))
  tries=0
  while :; do
    left=()
    for ((board = 1; board <= count; board++)); do
      green "$(mac_of $((done_boards + board)))" || left+=("${urls[board - 1]}")
    done
    [ "${#left[@]}" -gt 0 ] || break
    [ $((tries++)) -lt $((due + 20)) ] || fail "boards that are never green: $(tail -n 3 "$work/run.log")"
    begun=$(date +%s%3N)
    program "${left[@]}"
    if [ "$due" -gt 0 ]; then
      ms=$((RANDOM % (whole_ms * 9 / 10)))
      sleep "$((ms / 1000)).$(printf '%03d' $((ms % 1000)))"
      if kill -9 "$pid" 2>/dev/null; then
        killed=$((killed + 1)) due=$((due - 1))
      fi
      wait "$pid" 2>/dev/null || true
    else
      wait "$pid" || true
      [ "$tries" -gt 1 ] || whole_ms=$(($(date +%s%3N) - begun))
    fi
  done
  kill "$vboard_pid"
  wait "$vboard_pid" || true
  hold_on "$folder" $((done_boards + 1))
  rm -r "$folder"
  done_boards=$((done_boards + count)) group=$((group + 1))
done

echo "killed: $killed; runs: $(ledger 'select outcome, count(*) from runs group by 1' | tr '\n' ' ')"
expect_equal 'green boards' "$(ledger "select count(distinct mac) from runs where outcome like 'pass%'")" "$boards"
expect_equal 'serials consumed' "$(ledger "select count(*), count(distinct row_id), count(distinct mac) from pool_event where state = 'consumed'")" \
  "$boards|$boards|$boards"
expect_equal 'serials that two boards have had written' \
  "$(ledger "select count(*) from (select 1 from pool_event where state = 'written' group by row_id having count(distinct mac) > 1)")" 0
expect_equal 'boards that have had two serials written' \
  "$(ledger "select count(*) from (select 1 from pool_event where state = 'written' group by mac having count(distinct row_id) > 1)")" 0
expect_equal 'serials left' "$(ledger 'select count(*) from pool_free')" "$spare"
expect_equal 'serials in all' "$(ledger 'select count(*) from pool_row')" $((boards + spare))
expect_equal integrity "$(ledger 'pragma integrity_check')" ok
