#!/usr/bin/env bash
# --extend-efuse-table: a project's own fields are shown, burnt and protected like the chip's; a bad table is refused
# with its line.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"
cd "$work"
efuse=("$espgang" efuse --chip esp32c3 --virt --path-efuse-file memory.bin --do-not-confirm --extend-efuse-table table.csv)

cat >table.csv <<'CSV'
# field_name, efuse_block, bit_start, bit_count, comment
PRODUCT.MODEL,  EFUSE_BLK3,   0,  8, [MODEL] which product, of the family
PRODUCT.LOT,    EFUSE_BLK3,    , 16, lot number
PRODUCT.SERIAL, 3,           64, 64, eight bytes
PAIR,           EFUSE_BLK3, 160,  4, low half
,               EFUSE_BLK3, 168,  4, high half
SEALED,         3,          255,  1, at the end
CSV
expect_status 0 "${efuse[@]}" burn-efuse MODEL 0x12 PRODUCT_LOT 0x3456 PAIR_1 0xa SEALED 1
expect_status 0 "${efuse[@]}" summary
expect_text out.log 'User fuses:'
expect_status 0 "${efuse[@]}" summary --format json
for pair in PRODUCT_MODEL:18 PRODUCT_LOT:13398 PAIR_0:0 PAIR_1:10 SEALED:true; do
  expect_equal "${pair%:*}" "$(python3 -c 'import json,sys; print(json.dumps(json.load(open("out.log"))[sys.argv[1]]["value"]))' "${pair%:*}")" "${pair#*:}"
done
expect_status 0 "${efuse[@]}" dump
expect_text out.log '00345612' # the words of block 3, as they are stored

# Bytes of a field, protection of its block, names of commands: all accept the field.
rm memory.bin
expect_status 0 "${efuse[@]}" burn-efuse PRODUCT_SERIAL 0x1122334455667788
expect_status 0 "${efuse[@]}" write-protect-efuse PRODUCT_SERIAL
expect_status 1 "${efuse[@]}" burn-efuse PRODUCT_LOT 1
expect_text err.log 'PRODUCT_LOT'

# refused SENTENCE LINE
refused() {
  printf '# a table\n%s\n' "$2" >table.csv
  expect_status 2 "${efuse[@]}" summary
  expect_equal "for $2" "$(cat err.log)" "espgang: table.csv:2: $1"
}
refused 'esp32c3 has no eFuse block 11' 'A, EFUSE_BLK11, 0, 1, x'
refused 'bits 250 to 258 are beyond block 3, which has 256' 'A, 3, 250, 8, x'
refused 'there is a field CUSTOM_MAC already' 'CUSTOM_MAC, 3, 0, 8, x'
refused 'there is a field MAC_CUSTOM already' 'MAC.CUSTOM, 3, 0, 8, x'
refused '33 bits are more than 32 and not whole bytes' 'A, 3, 0, 33, x'
refused 'bit_count "MAX" is not a number up to 1024' 'A, 3, 0, MAX, x'
refused 'the first field has no name' ', 3, 0, 8, x'
refused '"A-B" is not a name of letters, digits, dots and _' 'A-B, 3, 0, 8, x'
refused 'a field has field_name, efuse_block, bit_start, bit_count, comment' 'A, 3'
expect_status 2 "$espgang" efuse --chip esp32c3 --virt --extend-efuse-table none.csv summary
expect_equal 'no table' "$(cat err.log)" 'espgang: none.csv: No such file or directory'
