#!/usr/bin/env bash
# Build output in every form becomes a job. After its run the flash holds every file at its offset, with the bootloader
# header that the build asks for, and nothing else.
build=$1; . "$(dirname "$0")/lib.sh"; . "$(dirname "$0")/one_board.sh"

# expect_flash NAME ADDRESS FILE...: check that this is all the data in the flash of board NAME.
expect_flash() {
  local name=$1 flash=$work/$1.flash/board1.bin
  shift
  head -c "$(stat -c %s "$flash")" /dev/zero | tr '\0' '\377' >wanted
  while [ $# -gt 0 ]; do
    put wanted "$1" "$2"
    expect_equal "SHA-256 of $name at $1" "$(part "$flash" "$1" "$(stat -c %s "$2")" | sha256sum)" "$(sha256sum <"$2")"
    shift 2
  done
  cmp wanted "$flash" || fail "the flash of $name holds something else"
}

# imported NAME ARGUMENT...: import into a separate folder, check and run; $warned is the only warning allowed.
warned=
imported() {
  local name=$1
  shift
  mkdir -p "jobs/$name"
  expect_status 0 "$espgang" import "$@" -o "jobs/$name/job.yaml"
  expect_equal "what import of $name says" "$(cat out.log err.log)" "$warned"
  expect_equal "files made for $name" "$(ls "jobs/$name")" job.yaml
  programmed "$name" "jobs/$name/job.yaml"
}

# programmed NAME JOB
programmed() {
  mkdir -p "$1.flash"
  expect_status 0 "$espgang" check "$2"
  expect_status 0 "$espgang" run "$2" --sim 1 --fast --flash-dir "$work/$1.flash" --ledger "$work/ledger.db"
}

# patched FILE BYTE2 BYTE3: print the bootloader with another header and a new digest at its end.
patched() {
  local size
  size=$(($(stat -c %s "$1") - 32))
  part "$1" 0 $size >patched
  printf "\\x$2\\x$3" | dd of=patched bs=1 seek=2 conv=notrunc status=none
  sha256sum patched | head -c 64 | sed 's/../\\x&/g' | xargs -0 printf >digest
  cat patched digest
}

# A folder like that of a build: the bootloader as built (DIO, 2 MB, 40 MHz), and its descriptions: flasher_args.json
# asks for 4 MB.
"$make_firmware" --chip esp32 --size 65536 --seed 5 build >/dev/null
"$make_firmware" --chip esp32c3 --size 65536 --seed 6 build-c3 >/dev/null
cp build/app.bin build/firmware.bin
sed -i 's/"2MB"/"4MB"/g' build/flasher_args.json
boot=build/bootloader/bootloader.bin table=build/partition_table/partition-table.bin app=build/app.bin
printf -- '--flash_mode qio --flash_freq 80m --flash_size 4MB\r\n0x8000 "partition_table\\partition-table.bin"\r
0x10000 app.bin 0x1000 bootloader/bootloader.bin\r\n' >build/flash_args
cat >build/manifest.json <<'JSON'
{"name": "Lamp", "version": "2.0", "builds": [
  {"chipFamily": "ESP32-C3", "parts": [{"path": "../build-c3/bootloader/bootloader.bin", "offset": 0},
                                       {"path": "../build-c3/partition_table/partition-table.bin", "offset": 32768},
                                       {"path": "../build-c3/app.bin", "offset": 65536}]},
  {"chipFamily": "ESP32", "parts": [{"path": "bootloader/bootloader.bin", "offset": 4096},
                                    {"path": "partition_table/partition-table.bin", "offset": 32768},
                                    {"path": "app.bin", "offset": 65536}]}]}
JSON
cat >build/idedata.json <<JSON
{"env_name": "lamp", "extra": {"flash_images": [{"offset": "0x1000", "path": "$work/$boot"},
  {"offset": "0x8000", "path": "$work/$table"}], "application_offset": "0x10000"}, "prog_path": "firmware.elf"}
JSON
expect_equal 'header of the bootloader' "$(od -An -tx1 -N4 $boot)" ' e9 02 02 10'
patched $boot 02 20 >boot_4mb.bin
patched $boot 00 2f >boot_qio.bin

imported flasher_args build
expect_flash flasher_args 0x1000 boot_4mb.bin 0x8000 $table 0x10000 $app
imported flash_args build/flash_args
expect_text jobs/flash_args/job.yaml 'mode: qio # line 1 of flash_args'
expect_flash flash_args 0x1000 boot_qio.bin 0x8000 $table 0x10000 $app
imported manifest build/manifest.json --chip ESP32
expect_text jobs/manifest/job.yaml 'job: Lamp'
expect_flash manifest 0x1000 $boot 0x8000 $table 0x10000 $app
imported manifest-c3 build/manifest.json --chip esp32c3 --name other
expect_text jobs/manifest-c3/job.yaml 'job: other'
expect_flash manifest-c3 0x0 build-c3/bootloader/bootloader.bin 0x8000 build-c3/partition_table/partition-table.bin \
  0x10000 build-c3/app.bin
imported idedata build/idedata.json
expect_text jobs/idedata/job.yaml 'chip: esp32 # as bootloader.bin says'
expect_flash idedata 0x1000 $boot 0x8000 $table 0x10000 build/firmware.bin

# Files that contain the whole firmware.
for form in raw hex uf2; do
  expect_status 0 "$espgang" --chip esp32 merge-bin --format $form -o merged.$form 0x1000 $boot 0x8000 $table 0x10000 $app
done
imported merged merged.raw
expect_flash merged 0 merged.raw
imported hex merged.hex
expect_flash hex 0x1000 $boot 0x8000 $table 0x10000 $app
imported uf2 merged.uf2
expect_flash uf2 0x1000 $boot 0x8000 $table 0x10000 $app

# A job can also name them directly.
for from in flasher_args.json flash_args manifest.json idedata.json; do
  printf 'espgang: 1\njob: x\nchip: esp32\nfirmware: {from: build/%s}\n' $from >from.yaml
  programmed from from.yaml
  cmp "from.flash/board1.bin" "${from%.json}.flash/board1.bin" || fail "from: $from and its import differ"
  rm from.flash/board1.bin
done

# Without -o the job goes to standard output, with paths relative to the folder.
mkdir tmp
(cd build && TMPDIR=$work/tmp expect_status 0 "$espgang" import . && cp ../out.log job.yaml)
expect_equal 'standard error' "$(cat err.log)" ''
expect_text build/job.yaml '{name: app, at: 0x10000, file: app.bin}'
expect_status 0 "$espgang" check build/job.yaml
expect_equal 'files that are left' "$(ls tmp)" ''

# refused STATUS SENTENCE ARGUMENT...: check that no file is written, created or left over.
refused() {
  local before
  before=$(find . -type f ! -name '*.log' -exec sha256sum {} + | sort)
  expect_status "$1" "$espgang" import "${@:3}"
  expect_equal "what 'import ${*:3}' says" "$(cat err.log)" "espgang: $2"
  expect_equal "standard output of 'import ${*:3}'" "$(cat out.log)" ''
  expect_equal "files after 'import ${*:3}'" "$(find . -type f ! -name '*.log' -exec sha256sum {} + | sort)" "$before"
}

echo mine >job.yaml
refused 2 'job.yaml: exists already; --force replaces it' build -o job.yaml
refused 2 'jobs: is not a regular file' build -o jobs --force
refused 2 'job.json: a file of this name is read as JSON, and this will be YAML' build -o job.json
refused 2 'none/job.yaml.part: No such file or directory' build -o none/job.yaml
echo mine >new.yaml.part
refused 2 'new.yaml.part: exists already; remove it unless another import writes it' build -o new.yaml
expect_equal 'a file of this name' "$(cat new.yaml.part)" mine
rm new.yaml.part
refused 2 'none: No such file or directory' none -o new.yaml
refused 2 'jobs: this is no folder of a build. It has none of flasher_args.json, flash_args, idedata.json and manifest.json, no firmware.bin (PlatformIO: .pio/build/NAME) and no NAME.ino.bin (Arduino: Export Compiled Binary)' jobs -o new.yaml
refused 2 'build/manifest.json:1:46: the chip must be said, for the builds here are for ESP32-C3, ESP32' \
  build/manifest.json -o new.yaml
refused 2 'build/manifest.json:1:46: chip is esp32s3, but the builds here are for ESP32-C3, ESP32' \
  build/manifest.json -o new.yaml --chip esp32s3
refused 2 "chip \"esp33\" is none of $("$espgang" --version | sed -n 's/^chips: //p')" build --chip esp33
refused 2 'build/flasher_args.json:12:100: this is for esp32, not for esp32c3' build --chip esp32c3
refused 2 "missing argument: BUILD; see 'espgang import --help'"
refused 2 "unexpected argument 'b'; see 'espgang import --help'" a b
refused 2 "--name: the name is empty; see 'espgang import --help'" build --name ''
echo '0x10000 app.bin --encrypt' >build/secret_args
refused 2 'build/secret_args:1:17: --encrypt: encrypted writing is not supported by this version of espgang' \
  build/secret_args -o new.yaml
echo '--flash_mode fast 0x1000 bootloader/bootloader.bin' >build/fast_args
refused 2 'build/fast_args:1:14: flash mode "fast" is none of qio, qout, dio, dout' build/fast_args -o new.yaml
# A job that only the job parser refuses is not kept either.
refused 2 'new.yaml.part:4:6: job has 201 bytes, more than 200' build -o new.yaml --name "$(printf '%0201d' 0)"
expect_status 2 "$espgang" import build --name "$(printf '%0201d' 0)"
expect_text err.log 'job has 201 bytes, more than 200'
expect_equal 'standard output' "$(cat out.log)" ''
expect_status 0 "$espgang" import build -o job.yaml --force
expect_status 0 "$espgang" check job.yaml

# Folders whose files are recognised by name only, and a copied command line.
mkdir pio
cp $boot pio/bootloader.bin
cp $table pio/partitions.bin
cp $app pio/firmware.bin
imported pio pio
expect_text jobs/pio/job.yaml 'a build folder of PlatformIO'
expect_flash pio 0x1000 $boot 0x8000 $table 0x10000 $app
mkdir sketch
for kind in '' .bootloader .partitions; do
  case $kind in '') from=$app ;; .bootloader) from=$boot ;; *) from=$table ;; esac
  cp $from "sketch/Blink.ino$kind.bin"
done
imported sketch sketch
expect_flash sketch 0x1000 $boot 0x8000 $table 0x10000 $app
rm sketch/Blink.ino.partitions.bin
refused 2 'sketch: this is a build folder of Arduino, but Blink.ino.partitions.bin is missing' sketch -o new.yaml
printf 'python -m esptool --chip esp32 --port COM3 write_flash -z 0x1000 %s 0x8000 %s 0x10000 %s\n' $boot $table $app >flash.txt
imported command flash.txt
expect_flash command 0x1000 $boot 0x8000 $table 0x10000 $app

# The real ones.
real=${EG_FIXTURES:-}/jobs
[ -r "$real/esp32-idf/flasher_args.json" ] || skip "no fixtures at '${EG_FIXTURES:-}' (EG_FIXTURES)"
boot=$real/esp32-idf/bootloader/bootloader.bin table=$real/esp32-idf/partition_table/partition-table.bin
app=$real/esp32-idf/app-template.bin
patched "$boot" 02 20 >boot_dio.bin # the build asks for DIO, 4 MB, 40 MHz
imported real-flasher_args "$real/esp32-idf"
expect_text jobs/real-flasher_args/job.yaml 'job: app-template'
expect_text jobs/real-flasher_args/job.yaml '#   after: hard_reset'
expect_flash real-flasher_args 0x1000 boot_dio.bin 0x8000 "$table" 0x10000 "$app"
imported real-flash_args "$real/esp32-idf/flash_args"
expect_flash real-flash_args 0x1000 boot_dio.bin 0x8000 "$table" 0x10000 "$app"
imported real-manifest "$real/web-tools" --chip esp32
expect_text jobs/real-manifest/job.yaml 'job: "App template"'
expect_flash real-manifest 0x1000 "$boot" 0x8000 "$table" 0x10000 "$app"
warned='espgang: warning: there is no partition table among the files: on a blank board the bootloader finds no application'
imported real-manifest-c3 "$real/web-tools" --chip esp32c3
warned=
expect_flash real-manifest-c3 0x0 "$real/../images/bootloader_esp32c3.bin"

# PlatformIO's file names an application that is not among the fixtures.
mkdir -p copy/platformio copy/esp32-idf
cp -r "$real/esp32-idf/." copy/esp32-idf
chmod -R u+w copy
cp "$real/platformio/idedata.json" copy/platformio
refused 2 'copy/platformio/idedata.json:16:16: copy/platformio/../esp32-idf/firmware.bin: No such file or directory' \
  copy/platformio -o new.yaml
cp "$app" copy/esp32-idf/firmware.bin
imported real-idedata copy/platformio
expect_flash real-idedata 0x1000 "$boot" 0x8000 "$table" 0x10000 "$app"
