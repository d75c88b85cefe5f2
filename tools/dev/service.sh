#!/usr/bin/env bash
# Starts the package's service under a real systemd.
set -euo pipefail

if [ $# != 1 ] || [ "$1" = --help ] || [ "$1" = -h ]; then
  cat <<'HELP'
Usage: tools/dev/service.sh BUILD

Boots a systemd in a container whose files are those of this machine, with what BUILD (preset release) installs; what is written there
is thrown away. Starts espgang@acme for two simulated boards, looks at the record, at what a program in the sandbox can do, at a line
that is killed and at one that is stopped. Needs root and systemd-nspawn (package systemd-container). Neither devices nor addresses
are limited where the container has no cgroups of its own.
HELP
  exit $(($# != 1 ? 2 : 0))
fi
build=$(cd "$1" && pwd)
[ "$(id -u)" = 0 ] || { echo 'service.sh: needs root' >&2; exit 3; }
command -v systemd-nspawn >/dev/null || { echo 'service.sh: there is no systemd-nspawn' >&2; exit 3; }

work=$(mktemp -d /var/tmp/eg-service-XXXXXX)
machine=
finish() {
  status=$?
  trap - EXIT
  [ -z "$machine" ] || kill "$machine" 2>/dev/null || true
  wait 2>/dev/null || true
  umount -l "$work/files" "$work/room" 2>/dev/null || true
  rm -rf --one-file-system "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 1' INT TERM
fail() {
  inside journalctl --no-pager -o cat -u espgang@acme | tail -n 20 >&2 || true
  echo "FAILED: $*" >&2
  exit 1
}
# expect WHAT GOT WANTED
expect() {
  [ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
  echo "as it should be: $1"
}

mkdir "$work/room" "$work/files"
mount -t tmpfs tmpfs "$work/room"
mkdir "$work/room/upper" "$work/room/work"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/room/upper,workdir=$work/room/work" "$work/files"
cmake --install "$build" --prefix "$work/files/usr" >/dev/null
: >"$work/files/etc/machine-id"

# A signed bundle whose hook tells what it may do, and a station with two boards.
espgang=$work/files/usr/bin/espgang line=$work/files/line etc=$work/files/etc/espgang
rm -rf "$etc" && mkdir -p "$etc/trusted" "$line"
"$build/tools/dev/make_firmware" --chip esp32 --size 65536 --seed 1 "$line/firmware" >/dev/null
cat >"$line/probe.sh" <<'PROBE'
#!/bin/sh
try() { "$@" >/dev/null 2>&1 && echo "allowed: $*" || echo "denied: $*"; }
{
  for path in /etc/x /usr/x /var/lib/x /root/x; do try touch $path; done
  try ls /root
  try dmesg
  try unshare -r true
  try mount -t tmpfs x /mnt
  try sh -c 'touch /tmp/x; chmod u+s /tmp/x'
  try date -s 2020-01-01
  try hostname x
  try ls /proc/1
  try chrt -f 1 true
  try touch /tmp/y
  grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status | tr '\t' ' '
  echo "core $(ulimit -c), umask $(umask)"
} >"$STATE_DIRECTORY/probe"
PROBE
chmod +x "$line/probe.sh"
printf '%s\n' 'espgang: 1' 'job: acme' 'chip: esp32' 'firmware: {from: firmware/flasher_args.json}' \
  'hooks: {before_board: ./probe.sh}' >"$line/job.yaml"
(
  cd "$line"
  "$espgang" bundle job.yaml -o acme.egb
  "$espgang" sign --new-key acme >/dev/null
  "$espgang" sign --key acme acme.egb >/dev/null
  cp acme.egb "$etc"
  cp acme.pub "$etc/trusted"
)
mkdir "$line/flash" "$work/files/etc/systemd/system/espgang@acme.service.d"
cat >"$work/files/etc/systemd/system/espgang@acme.service.d/network.conf" <<'DROP_IN'
[Service]
ExecStart=
ExecStart=/usr/bin/espgang run %E/espgang/%i.egb --trigger poll --plain
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6
IPAddressAllow=localhost
DROP_IN

systemd-nspawn --quiet -D "$work/files" --machine="eg$$" --boot --register=no --keep-unit --link-journal=no \
  systemd.unit=basic.target >"$work/boot.log" 2>&1 &
machine=$!
inside() {
  nsenter -t "$init" -m -u -i -p -- "$@"
}
# await COMMAND...: until it succeeds, a minute at most.
await() {
  for _ in $(seq 100); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.2
  done
  fail "a minute has passed without: $*"
}
init_runs() { init=$(pgrep -P "$machine" | head -n 1) && [ -n "$init" ] && inside systemctl is-active basic.target; }
await init_runs
inside setsid vboard --boards 2 --chip esp32 --flash-dir /line/flash >"$work/urls" 2>/dev/null &
two_urls() { [ "$(wc -l <"$work/urls")" = 2 ]; }
await two_urls
mapfile -t urls <"$work/urls"
printf '%s\n' 'espgang_station: 1' 'slots:' "  - {name: A1, url: '${urls[0]}'}" "  - {name: A2, url: '${urls[1]}'}" \
  >"$work/files/etc/espgang/station.yaml"

ledger() { inside sqlite3 -batch -readonly /var/lib/private/espgang/ledger.db "$1"; }
passes() { [ "$(ledger "select count(*) from runs where outcome like 'pass%'")" -ge "$1" ]; }
inside systemctl start espgang@acme
await passes 2
expect 'two boards passed' "$(ledger "select group_concat(slot || ' ' || outcome) from (select * from runs order by slot)")" 'A1 pass,A2 pass'
for board in 1 2; do
  cmp -n 65536 -i $((0x10000)):0 "$line/flash/board$board.bin" "$line/firmware/app.bin" || fail "the flash of board $board is another"
done
expect 'what a program in the sandbox may do' "$(inside grep -v ^denied: /var/lib/private/espgang/probe)" 'allowed: touch /tmp/y
CapEff: 0000000000000000
NoNewPrivs: 1
Seccomp: 2
core 0, umask 0077'
expect 'mode of the ledger' "$(inside stat -c %a /var/lib/private/espgang/ledger.db)" 600

inside systemctl kill -s KILL espgang@acme
await passes 4
expect 'a line that is killed is started again' "$(inside systemctl show espgang@acme -p NRestarts --value)" 1
inside systemctl stop espgang@acme
expect 'a line that is stopped ends well' "$(inside systemctl show espgang@acme -p ActiveState -p Result --value | tr '\n' ' ')" 'success inactive '
inside espgang audit --ledger /var/lib/private/espgang/ledger.db >/dev/null || fail 'the ledger is not whole'
expect 'every run has an end' "$(ledger "select count(*) from runs where outcome = 'unfinished'")" 0
