#!/usr/bin/env bash
# elf2image, merge-bin and image-info compared with the reference tool's results, and their refusals.
build=$1; . "$(dirname "$0")/lib.sh"

# Without a board, only files are read.
for verb in elf2image merge-bin image-info; do
  expect_status 0 "$espgang" "$verb" --help
  expect_text "$work/out.log" "Usage: espgang $verb"
  ! grep -q -- '--connect-attempts' "$work/out.log" || fail "help of $verb speaks of a board"
done

# refused SENTENCE COMMAND...: check for status 2, the sentence, and no new file.
refused() {
  local sentence=$1
  shift
  expect_status 2 "$@"
  expect_equal "what '$*' says" "$(cat "$work/err.log")" "espgang: $sentence"
  [ ! -e "$work/out.bin" ] && [ ! -e "$work/out.bin.part" ] || fail "'$*' left a file"
}

cd "$work"
printf 'no image' >text
printf '\x7fELF' >short.elf
head -c 4096 /dev/urandom >a.bin
refused "elf2image needs --chip, one of $("$espgang" --version | sed -n 's/^chips: //p')" \
  "$espgang" elf2image short.elf -o out.bin
refused 'text: is no ELF file: it does not begin with 7f 45 4c 46' "$espgang" --chip esp32 elf2image text -o out.bin
refused 'text: byte at offset 0x0 is 0x6e, not the 0xe9 of an image' "$espgang" image-info text
refused 'none: No such file or directory' "$espgang" image-info none
refused 'none: No such file or directory' "$espgang" --chip esp32 merge-bin -o out.bin 0 none
expect_status 2 "$espgang" --chip esp32 elf2image short.elf -o out.bin
expect_text err.log 'espgang: short.elf: '
expect_status 2 "$espgang" --chip esp32 merge-bin -o out.bin 0x1000 a.bin 0x1800 a.bin
expect_text err.log 'a.bin'
[ ! -e out.bin ] || fail 'files that overlap were merged'

# image-info and write-flash give the same result for every merged format.
"$make_firmware" --chip esp32 --size 65536 --seed 3 firmware >/dev/null
expect_status 0 "$espgang" --chip esp32 merge-bin -o merged.bin 0x1000 firmware/bootloader/bootloader.bin 0x10000 firmware/app.bin
expect_status 0 "$espgang" --chip esp32 merge-bin --format hex -o merged.hex 0x1000 firmware/bootloader/bootloader.bin 0x10000 firmware/app.bin
expect_status 0 "$espgang" --chip esp32 merge-bin --format uf2 -o merged.uf2 0x1000 firmware/bootloader/bootloader.bin 0x10000 firmware/app.bin
cmp -i 0x10000:0 merged.bin firmware/app.bin || fail 'the merged file is not the application from 0x10000'
expect_status 0 "$espgang" image-info firmware/app.bin
sed -n '/^Image type/,$p' out.log >app.txt
[ -s app.txt ] || fail 'nothing is told of the application'
expect_status 0 "$espgang" image-info merged.hex
while IFS= read -r line; do expect_text out.log "$line"; done <app.txt
sed 's/^:02/:03/;3q' merged.hex >bad.hex
refused 'bad.hex: line 1 has 2 data bytes, its count says 3' "$espgang" image-info bad.hex

for form in hex uf2; do
  expect_status 0 "$espgang" --port sim:esp32 write-flash 0 "merged.$form"
  expect_text out.log "merged.$form: wrote $(stat -c %s firmware/bootloader/bootloader.bin) bytes"
  expect_text out.log "merged.$form: wrote 65536 bytes"
  expect_text out.log 'at 0x00010000'
done
expect_status 2 "$espgang" --port sim:esp32c3 write-flash 0 merged.uf2
expect_text err.log 'espgang: merged.uf2 is for chips of family 0x1c5f21b0, ESP32-C3 has 0xd42ba06c'
expect_status 2 "$espgang" --port sim:esp32 write-flash 0x10000 short.elf
expect_text err.log 'espgang: short.elf is an ELF file; a chip runs the image that elf2image makes of it'
expect_status 0 "$espgang" --port sim:esp32 write-flash --force 0x10000 short.elf

[ -e "${EG_FIXTURES:-}/image-goldens.json" ] || skip "there are no fixtures at '${EG_FIXTURES:-}'"

query() {
  sqlite3 -batch -noheader -separator $'\t' :memory: "$1"
}

# Every command line of the reference tool, from the folder of fixtures: identical files.
ln -s "$EG_FIXTURES/elf" elf
ln -s "$EG_FIXTURES/images" images
cases=$(query "select count(*) from json_each(readfile('$EG_FIXTURES/image-goldens.json'), '\$.cases')")
[ "$cases" -gt 0 ] || fail 'there are no cases'
for ((i = 0; i < cases; i++)); do
  case="readfile('$EG_FIXTURES/image-goldens.json'), '\$.cases[$i]"
  mapfile -t words < <(query "select value from json_each($case.args')")
  mkdir case
  cd case
  ln -s ../elf ../images .
  expect_status "$(query "select json_extract($case.rc')")" "$espgang" "${words[@]}"
  rm elf images
  cd ..
  expect_equal "the files of '${words[*]}'" "$(cd case && sha256sum -- * | awk '{print $2 "\t" $1}')" \
    "$(query "select key, json_extract(value, '\$.sha256') from json_each($case.files') order by key")"
  rm -r case
done
echo "$cases command lines give the same files"

# Every fact of the reference tool.
facts() { # FILE WHERE CHIP_ID... : the same facts in the same words, of either tool
  local image="(select json_extract(readfile('$1'), '$2') j)"
  query "select printf('%s, %d bytes, version %d, entry %s', j->>'chip', j->>'size', j->>'version', $3) from $image"
  query "select printf('mode %d, size and frequency %s, checksum %s', j->>'$4', $5, $6) from $image"
  query "select printf('hash %s, chip %s, revisions %s %s %s, WP %s', j->>'$7', j->>'$8chip_id', j->>'$8min_rev',
                       j->>'$8min_rev_full', j->>'$8max_rev_full', j->>'$8wp_pin') from $image"
  query "select printf('%s: %d bytes at %s, %s', s.key, s.value->>'length', iif(typeof(s.value->>'load') = 'text',
                       s.value->>'load', printf('0x%08x', s.value->>'load')), s.value->>'memory_types')
           from $image, json_each(j, '$.segments') s"
}
mapfile -t names < <(query "select key from json_each(readfile('$EG_FIXTURES/image-info.json'), '\$.images')")
for name in "${names[@]}"; do
  expect_status 0 "$espgang" image-info --json "images/$name"
  expect_equal "facts of $name" \
    "$(facts out.log '$.images[0]' "printf('0x%x', j->>'entry')" flash_mode_code "printf('0x%x', j->>'flash_size_freq_code')" \
      "printf('0x%x', j->>'checksum')" hash '$.extended_header.')" \
    "$(facts "$EG_FIXTURES/image-info.json" "\$.images.\"$name\"" "j->>'entry'" flash_mode "j->>'flash_size_freq'" \
      "j->>'checksum'" stored_sha256 '$.')"
done
echo "${#names[@]} images are read alike"
