# shellcheck shell=bash
# Sourced after lib.sh by the tests of commands for one board: hides the user's own settings and makes files to program.

unset "${!ESPTOOL_@}"
export HOME=$work # no configuration file
cd "$work"

# words NUMBER...: print little-endian 32-bit words as escapes for printf.
words() {
  local word
  for word; do
    printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((word & 255)) $((word >> 8 & 255)) $((word >> 16 & 255)) $((word >> 24 & 255))
  done
}

# part PATH ADDRESS SIZE: print these bytes of a file.
part() {
  dd if="$1" bs=64K skip=$(($2)) count=$(($3)) iflag=skip_bytes,count_bytes,fullblock status=none
}

# make_bytes PATH SIZE [SEED]: write bytes without a format, for any chip; the same bytes for the same seed.
make_bytes() {
  local path=$1 size=$2
  "$make_firmware" --chip esp32 --size $(((size + 65536 + 15) / 16 * 16)) --seed "${3:-1}" "$work/bytes" >/dev/null
  part "$work/bytes/app.bin" 1024 "$size" >"$path"
}

# make_elf PATH MACHINE ENTRY SECTION...: write an ELF file with sections NAME:ADDRESS:SIZE; sizes are multiples of 4.
make_elf() {
  local path=$1 machine=$2 entry=$3 name addr size names=' ' at=52 headers section
  shift 3
  make_bytes "$work/sections" $((1 << 18)) 7
  headers=$(words 0 0 0 0 0 0 0 0 0 0)
  for section; do
    IFS=: read -r name addr size <<<"$section"
    headers+=$(words ${#names} 1 3 "$addr" $at "$size" 0 0 4 0)
    names+="$name "
    at=$((at + size))
  done
  headers+=$(words 0 3 0 0 $at ${#names} 0 0 1 0)
  {
    printf '\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0'
    printf "$(words $((machine << 16 | 2)) 1 "$entry" 0 $((at + ${#names})) 0 52 $((40 << 16)) $(($# + 2 | ($# + 1) << 16)))"
    head -c $((at - 52)) "$work/sections"
    tr ' ' '\0' <<<"$names" | head -c ${#names}
    printf "$headers"
  } >"$path"
}

# expect_in_flash FLASH ADDRESS FILE: check that the flash holds the file at the address.
expect_in_flash() {
  part "$1" "$2" "$(stat -c %s "$3")" | cmp - "$3" || fail "$1 does not hold $3 at $2"
}

# blank FLASH ADDRESS SIZE: check that the range is erased.
blank() {
  head -c $(($3)) /dev/zero | tr '\0' '\377' | dd of="$1" bs=64K seek=$(($2)) oflag=seek_bytes conv=notrunc status=none
}

# put FLASH ADDRESS FILE: do to a flash file what writing does: erase the touched sectors, then write.
put() {
  local first=$(($2 / 4096 * 4096)) size
  size=$(stat -c %s "$3")
  [ "$size" -gt 0 ] || return 0
  blank "$1" $first $((($2 + size + 4095) / 4096 * 4096 - first))
  dd if="$3" of="$1" bs=64K seek=$(($2)) oflag=seek_bytes conv=notrunc status=none
}
