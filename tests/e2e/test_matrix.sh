#!/usr/bin/env bash
# Every chip, with its ROM loader and its stub: a table of what espgang can do with it. Each cell is a separate command;
# after each, the whole flash is compared with its expected contents. Unsupported operations are refused, and change
# nothing.
build=$1; . "$(dirname "$0")/lib.sh"; . "$(dirname "$0")/one_board.sh"

operations=(detect mac id write verify read erase status md5 reset)

# Unsupported operations, by row (CHIP/LOADER) and operation: exit status and sentence.
declare -A refused_with
while read -r row operation answer; do
  refused_with[$row/$operation]=$answer
done <<'END'
esp8266/rom verify 2 the ROM of ESP8266 computes no digest
esp8266/rom read 1 ESP8266 reads no flash without a stub
esp8266/rom erase 1 ESP8266 erases nothing without a stub
esp8266/rom md5 2 the ROM of ESP8266 computes no digest
END
# Rows in which the ROM loader stands in for a stub, with the warning.
declare -A by_rom=(
  [esp32c2@0/stub]='there is no stub for this ESP32-C2, its ROM goes on'
)
# More rows: revisions, as major * 100 + minor, with another stub or none.
more_rows=(esp32c2@0 esp32p4@300)

at=0x20000
size=14001 # an even number of sectors, for the ROM of an ESP8266 erases pairs of them
make_bytes before.bin $((4 << 20)) 1
make_bytes rom.bin $size 2
make_bytes stub.bin $size 3
printf '[esptool]\nsync_timeout = 0.01\n' >hasty.cfg
mapfile -t chips < <("$vboard" --list-chips)
[ ${#chips[@]} -gt 0 ] || fail 'vboard lists no chips'
declare -A label
for line in "${chips[@]}"; do
  read -r name text <<<"$line"
  label[$name]=${text%, no stub}
  [ "$text" = "${label[$name]}" ] || by_rom[$name/stub]="there is no stub for this ${label[$name]}, its ROM goes on"
done

# command_of OPERATION LOADER: set the array `words` to its command line.
command_of() {
  case $1 in
    detect) words=(reset --after no-reset) ;;
    mac) words=(read-mac) ;;
    id) words=(flash-id) ;;
    write) words=(write-flash "$at" "$top/$2.bin") ;;
    verify) words=(verify-flash "$at" "$top/$2.bin") ;;
    read) words=(read-flash "$at" "$size" read.bin) ;;
    erase) words=(erase-region $((at + 4096)) 4096) ;;
    status) words=(write-flash-status --bytes 1 0x1c) ;;
    md5) words=(flash-md5 "$at" "$size") ;;
    reset) words=(reset --after hard-reset) ;;
  esac
}

# look_at OPERATION LOADER: check the output, and update the expected flash.
look_at() {
  case $1 in
    detect) expect_text out.log 'Chip type: ' ;;
    mac) expect_text out.log "MAC:                $mac" ;;
    id)
      expect_text out.log 'Manufacturer:       c8'
      expect_text out.log 'Device:             4016'
      expect_text out.log 'Flash size:         4MB'
      ;;
    write) put wanted $at "$top/$2.bin" ;;
    verify) expect_text out.log "$2.bin: 14004 bytes at 0x00020000 are in the flash" ;;
    read) part wanted $at $size | cmp - read.bin || fail 'it read something else' ;;
    erase) blank wanted $((at + 4096)) 4096 ;;
    status) expect_text out.log 'After flash status:   0x1c' ;;
    md5) expect_text out.log "MD5:                $(part wanted $at $size | md5sum | cut -d ' ' -f 1)" ;;
    reset) # then no loader answers
      ESPTOOL_CFGFILE=$top/hasty.cfg expect_status 1 \
        "$espgang" --port "$url" --before no-reset --connect-attempts 1 read-mac
      ;;
  esac
}

# cell ROW OPERATION BEFORE: run one command and check its result.
cell() {
  local loader=${1#*/} answer=${refused_with[$1/$2]-} words front
  front=("$espgang" --port "$url" --before "$3" --after no-reset)
  [ "$loader" != rom ] || front+=(--no-stub)
  command_of "$2" "$loader"
  if [ -n "$answer" ]; then
    expect_status "${answer%% *}" "${front[@]}" "${words[@]}"
    expect_equal 'standard error' "$(cat err.log)" "espgang: ${answer#* }"
    return
  fi
  expect_status 0 "${front[@]}" "${words[@]}"
  expect_text out.log "Connected to ${label[$chip]} on $url:"
  if [ -n "${by_rom[$1]-}" ]; then
    expect_text out.log "warning: ${by_rom[$1]}"
  elif [ "$loader" = stub ]; then
    expect_text out.log 'Stub flasher running'
  else
    expect_equal 'stubs in a row of the ROM' "$(grep -c '^Stub flasher' out.log || true)" 0
  fi
  look_at "$2" "$loader"
}

# loaders_of NAME: print the rows of a chip; a revision differs only in its stub.
loaders_of() {
  [ "${1#*@}" != "$1" ] || echo rom
  stubs && echo stub
}

# rows NAME URL MAC: run the rows of a chip, with a mark for each cell in NAME.LOADER. Each cell finds the board in the
# state that the previous one left.
rows() {
  local name=$1 url=$2 mac=$3 chip=${1%@*} top=$work loader operation before
  local work=$top/$name.work
  mkdir "$work"
  cd "$work"
  cp ../before.bin wanted
  for loader in $(loaders_of "$name"); do
    before=default-reset
    for operation in "${operations[@]}"; do
      set +e # which would have no effect inside of an `if`
      (
        set -e
        cell "$name/$loader" "$operation" $before
        cmp wanted "$top/$name/board1.bin" || fail 'the flash holds something else'
      ) 2>"$work/complaint"
      # shellcheck disable=SC2181 # see above
      if [ $? -eq 0 ]; then
        before=no-reset
        echo ok
      else
        before=default-reset
        echo FAIL
        sed "s,^,$name/$loader $operation: ," complaint >&2
      fi >>"$top/$name.$loader"
      set -e
    done
  done
}

stubs || echo 'SKIPPED: the rows of stubs: there are none in this build' >&2

# Two chips at a time.
number=0
workers=()
for name in "${!label[@]}" "${more_rows[@]}"; do
  number=$((number + 1))
  mac=$(printf '7c:df:a1:00:00:%02x' $number)
  revision=()
  [ "${name#*@}" = "$name" ] || revision=(--revision "${name#*@}")
  mkdir "$name"
  cp before.bin "$name/board1.bin"
  start_boards "$name" 1 --chip "${name%@*}" "${revision[@]}" --mac "$mac" --fast --flash-dir "$name"
  if [ ${#workers[@]} -eq 2 ]; then
    wait -n -p ended "${workers[@]}" || fail "the rows of a chip ended with $?"
    read -ra workers <<<"$(tr ' ' '\n' <<<"${workers[*]}" | grep -vx "$ended" | tr '\n' ' ')"
  fi
  rows "$name" "${urls[0]}" "$mac" &
  workers+=($!)
  children+=($!)
done
wait "${workers[@]}" || fail "the rows of a chip ended with $?"

# The table; letters refer to the notes below it.
status=0
declare -A letter=()
printf '%-12s %-6s' chip loader
printf ' %-6s' "${operations[@]}"
echo
for name in $(printf '%s\n' "${!label[@]}" "${more_rows[@]}" | sort); do
  for loader in $(loaders_of "$name"); do
    mapfile -t marks <"$name.$loader"
    printf '%-12s %-6s' "$name" "$loader"
    for i in "${!operations[@]}"; do
      mark=${marks[i]-FAIL}
      answer=${refused_with[$name/$loader/${operations[i]}]-}${by_rom[$name/$loader]-}
      if [ "$mark" = FAIL ]; then
        status=1
      elif [ -n "$answer" ]; then
        [ -n "${letter[$answer]-}" ] || letter[$answer]=$(printf "\\x$(printf %x $((97 + ${#letter[@]})))")
        mark=${letter[$answer]}
      fi
      printf ' %-6s' "$mark"
    done
    echo
  done
done
for answer in "${!letter[@]}"; do
  case $answer in
    [0-9]*) echo "${letter[$answer]} = refused with exit status ${answer%% *}: ${answer#* }" ;;
    *) echo "${letter[$answer]} = done, with a warning: $answer" ;;
  esac
done | sort
[ "$status" -eq 0 ] || fail 'cells of the table above, see the complaints'
