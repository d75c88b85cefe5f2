#!/usr/bin/env bash
# Plugs a USB serial port into a folder for the shim: sysfs as Linux has it, and a device that is a link to a terminal.
# Usage: plug_tty.sh FOLDER NAME VID:PID SERIAL PLACE TERMINAL
#        plug_tty.sh FOLDER NAME                              takes it out again
#   plug_tty.sh usb ttyUSB7 10c4:ea60 A5001 1-2 boards/board1    SERIAL may be empty; PLACE is the USB port, "1-2.3"
set -eu
folder=$1 name=$2

if [ $# -eq 2 ]; then
  usb=$(realpath "$folder/sys/class/tty/$name/device")
  until [ -e "$usb/idVendor" ]; do usb=${usb%/*}; done
  rm -r "$folder/sys/dev/char/$(cat "$folder/sys/class/tty/$name/dev")" "$folder/sys/class/tty/$name" "$folder/dev/$name" "$usb"
  exit
fi
vid=${3%:*} pid=${3#*:} serial=$4 place=$5 terminal=$6

number=${name##*[a-zA-Z]}
bus=${place%%-*}
usb=devices/pci0000:00/0000:00:14.0/usb$bus/$place # a hub between is left out
interface=$usb/$place:1.0
case $name in
  ttyACM*) driver=cdc_acm number=166:$number port=$interface tty=$interface/tty/$name ;;
  *) driver=usbserial number=188:$number port=$interface/$name tty=$interface/$name/tty/$name ;;
esac

up() { # FOLDER: "../" for every part of it
  sed -E 's,[^/]+,..,g' <<<"$1"
}

cd "$folder"
mkdir -p dev sys/bus/usb sys/class/tty sys/dev/char "sys/$tty"
cd sys
printf '%s\n' "$vid" >"$usb/idVendor"
printf '%s\n' "$pid" >"$usb/idProduct"
printf '%s\n' "$bus" >"$usb/busnum"
printf '%s\n' "${place##*[-.]}" >"$usb/devnum"
printf 'maker of %s\n' "$vid" >"$usb/manufacturer"
printf 'product %s\n' "$pid" >"$usb/product"
[ -z "$serial" ] || printf '%s\n' "$serial" >"$usb/serial"
printf 'DEVTYPE=usb_device\n' >"$usb/uevent"
printf 'DEVTYPE=usb_interface\nDRIVER=%s\n' "$driver" >"$interface/uevent"
ln -s "$(up "$usb")/bus/usb" "$usb/subsystem"
ln -s "$(up "$interface")/bus/usb" "$interface/subsystem"
printf '%s\n' "$number" >"$tty/dev"
printf 'MAJOR=%s\nMINOR=%s\nDEVNAME=%s\n' "${number%:*}" "${number#*:}" "$name" >"$tty/uevent"
ln -s "$(up "$tty")/class/tty" "$tty/subsystem"
ln -s "$(up "$tty")/$port" "$tty/device"
ln -s "../../$tty" "class/tty/$name"
ln -s "../../$tty" "dev/char/$number"
ln -s "$terminal" "../dev/$name"
