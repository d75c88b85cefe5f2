#!/usr/bin/env bash
# espgang nvs: partitions are built, shown and checked, a single one or one per unit, and each mistake gives a sentence.
build=$1; . "$(dirname "$0")/lib.sh"
cd "$work"

# refused SENTENCE ARGUMENT...: check for status 2, the sentence, and no new file.
refused() {
  local sentence=$1
  shift
  expect_status 2 "$espgang" nvs "$@"
  expect_equal "what 'nvs $*' says" "$(cat err.log)" "espgang: $sentence"
  [ -z "$(find . -name '*.bin*')" ] && [ ! -e out ] || fail "'nvs $*' left $(find . -name '*.bin*')"
}

# csv LINE...: write nvs.csv with a header and a namespace first, so that these lines begin at line 3.
csv() {
  printf '%s\n' 'key,type,encoding,value' 'app,namespace,,' "$@" >nvs.csv
}

# query SQL: read out.log, which is JSON, with an independent program.
query() {
  sqlite3 -batch -noheader :memory: "with j(t) as (select cast(readfile('out.log') as text)) $1"
}

# ---- Refusals ----

csv 'k,data,u8,256'
refused 'nvs.csv:3: key "k": value 256 is out of the range of a u8, 0 to 255' build nvs.csv o.bin 0x3000
csv "s,data,string,$(head -c 4000 /dev/zero | tr '\0' x)"
refused 'nvs.csv:3: key "s" is a string of 4001 bytes with its NUL, the longest has 4000' build nvs.csv o.bin 0x6000
csv 'sixteen_letters_,data,u8,1'
refused 'nvs.csv:3: key "sixteen_letters_" has 16 bytes, more than 15' build nvs.csv o.bin 0x3000
csv 'sixteen_letters_,namespace,,'
refused 'nvs.csv:3: namespace "sixteen_letters_" has 16 bytes, more than 15' build nvs.csv o.bin 0x3000
csv 'k,data,u8,1' 'k,data,u16,2'
refused 'nvs.csv:4: key "k" of namespace "app" is on line 3, too' build nvs.csv o.bin 0x3000
csv 'k,blob,u8,1'
refused 'nvs.csv:3: key "k": type "blob" is none of namespace, data, file' build nvs.csv o.bin 0x3000
csv 'k,data,hex2bin,0g'
refused 'nvs.csv:3: key "k": character 2 of the value is no hex digit' build nvs.csv o.bin 0x3000
csv 'k,data,base64,Q==='
refused 'nvs.csv:3: key "k": the value is cut off or badly padded base64, of 4 characters' build nvs.csv o.bin 0x3000
csv 'k,file,binary,none'
refused 'nvs.csv:3: key "k": none: No such file or directory' build nvs.csv o.bin 0x3000
csv 'k,data,blob_fill(9000;0x00),'
refused 'nvs.csv: an NVS partition of 0x3000 bytes is too small: its items need 0x4000' build nvs.csv o.bin 12k
printf 'k,data,u8\n' >nvs.csv
refused 'nvs.csv:1: key "k" stands in front of the first namespace' build nvs.csv o.bin 0x3000
refused 'none.csv: No such file or directory' build none.csv o.bin 0x3000
csv 'k,data,u8,1'
refused 'size 0x3001 of an NVS partition is not a multiple of 0x1000' build nvs.csv o.bin 0x3001
refused 'size 0x0 of an NVS partition is not a multiple of 0x1000' build nvs.csv o.bin 0
printf 'key;type;encoding;value\napp;namespace;;\n' >semicolons.csv
refused 'semicolons.csv:1: the fields are separated by semicolons, not by commas; save the file as CSV with commas' \
  build semicolons.csv o.bin 0x3000
csv 'k,data,u128,1'
expect_status 2 "$espgang" nvs build nvs.csv o.bin 0x3000
expect_text err.log 'espgang: nvs.csv:3: key "k": encoding "u128" is none of u8, i8, '
for wrong in '' nothing 'build' 'build nvs.csv o.bin' 'build nvs.csv o.bin much' 'build nvs.csv o.bin 257M' 'build nvs.csv o.bin 0x3000 more' \
  'build nvs.csv o.bin 0x3000 --version 3' 'build --schema nvs.csv 0x3000' 'print' 'check' 'check a b' 'check a --json' \
  'build nvs.csv o.bin 0x3000 --json' 'print a --prefix x' 'keys' 'keys a b' 'keys a --keys b' 'encrypt a b' 'decrypt a --keys b' \
  'build nvs.csv o.bin 0x3000 --make-keys' 'encrypt a b --keys c --hmac-key d'; do
  # shellcheck disable=SC2086 # words
  expect_status 2 "$espgang" nvs $wrong
  expect_text err.log "see 'espgang nvs --help'"
done
[ ! -e o.bin ] || fail 'a wrong command line made a file'

# ---- One image ----

csv 'ssid,data,string,"line ""7"", hall"' 'chan,data,u8,11' 'off,data,i64,-5' 'mac,data,hex2bin,7cdfa1001122' 'alone,namespace,,'
expect_status 0 "$espgang" nvs build nvs.csv o.bin 0x3000
expect_equal 'what build says' "$(cat out.log)" 'o.bin: 12288 bytes'
expect_equal 'mode of an image' "$(stat -c %a o.bin)" 600
[ ! -e o.bin.part ] || fail 'o.bin.part was left'
cp o.bin first.bin
expect_status 0 "$espgang" nvs build nvs.csv o.bin 12288
cmp o.bin first.bin || fail 'the same CSV made another image'
expect_status 0 "$espgang" nvs check o.bin
expect_equal 'what check says' "$(cat out.log)" \
  'o.bin: NVS version 2, 1 of 3 pages and 9 of their 126 entries in use, 4 keys in 2 namespaces'
expect_status 0 "$espgang" nvs print o.bin
expect_equal 'what print says' "$(sed 1d out.log)" 'namespace app
  ssid             string  "line \"7\", hall"
  chan             u8      11
  off              i64     -5
  mac              blob    6 bytes: 7cdfa100 1122
namespace alone'
expect_status 0 "$espgang" nvs print --json o.bin
expect_equal 'print as JSON' "$(query "select value from j, json_each(t, '\$.items')")" \
  '{"namespace":"app","key":"ssid","type":"string","value":"line \"7\", hall"}
{"namespace":"app","key":"chan","type":"u8","value":11}
{"namespace":"app","key":"off","type":"i64","value":"-5"}
{"namespace":"app","key":"mac","type":"blob","hex":"7cdfa1001122"}'
expect_equal 'the rest of the JSON' \
  "$(query "select json_extract(t, '\$.format', '\$.file', '\$.version', '\$.pages', '\$.empty_namespaces', '\$.faults') from j")" \
  '[1,"o.bin",2,3,["alone"],[]]'

# Symbolic links and special files are not overwritten.
mkdir folder
ln -s first.bin link.bin
for there in folder link.bin; do
  expect_status 2 "$espgang" nvs build nvs.csv "$there" 0x3000
  expect_equal "what is said of $there" "$(cat err.log)" "espgang: $there: is there and not a regular file"
done
rm link.bin
expect_status 2 "$espgang" nvs build nvs.csv none/o.bin 0x3000
expect_text err.log 'none/o.bin.part: No such file or directory'

# ---- Damaged partitions ----

printf '\x55' | dd of=o.bin bs=1 seek=184 conv=notrunc status=none
printf '\x55' | dd of=o.bin bs=1 seek=$((0x2010)) conv=notrunc status=none
expect_status 1 "$espgang" nvs check o.bin
expect_equal 'faults' "$(sed 's/0x[0-9a-f]\{8\}/CRC/g' err.log)" \
  'espgang: o.bin: page at offset 0x2000 is marked as empty, but has 0x55 at 0x2010
espgang: o.bin: entry at offset 0xa0 has CRC CRC, its bytes have CRC'
expect_equal 'what else check says' "$(cat out.log)" ''
expect_status 1 "$espgang" nvs print --json o.bin
expect_equal 'faults as JSON' "$(query "select json_array_length(t, '\$.faults') from j")" 2
expect_equal 'what is whole' "$(query "select group_concat(json_extract(value, '\$.key')) from j, json_each(t, '\$.items')")" \
  ssid,off,mac
{
  head -c 64 first.bin
  head -c 4032 /dev/zero
  tail -c 8192 first.bin
} >o.bin
expect_status 1 "$espgang" nvs check o.bin
expect_equal 'what all entries being wrong may mean' "$(tail -n 1 err.log)" \
  'espgang: o.bin: not one entry is whole: it may be encrypted (see --keys)'
head -c 5000 first.bin >o.bin
expect_status 1 "$espgang" nvs check o.bin
expect_equal 'half a page' "$(cat err.log)" 'espgang: o.bin: 0x1388 bytes are no whole number of pages of 0x1000'
expect_status 2 "$espgang" nvs check none.bin
expect_equal 'a file that is not there' "$(cat err.log)" 'espgang: none.bin: No such file or directory'

# ---- Small partitions, and encrypted ones ----

csv 'serial,data,string,A-1' 'sta.ssid,data,string,net'
expect_status 0 "$espgang" nvs build nvs.csv small.bin 0x1000
expect_equal 'what is said of a single page' "$(sed 1d out.log)" \
  'note: an NVS partition of 0x1000 bytes must be flagged readonly in the partition table'
expect_status 0 "$espgang" nvs print small.bin
expect_text out.log sta.apinfo
expect_status 0 "$espgang" nvs build nvs.csv plain.bin 0x3000
expect_status 0 "$espgang" nvs keys keys.bin
expect_equal 'mode of the keys' "$(stat -c '%a %s' keys.bin)" '600 4096'
expect_status 2 "$espgang" nvs keys keys.bin
expect_text err.log 'keys.bin: '
expect_status 0 "$espgang" nvs build nvs.csv secret.bin 0x3000 --keys keys.bin
expect_status 0 "$espgang" nvs encrypt plain.bin again.bin --keys keys.bin
cmp secret.bin again.bin || fail 'what is encrypted in one step and in two differs'
! grep -q A-1 secret.bin || fail 'a value is there in plain'
expect_status 1 "$espgang" nvs check secret.bin
expect_status 0 "$espgang" nvs print secret.bin --keys keys.bin
expect_text out.log '"A-1"'
expect_status 0 "$espgang" nvs decrypt secret.bin back.bin --keys keys.bin
cmp plain.bin back.bin || fail 'decrypting does not bring back what was encrypted'
expect_status 0 "$espgang" nvs keys others.bin
for wrong in 'decrypt plain.bin no.bin --keys keys.bin' 'decrypt secret.bin no.bin --keys others.bin' \
  'encrypt secret.bin no.bin --keys keys.bin' 'build nvs.csv no.bin 0x3000 --keys nvs.csv' \
  'build nvs.csv no.bin 0x3000 --hmac-key keys.bin' 'build nvs.csv no.bin 0x3000 --keys none.bin'; do
  # shellcheck disable=SC2086 # words
  expect_status 2 "$espgang" nvs $wrong
  [ ! -e no.bin ] || fail "'nvs $wrong' made a file"
done
chmod 644 keys.bin
expect_status 0 "$espgang" nvs print secret.bin --keys keys.bin
expect_equal 'a warning' "$(cat err.log)" 'espgang: warning: keys.bin: others may read these keys; chmod 600'
head -c 32 keys.bin >hmac.key
expect_status 0 "$espgang" nvs build nvs.csv derived.bin 0x3000 --hmac-key hmac.key
expect_status 0 "$espgang" nvs keys derived-keys.bin --hmac-key hmac.key
expect_status 0 "$espgang" nvs build nvs.csv same.bin 0x3000 --keys derived-keys.bin
cmp derived.bin same.bin || fail 'derived keys differ from those that are written'

# ---- An image for each unit ----

rm -rf ./*.bin folder
printf '%s\r\n' 'app,namespace,' 'serial,data,string' 'line,data,string,REPEAT' 'no,data,i32' >schema.csv
printf '%s\n' 'id,serial,line,no' 'x1,A-1,seven,101' '' 'x2,A-2,,102' 'x3,A-3,,999999999999' >values.csv
mass=(build --schema schema.csv --values values.csv --output-dir out)
refused "values.csv:5: schema.csv:4: key \"no\": value 999999999999 is out of the range of a i32, -2147483648 to 2147483647" \
  "${mass[@]}" 0x3000
sed -i 's/999999999999/-3/' values.csv
refused '--fileid: values.csv has no column "mac"' "${mass[@]}" --fileid mac 0x3000
sed 's/^x2/x1/' values.csv >twice.csv
refused 'twice.csv:4: "x1" in column "id" is on line 2, too, and names the unit'\''s file' \
  build --schema schema.csv --values twice.csv --output-dir out --fileid id 0x3000
sed 's|^x2|../x2|' values.csv >up.csv
refused 'up.csv:4: column "id" has byte 0x2f, and names the unit'\''s file' \
  build --schema schema.csv --values up.csv --output-dir out --fileid id 0x3000
head -n 1 values.csv >none.csv
refused 'none.csv: there is no unit in it' build --schema schema.csv --values none.csv --output-dir out 0x3000
expect_status 2 "$espgang" nvs "${mass[@]}" --prefix ../a 0x3000

expect_status 0 "$espgang" nvs "${mass[@]}" 0x3000
expect_equal 'images by number' "$(ls out | tr '\n' ' ')" 'nvs-1.bin nvs-2.bin nvs-3.bin '
expect_equal 'what is said of them' "$(tail -n 1 out.log)" 'out/nvs-3.bin: 12288 bytes'
expect_status 0 "$espgang" nvs print out/nvs-3.bin
expect_equal 'the third unit' "$(sed 1d out.log)" 'namespace app
  serial           string  "A-3"
  line             string  "seven"
  no               i32     -3'
expect_status 0 "$espgang" nvs "${mass[@]}" --prefix fan --fileid id 0x3000
expect_equal 'images by id' "$(ls out/fan* | tr '\n' ' ')" 'out/fan-x1.bin out/fan-x2.bin out/fan-x3.bin '
cmp out/fan-x3.bin out/nvs-3.bin || fail 'the same unit has two images'
expect_status 0 "$espgang" nvs "${mass[@]}" --prefix own --make-keys 0x3000
expect_equal 'keys of each unit' "$(ls out/own* | tr '\n' ' ')" \
  'out/own-1-keys.bin out/own-1.bin out/own-2-keys.bin out/own-2.bin out/own-3-keys.bin out/own-3.bin '
cmp -s out/own-1-keys.bin out/own-2-keys.bin && fail 'two units have the same keys'
expect_status 0 "$espgang" nvs decrypt out/own-3.bin third.bin --keys out/own-3-keys.bin
cmp third.bin out/nvs-3.bin || fail 'the third unit is not encrypted by its own keys'
cp out/own-1.bin kept.bin
expect_status 2 "$espgang" nvs "${mass[@]}" --prefix own --make-keys 0x3000
expect_equal 'keys that are there' "$(cat err.log)" 'espgang: out/own-1-keys.bin: is there already, and keys are never replaced'
cmp kept.bin out/own-1.bin || fail 'an image was replaced whose keys were not'
