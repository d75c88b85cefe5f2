#!/usr/bin/env bash
# Command lines from esptool's documentation, run literally: only the program's name is replaced, and the port if a line
# names one. Otherwise the port comes from the environment. The files that the lines name are made here.
build=$1; . "$(dirname "$0")/lib.sh"; . "$(dirname "$0")/one_board.sh"
stubs || skip 'no stubs in this build, which most of these lines count on'
set -f # a '?' in a URL is no pattern

# documented STATUS LINE: run it against the board of $ESPTOOL_PORT.
documented() {
  local line=$2
  line=${line#python -m }
  line=${line#esptool}
  line=${line#.py}
  line=$(sed -E "s,(-p|--port) [^ ?]+,\1 ${ESPTOOL_PORT-}," <<<"$line")
  eval "expect_status $1 \"\$espgang\" $line"
}

# said TEXT, complained SENTENCE
said() { expect_text out.log "$1"; }
complained() { expect_equal 'standard error' "$(cat err.log)" "espgang: $1"; }

# holds ADDRESS FILE: check the flash of the board in use.
holds() { expect_in_flash "$flash" "$1" "$2"; }

# sent FILE: print how many bytes went over the line for it.
sent() { sed -nE "s/^$1: wrote [0-9]+ bytes \(([0-9]+) sent\).*/\1/p" out.log; }

# use NAME: choose the board for the next lines.
use() {
  export ESPTOOL_PORT=${url_of[$1]}
  flash=$work/$1/board1.bin
}

declare -A url_of
# board NAME ARGUMENT...
board() {
  mkdir "$1"
  start_boards "$1" 1 --fast --flash-dir "$1" "${@:2}"
  url_of[$1]=${urls[0]}
  use "$1"
}

board esp32 --chip esp32
board esp32c3 --chip esp32c3
board esp8266 --chip esp8266
board secured --chip esp32c3 --secure-download
board trusted --chip esp32c3 --secure-boot
board jtag --chip esp32c3 --usb jtag
board hspi --chip esp32 --spi-pins hspi
board pins --chip esp32 --spi-pins 6,17,8,11,16
board pty --chip esp32 --pty --download

"$make_firmware" --chip esp32 --size 65536 build >/dev/null
mv build/app.bin build/hello_world.bin
cat >build/flash_args <<'FILE'
--flash-mode dio --flash-freq 40m --flash-size 2MB
0x1000 bootloader/bootloader.bin
0x8000 partition_table/partition-table.bin
0x10000 hello_world.bin
FILE

# What every chip answers.
use esp32
documented 0 'esptool version'
said 'espgang '
documented 0 'esptool -h'
said 'write-flash'
documented 0 'esptool write-flash -h'
said '--diff-with'
documented 0 'esptool -p PORT flash-id'
said 'Flash size:         4MB'
documented 0 'esptool --verbose flash-id'
said 'Device:             4016'
documented 0 'esptool read-mac'
said 'MAC:                02:65:67:00:00:01'
documented 0 'esptool chip-id'
said 'MAC:                02:65:67:00:00:01'
said 'warning: ESP32 has no chip id but its MAC'
documented 0 'esptool read-flash-status --bytes 2'
said 'Status value:       0x0000'
documented 0 'esptool write-flash-status --bytes 2 --non-volatile 0'
said 'After flash status:   0x0000'
documented 0 'esptool read-flash-sfdp 16 4'
said 'SFDP[16..19]: '
documented 0 'esptool --trace flash-id'
said ' > READ_REG '
documented 0 'esptool --chip esp32 --baud 9600 flash-id'
said 'Device:             4016'
documented 0 'esptool get_security_info' # esptool refuses: the ESP32's loader has no such command
said 'Flash Encryption:   disabled'
use esp8266
documented 0 'esptool chip-id'
said 'Chip ID:            0x00000001'
use esp32c3
documented 0 'esptool get_security_info'
said 'Flash Encryption:   disabled'
documented 0 'esptool --chip ESP32-C3 read-mac'
said 'Connected to ESP32-C3 on '
documented 1 'esptool --chip ESP32 read-mac'
complained 'the chip is an ESP32-C3, not an ESP32'

# Writing, and its options.
use esp32
make_bytes my_app-0x01000.bin 10000 1
make_bytes my_app.elf-0x00000.bin 50000 2
make_bytes my_app.elf-0x40000.bin 100000 3
documented 0 'esptool --port COM4 write-flash 0x1000 my_app-0x01000.bin'
holds 0x1000 my_app-0x01000.bin
documented 0 'esptool --port COM4 write-flash 0x00000 my_app.elf-0x00000.bin 0x40000 my_app.elf-0x40000.bin'
holds 0x0 my_app.elf-0x00000.bin
holds 0x40000 my_app.elf-0x40000.bin
documented 0 'esptool verify-flash --diff 0x40000 my_app.elf-0x40000.bin'
said 'my_app.elf-0x40000.bin: 100000 bytes at 0x00040000 are in the flash'
printf '\x5a' | dd of="$flash" bs=1 seek=$((0x40010)) conv=notrunc status=none
documented 1 'esptool verify-flash --diff 0x40000 my_app.elf-0x40000.bin'
byte=$(part my_app.elf-0x40000.bin 16 1 | od -An -tx1 | tr -d ' ')
said "  0x00040010: 0x5a instead of 0x$byte"
complained "my_app.elf-0x40000.bin at 0x00040000 is not what the flash holds: 0x00040010 holds 0x5a instead of 0x$byte, 1 of 4096 bytes of sector 0x00040000 differ"
cp build/hello_world.bin firmware.bin
documented 0 'esptool -p /dev/ttyACM0 write-flash 0x10000 firmware.bin'
holds 0x10000 firmware.bin
cp build/hello_world.bin image.bin
documented 0 'esptool -s write-flash 0x0 image.bin'
expect_equal 'what is said silently' "$(cat out.log err.log)" ''
holds 0x0 image.bin
documented 0 'esptool write-flash --skip-flashed 0x0 image.bin'
said 'image.bin: skipped'
documented 0 'esptool write-flash --erase-all -u 0x10000 image.bin'
cmp <(part "$flash" 0 0x10000 | tr -d '\377') /dev/null || fail '--erase-all left something'
expect_equal 'bytes sent without compression' "$(sent image.bin)" 65536

# Mode, frequency and size in the header of a bootloader. The page of write-flash gives a size in bits, which esptool no
# longer accepts either.
head_of() { part "$flash" "$1" 4 | od -An -tx1; }
cp build/bootloader/bootloader.bin .
cp build/hello_world.bin my_app.bin
documented 2 'esptool --port /dev/ttyUSB0 write-flash --flash-mode qio --flash-size 32m 0x0 bootloader.bin 0x1000 my_app.bin'
expect_text err.log '--flash-size: "32m" is none of detect, keep, 256KB'
documented 0 'esptool --port /dev/ttyUSB1 write-flash --flash-mode dio --flash-size 4MB 0x0 bootloader.bin'
holds 0x0 bootloader.bin # where this chip has no bootloader
documented 0 'esptool write-flash --flash-mode qout --flash-freq 80m -fs detect 0x1000 bootloader.bin'
expect_equal 'header of the bootloader' "$(head_of 0x1000)" ' e9 02 01 2f'
documented 1 'esptool verify-flash 0x1000 bootloader.bin'
documented 0 'esptool verify-flash --flash-mode qout --flash-freq 80m --flash-size 4MB 0x1000 bootloader.bin'
ESPTOOL_FM=dio ESPTOOL_FF=20m ESPTOOL_FS=2MB documented 0 'esptool write-flash 0x1000 bootloader.bin'
expect_equal 'header by the environment' "$(head_of 0x1000)" ' e9 02 02 12'

# A whole build, as printed by ESP-IDF and PlatformIO.
documented 0 'esptool erase-flash'
documented 0 'python -m esptool --chip esp32 -b 460800 --before default-reset --after hard-reset write-flash --flash-mode dio --flash-size 2MB --flash-freq 40m 0x1000 build/bootloader/bootloader.bin 0x8000 build/partition_table/partition-table.bin 0x10000 build/hello_world.bin'
expect_equal 'header of the bootloader' "$(head_of 0x1000)" ' e9 02 02 10'
holds 0x8000 build/partition_table/partition-table.bin
holds 0x10000 build/hello_world.bin
cp "$flash" by_words.bin
documented 0 'esptool erase-flash'
cd build
documented 0 'python -m esptool --chip esp32 -b 460800 --before default-reset --after hard-reset write-flash "@flash_args"'
cd ..
cmp by_words.bin "$flash" || fail '@flash_args wrote something else than the words that are in it'
documented 0 'python -m esptool -p /dev/tty.usbserial-0001 -b 460800 --before default-reset --after hard-reset --chip esp32 write-flash --flash-mode dio --flash-size detect --flash-freq 40m 0x1000 build/bootloader/bootloader.bin 0x8000 build/partition_table/partition-table.bin 0x10000 build/hello_world.bin'
expect_equal 'header of the bootloader' "$(head_of 0x1000)" ' e9 02 02 20'
mkdir -p .pio/build/esp32doit-devkit-v1
cp build/hello_world.bin .pio/build/esp32doit-devkit-v1/firmware.bin
documented 0 'esptool.py --chip esp32 --port "/dev/cu.usbserial001" --baud 921600 --before default-reset --after hard-reset write-flash -z --flash-mode dio --flash-freq 40m --flash-size detect 0x10000 .pio/build/esp32doit-devkit-v1/firmware.bin'
holds 0x10000 build/hello_world.bin

# Write only the sectors that changed since the last time.
for name in boot app assets; do
  make_bytes old_$name.bin 50000 4
  cp old_$name.bin new_$name.bin
  printf 'changed' | dd of=new_$name.bin bs=1 seek=9000 conv=notrunc status=none
done
mv new_boot.bin bootloader.bin
mv new_assets.bin assets.bin
cp new_app.bin app.bin
old() { documented 0 'esptool write-flash 0x1000 old_boot.bin 0x10000 old_app.bin 0x20000 old_assets.bin'; }
less() { # FILE...: only these were written in part
  local file
  for file in bootloader.bin app.bin assets.bin; do
    case " $* " in
      *" $file "*) [ "$(sent $file)" -le 4096 ] || fail "$file: $(sent $file) bytes were sent for a sector" ;;
      *) [ "$(sent $file)" -gt 4096 ] || fail "$file: only $(sent $file) bytes were sent" ;;
    esac
  done
  holds 0x1000 bootloader.bin
  holds 0x10000 app.bin
  holds 0x20000 assets.bin
}
old
documented 0 'esptool write-flash 0x10000 new_app.bin --diff-with old_app.bin'
[ "$(sent new_app.bin)" -le 4096 ] || fail "new_app.bin: $(sent new_app.bin) bytes were sent for a sector"
holds 0x10000 new_app.bin
old
documented 0 'esptool write-flash 0x1000 bootloader.bin 0x10000 app.bin 0x20000 assets.bin --diff-with old_boot.bin skip old_assets.bin'
less bootloader.bin assets.bin
old
documented 0 'esptool write-flash 0x1000 bootloader.bin 0x10000 app.bin 0x20000 assets.bin --diff-with old_boot.bin'
less bootloader.bin
documented 0 'esptool write-flash 0x10000 old_app.bin'
documented 0 'esptool write-flash 0x10000 new_app.bin --diff-with old_app.bin --trust-flash-content'
holds 0x10000 new_app.bin
cp new_app.bin old_app.bin
documented 0 'esptool write-flash 0x10000 new_app.bin --diff-with old_app.bin --trust-flash-content'
said 'new_app.bin: skipped'

# Reading and erasing.
documented 0 'esptool -p PORT -b 460800 read-flash 0 0x200000 flash_contents.bin'
part "$flash" 0 0x200000 | cmp - flash_contents.bin || fail 'read-flash of 2 MB'
documented 0 'esptool -p PORT -b 460800 read-flash 0 ALL flash_contents.bin'
cmp "$flash" flash_contents.bin || fail 'read-flash of all'
documented 0 'esptool erase-region 0x20000 16k'
blank flash_contents.bin 0x20000 0x4000
cmp "$flash" flash_contents.bin || fail 'erase-region'
documented 0 'esptool erase-flash'
blank flash_contents.bin 0 0x400000
cmp "$flash" flash_contents.bin || fail 'erase-flash'

# Memory; the board stays in its loader between commands, because a reset clears RAM.
ESPTOOL_AFTER=no-reset documented 0 'esptool write-mem 0x400C0000 0xabad1dea'
export ESPTOOL_BEFORE=no-reset
ESPTOOL_AFTER=no-reset documented 0 'esptool read-mem 0x400C0000'
said '0x400c0000 = 0xabad1dea'
documented 0 'esptool dump_mem 0x400C0000 4 word.bin'
expect_equal 'the word that was dumped' "$(od -An -tx1 word.bin)" ' ea 1d ad ab'
unset ESPTOOL_BEFORE
use esp8266
documented 0 'esptool dump-mem 0x40000000 64k iram0.bin'
expect_equal 'size of the dump' "$(stat -c %s iram0.bin)" 65536
mkdir -p test/images
{ # one segment of 7 bytes, checksum 0xef ^ 0x01
  printf '\xe9\x01\0\0'
  printf "$(words 0x40100004 0x40100000 8)"
  printf '\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xee'
} >test/images/helloworld-esp8266.bin
documented 0 'esptool --no-stub load-ram ./test/images/helloworld-esp8266.bin'
said './test/images/helloworld-esp8266.bin runs'

# The state of the board before and after a command.
use esp32
documented 0 'esptool --after no-reset flash-id'
documented 0 'esptool --before no-reset flash-id'
documented 0 'esptool --before default_reset --after no_reset_stub flash-id'
documented 0 'esptool --before no-reset-no-sync flash-id'
documented 1 'esptool --before no_reset --connect-attempts 1 flash-id'
expect_text err.log 'not in its loader'
ESPTOOL_OPEN_PORT_ATTEMPTS=2 ESPTOOL_CHIP=esp32 documented 0 'esptool flash-id'
documented 0 'esptool --after hard_reset flash-id'
documented 0 'esptool run'
said 'the application runs'
use esp8266
documented 0 'esptool --after soft-reset flash-id'
use jtag
documented 0 'esptool --before usb-reset flash-id'
use esp32c3
documented 0 'esptool --after watchdog-reset flash-id'
documented 1 'esptool --before no-reset --connect-attempts 1 flash-id'

# Pins, ports to try, reset sequences.
use hspi
documented 0 'esptool flash-id --spi-connection HSPI'
said 'Device:             4016'
use pins
documented 0 'esptool flash-id --spi-connection 6,17,8,11,16'
said 'Device:             4016'
use esp32
documented 0 'esptool flash-id --spi-connection SPI'
said 'Device:             4016'
documented 2 'esptool flash-id --spi-connection 6,17'
complained 'SPI connection "6,17" is none of SPI, HSPI and CLK,Q,D,HD,CS'
documented 0 'esptool --port-filter vid=0x303A --port-filter pid=0x1001 flash-id'
cat >esptool.cfg <<'FILE'
[esptool]
connect_attempts = 2
custom_reset_sequence = D0|R1|W0.1|D1|R0|W0.05|D0
custom_hard_reset_sequence = R1|W0.1|R0
FILE
documented 0 'esptool flash-id'
printf '[esptool]\ncustom_reset_sequence = R1|W0.1|R0\nconnect_attempts = 1\n' >custom.cfg
ESPTOOL_CFGFILE=custom.cfg documented 1 'esptool flash-id'
rm esptool.cfg

# Remote ports. A server that does not acknowledge control lines cannot be distinguished here.
documented 0 'esptool --port rfc2217://192.168.1.77:4000 flash-id'
said "Connected to ESP32 on $ESPTOOL_PORT:"
documented 0 'esptool --port rfc2217://ADDRESS_OF_SERVER:4000?ign_set_control flash-id'
said "Connected to ESP32 on $ESPTOOL_PORT?ign_set_control:"
use pty
perl -MIO::Socket::INET -MIO::Select -e '
  my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) or die;
  $| = 1;
  print $listener->sockport, "\n";
  while (my $client = $listener->accept) {
    open my $tty, "+<", $ARGV[0] or die;
    my $ends = IO::Select->new($client, $tty);
    BYTES: while (my @ready = $ends->can_read) {
      for (@ready) {
        sysread $_, my $bytes, 4096 or last BYTES;
        syswrite $_ == $client ? $tty : $client, $bytes;
      }
    }
  }' "$ESPTOOL_PORT" >socket.port &
children+=($!)
until [ -s socket.port ]; do
  kill -0 "${children[-1]}" || fail 'nothing serves a raw socket'
  sleep 0.1
done
ESPTOOL_PORT=socket://localhost:$(cat socket.port)
documented 0 'esptool -p socket://localhost:4000 flash-id'
said "Connected to ESP32 on $ESPTOOL_PORT:"

# The three commands of secure download mode, the refused commands, and refusals to erase what secure boot needs.
use secured
documented 0 'esptool get-security-info'
said 'Secure Download:    enabled'
documented 0 'esptool write-flash 0x10000 app.bin'
holds 0x10000 app.bin
documented 0 'esptool erase-region 0x10000 64k'
expect_equal 'what is left of it' "$(part "$flash" 0x10000 0x10000 | tr -d '\377')" ''
for verb in flash-id read-mac erase-flash; do
  documented 1 "esptool $verb"
  complained "$verb is not possible in secure download mode"
done
use trusted
documented 1 'esptool erase-region 0x0 4k'
complained 'erasing would take away what secure boot needs to start'
documented 0 'esptool erase-region --force 0x0 4k'

# Command names of version 4, with underscores.
use esp32
while read -r line; do
  documented 0 "esptool.py $line"
done <<'LINES'
chip_id
flash_id
read_mac
read_mem 0x400C0000
write_mem 0x400C0000 1
read_flash_status --bytes 2
write_flash_status --bytes 2 0
read_flash_sfdp 0 4
write_flash --flash_mode dio --flash_freq 40m --flash_size 4MB 0x1000 build/bootloader/bootloader.bin
verify_flash --flash_mode dio --flash_freq 40m --flash_size 4MB 0x1000 build/bootloader/bootloader.bin
write_flash --ignore-flash-encryption-efuse-setting 0x10000 app.bin
read_flash 0x10000 50000 read.bin
erase_region 0x10000 0x1000
erase_flash
LINES
cmp app.bin read.bin || fail 'read_flash'

# Firmware files, without a board.
unset ESPTOOL_PORT
make_elf my_app.elf 94 0x40080000 .iram0.text:0x40080000:0x1000 .flash.rodata:0x3f400020:0x1000 .flash.text:0x400d0020:0x4000
cp my_app.elf my_esp_app.elf
documented 0 'esptool --chip ESP32 elf2image my_app.elf'
[ -s my_app.bin ] || fail 'elf2image made no my_app.bin'
documented 0 'esptool --chip ESP32 elf2image my_esp_app.elf'
documented 0 'esptool image-info my_esp_app.bin'
said 'ESP32'
make_elf my_app.elf 94 0x40100004 .text:0x40100000:0x1000 .irom0.text:0x40240000:0x4000
documented 0 'esptool --chip ESP8266 elf2image my_app.elf'
[ -s my_app.elf-0x00000.bin ] && [ -s my_app.elf-0x40000.bin ] || fail 'elf2image made no two files for an ESP8266'
documented 0 'esptool --chip ESP8266 elf2image --version=2 -o my_app-ota.bin my_app.elf'
[ -s my_app-ota.bin ] || fail 'elf2image made no my_app-ota.bin'
cp build/bootloader/bootloader.bin bootloader.bin
cp build/partition_table/partition-table.bin partition-table.bin
cp build/hello_world.bin app.bin
documented 0 'esptool --chip ESP32 merge-bin -o merged-flash.bin --flash-mode dio --flash-size 4MB 0x1000 bootloader.bin 0x8000 partition-table.bin 0x10000 app.bin'
expect_in_flash merged-flash.bin 0x8000 partition-table.bin
expect_in_flash merged-flash.bin 0x10000 app.bin
documented 0 'esptool --chip ESP32 merge-bin --format hex -o merged-flash.hex --flash-mode dio --flash-size 4MB 0x1000 bootloader.bin 0x8000 partition-table.bin 0x10000 app.bin'
expect_equal 'beginning of the HEX file' "$(head -c 1 merged-flash.hex)" ':'
documented 0 'esptool --chip ESP32 merge-bin --format uf2 -o merged-flash.uf2 --flash-mode dio --flash-size 4MB 0x1000 bootloader.bin 0x8000 partition-table.bin 0x10000 app.bin'
expect_equal 'beginning of the UF2 file' "$(head -c 3 merged-flash.uf2)" UF2
cd build
documented 0 'esptool --chip ESP32 merge-bin -o merged-flash.bin @flash_args'
cd ..
use esp32
documented 0 'esptool write-flash 0x0 merged-flash.bin'
holds 0x0 merged-flash.bin
documented 0 'esptool erase-flash'
documented 0 'esptool write-flash 0x0 merged-flash.hex'
cmp -n "$(stat -c %s merged-flash.bin)" "$flash" merged-flash.bin || fail 'the HEX file made another flash than the raw one'
