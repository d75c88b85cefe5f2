#!/usr/bin/env bash
# Runs a line over USB serial ports of a real kernel, with its driver, and pulls boards out.
set -euo pipefail

if [ $# -lt 1 ] || [ $# -gt 3 ] || [ "$1" = --help ] || [ "$1" = -h ]; then
  cat <<'HELP'
Usage: tools/dev/drivers.sh BUILD [SECONDS [SEED]]

Boots the kernel of this machine's package linux-image-amd64 in QEMU, with the files of this machine, read only. Four
simulated boards are its USB devices, FT232 by QEMU, served by the kernel's driver ftdi_sio; their modem lines reach the boards
through the shim of tests/fakes/. A line runs for SECONDS (120) while boards are pulled out and put back in at random. Then its
ledger is held against the boards: no run without an end, none that ended otherwise than passed or taken out, and the flash of
each board whose last run passed has the application.

BUILD is a build folder without sanitizers and with -DEG_UNIT_TESTS=ON. Needs root, and the packages qemu-system-x86,
linux-image-amd64, busybox-static and cpio. KVM is not used.
HELP
  exit $(($# < 1 || $# > 3 ? 2 : 0))
fi
build=$(cd "$1" && pwd) seconds=${2:-120}
RANDOM=${3:-1}
boards=4
shim=$build/tests/fakes/libtty_shim.so
[ "$(id -u)" = 0 ] || { echo 'drivers.sh: needs root, to read all files of this machine' >&2; exit 3; }
[ -e "$shim" ] || { echo "drivers.sh: there is no $shim: configure with -DEG_UNIT_TESTS=ON" >&2; exit 2; }
! grep -q '^EG_SANITIZE:[A-Z]*=.' "$build/CMakeCache.txt" || {
  echo 'drivers.sh: QEMU cannot load a library with sanitizers' >&2
  exit 2
}
for program in qemu-system-x86_64 busybox cpio modprobe; do
  command -v "$program" >/dev/null || { echo "drivers.sh: there is no $program; see --help" >&2; exit 3; }
done
kernel=$(find /boot -name 'vmlinuz-*-amd64' | sort -V | tail -n 1)
[ -n "$kernel" ] || { echo 'drivers.sh: there is no /boot/vmlinuz-*-amd64' >&2; exit 3; }
release=${kernel#/boot/vmlinuz-}

work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
fail() {
  tail -n 20 "$work/share/line.log" "$work/console" >&2 || true
  echo "FAILED: $*" >&2
  exit 1
}

# What the kernel starts with: it mounts this machine's files and goes on with guest.sh.
mkdir -p "$work/first/bin" "$work/first/modules" "$work/share" "$work/boards" "$work/usb"
cp "$(command -v busybox)" "$work/first/bin/busybox"
for module in 9p 9pnet_virtio virtio_pci overlay; do
  modprobe -S "$release" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' | while read -r file; do
  cp "$file" "$work/first/modules/"
  basename "$file" >>"$work/first/order"
done
cat >"$work/first/init" <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev /lower /upper /root
$b mount -t proc p /proc; $b mount -t sysfs s /sys; $b mount -t devtmpfs d /dev
while read module; do $b insmod /modules/$module; done </order
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro root /lower
$b mount -t tmpfs t /upper; $b mkdir /upper/files /upper/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work o /root
for folder in proc sys dev; do $b mount --move /$folder /root/$folder; done
$b mount -t tmpfs t /root/run; $b mkdir -p /root/mnt
$b mount -t 9p -o trans=virtio,version=9p2000.L share /root/mnt
$b chroot /root /bin/bash /mnt/guest.sh
$b poweroff -f
INIT
chmod +x "$work/first/init"
(cd "$work/first" && find . | cpio --quiet -o -H newc) | gzip >"$work/first.gz"

cat >"$work/share/guest.sh" <<GUEST
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run espgang=$build/tools/espgang/espgang
mount -t tmpfs t /tmp
modprobe -a xhci_pci ftdi_sio
/lib/systemd/systemd-udevd --daemon
udevadm trigger
until [ -e /dev/ttyUSB$((boards - 1)) ]; do sleep 0.2; done
udevadm settle
cp -r /mnt/firmware /mnt/job.yaml /tmp
cd /tmp
for port in /dev/ttyUSB*; do
  \$espgang --port \$port read-mac && echo passed
done >/mnt/one.log 2>&1
touch /mnt/ready
timeout -s INT $seconds \$espgang run job.yaml --watch --plain --ledger ledger.db --batch drivers >/mnt/line.log 2>&1
cp ledger.db /mnt
\$espgang audit --ledger ledger.db >>/mnt/line.log 2>&1 || rm /mnt/ledger.db
GUEST
"$build/tools/dev/make_firmware" --chip esp32 --size 262144 --seed 1 "$work/share/firmware" >/dev/null
printf '%s\n' 'espgang: 1' 'job: drivers' 'chip: esp32' 'firmware: {from: firmware/flasher_args.json}' >"$work/share/job.yaml"

"$build/tools/vboard/vboard" --boards $boards --chip esp32 --pty --lines --link "$work/boards" --flash-dir "$work/boards" \
  >"$work/terminals" 2>&1 &
while [ "$(wc -l <"$work/terminals")" -lt $boards ]; do sleep 0.1; done
devices=()
for i in $(seq $boards); do
  name=$("$build/tests/fakes/plug_tty" "$work/usb" ttyUSB 0403:6001 "$i" "1-$i" "$work/boards/board$i")
  devices+=(-chardev "serial,id=port$i,path=/dev/$name" -device "usb-serial,chardev=port$i,id=board$i")
done
mkfifo "$work/monitor.in" "$work/monitor.out"
cat "$work/monitor.out" >/dev/null &
EG_TTY_SHIM=$work/usb LD_PRELOAD=$shim qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 -nographic \
  -no-reboot -kernel "$kernel" -initrd "$work/first.gz" -append 'console=ttyS0 quiet panic=1' \
  -fsdev local,id=root,path=/,security_model=none,readonly=on -device virtio-9p-pci,fsdev=root,mount_tag=root \
  -fsdev "local,id=share,path=$work/share,security_model=none" -device virtio-9p-pci,fsdev=share,mount_tag=share \
  -chardev "pipe,id=monitor,path=$work/monitor" -mon chardev=monitor -serial "file:$work/console" \
  -device qemu-xhci,p2=8,p3=8 "${devices[@]}" </dev/null >"$work/qemu.log" 2>&1 &
machine=$!
exec 9>"$work/monitor.in"
runs() { kill -0 "$machine" 2>/dev/null; }

while [ ! -e "$work/share/ready" ]; do
  runs || fail "the machine did not come up: $(tail -n 3 "$work/qemu.log")"
  sleep 0.5
done
[ "$(grep -c '^passed' "$work/share/one.log")" = $boards ] || { cat "$work/share/one.log" >&2; fail 'a port cannot be used'; }
echo "as it should be: MAC addresses of $boards boards, by a command each"

pulls=0
until_s=$((SECONDS + seconds - 15))
sleep 5
while runs && [ $SECONDS -lt $until_s ]; do
  i=$((RANDOM % boards + 1))
  echo "device_del board$i" >&9
  sleep "$((RANDOM % 3)).$((RANDOM % 9 + 1))"
  echo "device_add usb-serial,chardev=port$i,id=board$i" >&9
  sleep $((RANDOM % 4))
  pulls=$((pulls + 1))
done
wait "$machine" || fail "QEMU ended with $?: $(tail -n 3 "$work/qemu.log")"
[ -e "$work/share/ledger.db" ] || fail 'there is no whole ledger'

ask() { sqlite3 -batch "$work/share/ledger.db" "$1"; }
odd=$(ask "select run || ': ' || outcome || ' ' || coalesce(sentence, '') from runs
  where outcome not like 'pass%' and coalesce(code, '') <> 'board-removed'")
[ -z "$odd" ] || fail "these runs ended otherwise: $odd"
checked=0
while IFS='|' read -r number; do
  cmp -s -n 262144 -i $((0x10000)):0 "$work/boards/board$number.bin" "$work/share/firmware/app.bin" ||
    fail "board $number passed last, and its flash is another"
  checked=$((checked + 1))
done < <(ask "select cast(substr(mac, -2) as integer) from runs r where outcome like 'pass%'
  and run = (select max(run) from runs where mac = r.mac)")
echo "as it should be: $pulls boards pulled out; $(ask "select group_concat(n, ', ') from
  (select count(*) || ' ' || outcome || ' ' || code as n from runs group by outcome, code)"); $checked flashes compared"
