#!/usr/bin/env bash
# With --json a command prints one object on standard output, and the facts in it are those of its text.
build=$1; . "$(dirname "$0")/../../e2e/lib.sh"
cd "$work"

# document COMMAND...: both forms of a command's answer, in text.log and json.log.
document() {
  expect_status 0 "$espgang" "$@"
  mv out.log text.log
  expect_status 0 "$espgang" "$@" --json
  mv out.log json.log
}

# same CHIP COMMAND: check that the object has the facts of the text.
same() {
  python3 - "$1" "$2" <<'PYTHON' || fail "$2 --json of $1: $(cat json.log text.log)"
import json
import re
import sys

chip, command = sys.argv[1:]
with open("json.log", encoding="utf-8") as file:
    facts = json.load(file)
text, keys = {}, []
with open("text.log", encoding="utf-8") as file:
    for line in file:
        key, _, value = line.strip().partition(":")
        if line.startswith("  BLOCK_KEY"):
            block, purpose, name = re.fullmatch(r"(\w+) +(\d+), (.*)", line.strip()).groups()
            keys.append({"block": block, "purpose": int(purpose), "purpose_name": name})
        else:
            text[key] = value.strip()


def check(name, wanted):
    got = facts.pop(name)
    if got != wanted or type(got) is not type(wanted):
        sys.exit(f"{name} is {got!r}, not {wanted!r}")


def on(key):
    return text[key].startswith("enabled")


check("espgang", command)
check("version", 1)
check("port", f"sim:{chip}/1")
check("chip", chip)
if command == "flash-id":
    check("flash_jedec", text["Manufacturer"] + text["Device"])
    check("flash_size", int(text["Flash size"].removesuffix("MB")) << 20)
    check("flash_type", text.get("Flash type"))
    check("flash_voltage", text.get("Flash voltage"))
elif command in ("read-mac", "chip-id"):
    check("mac", text.get("BASE MAC", text["MAC"]))
    check("eui64", text["MAC"] if "BASE MAC" in text else None)
    check("mac_extension", text.get("MAC_EXT"))
    if command == "chip-id":
        check("chip_id", int(text["Chip ID"], 16) if "Chip ID" in text else None)
elif chip == "esp32":
    check("secure_boot", on("Secure Boot"))
    check("secure_boot_v1", "version 1" in text["Secure Boot"])
    check("flash_encryption", on("Flash Encryption"))
    check("secure_download", False)
    check("encrypting_loader", on("Encrypting loader"))
    for name in list(facts):
        check(name, None)
else:
    check("flags", int(text["Flags"], 16))
    check("keys", keys)
    check("revoked_keys", [n for n in range(3) if f"key {n} is revoked" in text])
    check("aggressive_revocation", "aggressive revocation of keys" in text)
    check("chip_id", int(text["Chip ID"]) if "Chip ID" in text else None)
    check("api_version", int(text["API Version"]) if "API Version" in text else None)
    check("secure_boot", on("Secure Boot"))
    check("secure_boot_v1", False)
    check("flash_encryption", on("Flash Encryption"))
    check("flash_crypt_count", int(text["Flash crypt count"], 16))
    check("secure_download", on("Secure Download"))
    check("encrypting_loader", None)
    check("dcache_in_download", on("DCache in download"))
    check("icache_in_download", on("ICache in download"))
    jtag = {"enabled": "enabled", "disabled for good": "disabled", "disabled, software may enable it": "soft-disabled"}
    check("jtag", jtag[text["JTAG"]])
    check("usb", on("USB"))
if facts:
    sys.exit(f"not in the text: {facts}")
PYTHON
}

for chip in esp8266 esp32 esp32s2 esp32s3 esp32c3 esp32c6; do
  for command in flash-id read-mac chip-id get-security-info; do
    [ "$chip $command" != 'esp8266 get-security-info' ] || continue
    document --port "sim:$chip" --no-stub "$command"
    same "$chip" "$command"
  done
done

# Facts of the flash's registers, its own description and its contents.
member() { # EXPRESSION with `facts`
  python3 -c 'import json, sys; facts = json.load(open("json.log")); print(eval(sys.argv[1]))' "$1"
}
document --port sim:esp32c3 --no-stub read-flash-status --bytes 3
expect_equal 'the status' "$(printf '0x%06x' "$(member 'facts["status"]')")" "$(sed -n 's/^Status value: *//p' text.log)"
expect_equal 'the registers' "$(member 'facts["bytes"]')" 3
document --port sim:esp32c3 --no-stub read-flash-sfdp 0x10 4
expect_equal 'the bytes of SFDP' \
  "SFDP[16..19]: $(member '" ".join(f"{byte:02x}" for byte in facts["bytes"])')" "$(grep SFDP text.log)"
expect_equal 'the address of SFDP' "$(member 'facts["address"]')" 16
document --port sim:esp32c3 --no-stub read-mem 0x40001000
expect_equal 'the word' "$(printf '0x%08x = 0x%08x' "$(member 'facts["address"]')" "$(member 'facts["value"]')")" \
  "$(grep ' = ' text.log)"
document --port sim:esp32c3 --no-stub flash-md5 0x1000 4096
expect_equal 'the MD5' "$(member 'facts["md5"]')" "$(sed -n 's/^MD5: *//p' text.log)"
expect_equal 'the place of the MD5' "$(member 'facts["address"], facts["size"]')" '(4096, 4096)'

# What else is said goes to standard error, nothing with --silent; a failure is a sentence there and no object.
expect_text err.log 'Chip type:'
expect_status 0 "$espgang" --port sim:esp32c3 --silent read-mac --json
expect_equal 'standard error of --silent' "$(cat err.log)" ''
python3 -m json.tool out.log >/dev/null || fail "no JSON with --silent: $(cat out.log)"
expect_status 0 "$espgang" --port sim:esp32c3 --trace read-mac --json
expect_text err.log READ_REG
python3 -m json.tool out.log >/dev/null || fail "no JSON with --trace: $(cat out.log)"
expect_status 1 "$espgang" --port sim:esp8266 get-security-info --json
expect_equal 'an object of a failure' "$(cat out.log)" ''
expect_equal 'the sentence of a failure' "$(tail -n 1 err.log)" 'espgang: ESP8266 has neither secure boot nor flash encryption'

# Ports: as the text has them; what a port does not have is null. A preloaded library provides the ports.
shim=$build/tests/fakes/libtty_shim.so
if [ "$(uname -s)" = Linux ] && [ -e "$shim" ]; then
  mkdir usb boards
  start_boards boards 2 --pty --link "$work/boards"
  "$build/tests/fakes/plug_tty" "$work/usb" ttyUSB 10c4:ea60 A1 1-1 "$work/boards/board1" >/dev/null
  "$build/tests/fakes/plug_tty" "$work/usb" ttyUSB 1234:5678 '' 1-2 "$work/boards/board2" >/dev/null
  export EG_TTY_SHIM=$work/usb
  with_ports() { LD_PRELOAD=$shim ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 "$@"; }
  with_ports "$espgang" ports >text.log
  expect_status 0 with_ports "$espgang" ports --json
  python3 - <<'PYTHON' >ports.log || fail "ports --json: $(cat out.log)"
import json

with open("out.log", encoding="utf-8") as file:
    answer = json.load(file)
assert list(answer) == ["espgang", "version", "ports", "usb"] and answer["version"] == 1
assert [(bus["kind"], bus["boards"]) for bus in answer["usb"]] == [("hub", 2), ("controller", 2)]
for port in answer["ports"]:
    usb = f"{port['vid']:04x}:{port['pid']:04x}"
    used = "used" if port["by_default"] else "left alone"
    print(port["slot"], port["port"], port["bridge"], usb, port["serial"], used)
PYTHON
  expect_equal 'the ports' "$(sed 's/  */ /g' ports.log)" \
    "$(sed -n '2,3s/  */ /gp' text.log | sed 's|\(/dev/ttyUSB1\) |\1 None |; s|5678 |&None |')"
  expect_status 2 "$espgang" ports --udev --json
  expect_equal 'two forms at once' "$(cat err.log)" \
    "espgang: --udev and --json exclude each other; see 'espgang ports --help'"
fi
