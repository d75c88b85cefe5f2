#!/usr/bin/env bash
# Data read equals data written, and nothing else changes: lengths around a word, a sector and a megabyte, at even and
# odd addresses, compressed and not, by the stub and by the ROM. The simulated board's flash file is the witness.
build=$1; . "$(dirname "$0")/lib.sh"; . "$(dirname "$0")/one_board.sh"

lengths=(0 1 3 4 4095 4096 4097)
big=1048577
make_bytes before.bin $((4 << 20)) 1
make_bytes source.bin $((3 << 20)) 2

# prepare BIG: make files of all lengths with new bytes every time, and set the array `pairs` to their places: each
# length at the start of a sector and, as another file, at its second or last byte.
prepare() {
  local index address odd=(0xfff 0x001)
  pairs=()
  add() { # ADDRESS SIZE
    part "$top/source.bin" $skip "$2" >"$1.bin"
    skip=$((skip + 17))
    pairs+=("$1" "$1.bin")
  }
  for index in "${!lengths[@]}"; do
    address=$((0x10000 + index * 0x8000))
    add "$(printf 0x%06x $address)" "${lengths[index]}"
    add "$(printf 0x%06x $((address + 0x4000 + ${odd[index % 2]})))" "${lengths[index]}"
  done
  [ "$1" = no ] || { add 0x100000 $big; add 0x240fff $big; }
}

# written LOADER OPTION BIG: write all files with one command, and check the whole flash.
written() {
  local index
  prepare "$3"
  expect_status 0 "${board[@]}" write-flash "$2" "${pairs[@]}"
  for ((index = 0; index < ${#pairs[@]}; index += 2)); do
    put wanted "${pairs[index]}" "${pairs[index + 1]}"
  done
  # The ROM of an ESP8266 erases pairs of sectors, so after an odd number it erases one more.
  if [ "$chip $1" = 'esp8266 rom' ]; then
    for address in 0x19000 0x1d000 0x21000 0x29000 0x2d000 0x31000 0x39000; do blank wanted $address 4096; done
  fi
  cmp wanted "$flash" || fail "$chip by $1 with $2: the flash holds something else"
}

# read_back: read every file by its address and length.
read_back() {
  local index size
  for ((index = 0; index < ${#pairs[@]}; index += 2)); do
    size=$(stat -c %s "${pairs[index + 1]}")
    expect_status 0 "${board[@]}" read-flash "${pairs[index]}" "$size" read.bin
    cmp "${pairs[index + 1]}" read.bin || fail "$chip: $size bytes at ${pairs[index]} read otherwise"
  done
}

# by_stub URL and by_rom URL: test a chip with its stub, and with its ROM loader.
by_stub() {
  expect_status 0 "$espgang" --port "$1" --after no-reset reset
  board=("$espgang" --port "$1" --before no-reset --after no-reset)
  written stub -z big
  read_back
  written stub -u big
  expect_status 0 "${board[@]}" read-flash 0 all read.bin
  cmp wanted read.bin || fail "$chip: the whole flash read otherwise"
}

by_rom() {
  expect_status 0 "$espgang" --port "$1" --no-stub --after no-reset reset
  board=("$espgang" --port "$1" --no-stub --before no-reset --after no-reset)
  written rom -u no
  [ "$chip" != esp8266 ] || return 0
  read_back
  written rom -z no
}

# both URL: run both tests in a separate folder.
both() {
  local top=$work flash=$work/$chip/board1.bin skip=0
  local work=$top/$chip.work
  mkdir "$work"
  cd "$work"
  cp ../before.bin wanted
  by_rom "$1"
  ! stubs || by_stub "$1"
}

stubs || echo 'SKIPPED: the round trips by stubs: there are none in this build' >&2
workers=()
for chip in esp32 esp32c3 esp8266; do
  mkdir $chip
  cp before.bin $chip/board1.bin
  start_boards $chip 1 --chip $chip --fast --flash-dir $chip
  both "${urls[0]}" &
  workers+=($!)
  children+=($!)
done
for worker in "${workers[@]}"; do
  wait "$worker" || fail "the round trips of a chip ended with $?"
done

# A file at the address where that ROM erases too much is written last, whatever the order on the command line.
make_bytes low.bin 4096 3
make_bytes high.bin 8192 4
cp esp8266/board1.bin wanted
put wanted 0x81000 high.bin
put wanted 0x80000 low.bin
expect_status 0 "$espgang" --port "${urls[0]}" --no-stub write-flash 0x81000 high.bin 0x80000 low.bin
cmp wanted esp8266/board1.bin || fail 'one file erased a sector of the other'
