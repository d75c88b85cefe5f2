#!/usr/bin/env bash
# partition-table: CSV and binary tables have the same contents, and mistakes are refused with their line.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"

cat >table.csv <<'CSV'
# Name, Type, SubType, Offset, Size, Flags
nvs,      data, nvs,     ,        24K,
otadata,  data, ota,     ,        0x2000, encrypted
factory,  app,  factory, ,        1M,
CSV
cat >whole.csv <<'CSV'
# ESP-IDF Partition Table
# Name, Type, SubType, Offset, Size, Flags
nvs,data,nvs,0x9000,24K,
otadata,data,ota,0xf000,8K,encrypted
factory,app,factory,0x20000,1M,
CSV
expect_status 0 "$espgang" partition-table table.csv
diff out.log whole.csv || fail 'the table that is printed differs'

expect_status 0 "$espgang" partition-table table.csv table.bin
expect_equal 'what is said' "$(cat out.log)" 'table.bin: 3 partitions'
expect_equal 'its size' "$(stat -c %s table.bin)" 3072
expect_status 0 "$espgang" partition-table table.bin back.csv
diff back.csv whole.csv || fail 'the table does not come back'

# At another offset, and without MD5: the table follows its options.
expect_status 0 "$espgang" partition-table --offset 0x10000 --disable-md5sum table.csv far.bin
expect_status 0 "$espgang" partition-table --offset 0x10000 far.bin
expect_text out.log 'nvs,data,nvs,0x11000,24K,'
expect_equal 'rows of the MD5' "$(xxd -p far.bin | grep -c ebeb)" 0
expect_status 2 "$espgang" partition-table --offset 0x20000 far.bin
expect_equal 'a table that is elsewhere' "$(cat err.log)" \
  'espgang: far.bin: partition nvs at 0x00011000 begins before the end of the partition table at 0x00021000'

# The bootloader is at the address where the chip starts it.
printf 'boot, bootloader, primary\nptable, partition_table, primary\nnvs, data, nvs, , 24K\n' >boot.csv
expect_status 2 "$espgang" partition-table boot.csv out.bin
expect_equal 'a chip is wanted' "$(cat err.log)" \
  'espgang: partition-table needs --chip, because partition boot is for a bootloader'
expect_status 0 "$espgang" --chip esp32 partition-table boot.csv
expect_text out.log 'boot,bootloader,primary,0x1000,28K,'

# A mistake is named, and no file is created.
printf 'nvs, data, nvs, 0x9000, 24K\nfactory, app, factory, 0x9800, 1M\n' >wrong.csv
expect_status 2 "$espgang" partition-table wrong.csv out.bin
expect_text err.log 'espgang: wrong.csv: '
expect_status 2 "$espgang" partition-table --flash-size 1MB table.csv out.bin
expect_text err.log 'partition factory'
expect_status 2 "$espgang" partition-table none.csv out.bin
expect_text err.log 'none.csv: No such file or directory'
[ ! -e out.bin ] || fail 'a table that is wrong left a file'
printf 'kept' >there
expect_status 2 "$espgang" partition-table wrong.csv there
expect_equal 'the file that was there' "$(cat there)" kept
