#!/usr/bin/env bash
# A job frozen into one file, carried elsewhere, signed, and run by a station that trusts the key.
build=$1; . "$(dirname "$0")/lib.sh"

refused() { # STATUS SENTENCE COMMAND...
  local status=$1 sentence=$2
  shift 2
  expect_status "$status" "$@"
  expect_equal "standard error of '$*'" "$(cat "$work/err.log")" "$sentence"
  expect_equal "standard output of '$*'" "$(cat "$work/out.log")" ''
}

run() { # FILE [OPTION...]: on two simulated boards, their flash in $work/FILE-NAME.flash
  mkdir -p "$work/$(basename "$1").flash"
  "$espgang" run "$@" --sim 2 --fast --hooks --ledger "$work/ledger.db" --flash-dir "$work/$(basename "$1").flash"
}

make_job esp32 65536 'link: {baud: 460800}' 'flash: {mode: dio, size: 4MB}'
cp "$work/job.yaml" "$work/plain.yaml"
expect_status 0 "$espgang" bundle "$work/job.yaml" -o "$work/e2e.egb"
expect_equal 'what is said of a bundle that was made' "$(cat "$work/out.log" "$work/err.log")" ''

# Others can look into it.
tar --zstd -tf "$work/e2e.egb" >"$work/names.log"
expect_equal files "$(sed 's/[0-9a-f]\{64\}/SHA256/' "$work/names.log" | tr '\n' ' ')" \
  "manifest.json job.yaml images/00-bootloader.bin images/01-partition-table.bin images/02-app.bin $(printf 'streams/SHA256.zlib %.0s' 1 2 3 4)"
tar --zstd -xOf "$work/e2e.egb" images/02-app.bin | cmp - "$work/firmware/app.bin" || fail 'app.bin is another in the bundle'
(mkdir "$work/unpacked" && cd "$work/unpacked" && tar --zstd -xf ../e2e.egb)
grep '^# [0-9a-f]\{64\}  ' "$work/unpacked/job.yaml" | cut -c3- >"$work/unpacked/sums"
expect_equal 'lines of digests' "$(wc -l <"$work/unpacked/sums")" 7
(cd "$work/unpacked" && sha256sum -c sums >/dev/null) || fail 'sha256sum does not agree with the job'
expect_status 0 "$espgang" check "$work/unpacked/job.yaml" # and unpacked it is a job file

# The same job gives the same file, on every machine and at any time.
mkdir "$work/copy"
cp -r "$work/firmware" "$work/job.yaml" "$work/copy"
(cd "$work/copy" && expect_status 0 "$espgang" bundle job.yaml -o again.egb)
cmp "$work/e2e.egb" "$work/copy/again.egb" || fail 'the same job made two bundles'

# The bundle programs the same data, without its source files.
expect_status 0 run "$work/job.yaml"
rm -r "$work/firmware" "$work/copy" "$work/job.yaml"
expect_status 0 "$espgang" check "$work/e2e.egb"
expect_text "$work/out.log" 'flash  4 MB'
expect_status 0 run "$work/e2e.egb"
expect_text "$work/out.log" '2 of 2 passed'
for board in board1.bin board2.bin; do
  cmp "$work/job.yaml.flash/$board" "$work/e2e.egb.flash/$board" || fail "the flash of $board is another"
done
expect_equal 'the digest in the ledger' \
  "$(ledger "select distinct job.sha256 from session join job using (job_id) where job_path = '$work/e2e.egb/job.yaml'")" \
  "$(sha256sum <"$work/unpacked/job.yaml" | cut -c1-64)"

# Files from keys and hooks are included; the originals are no longer needed.
mkdir "$work/line"
printf '#!/bin/sh\necho "$ESPGANG_MAC $1" >>"%s/labels"\n[ ! -e "%s/no-paper" ] || { echo no paper; exit 4; }\n' \
  "$work" "$work" >"$work/line/label.sh"
chmod +x "$work/line/label.sh"
echo 02:65:67 >"$work/line/macs.txt"
cp "$work/unpacked/job.yaml" "$work/line/job.yaml"
cp -r "$work/unpacked/images" "$work/line/images"
printf 'accept: {mac_file: macs.txt}\nhooks: {after_board: [./label.sh, one label]}\n' >>"$work/line/job.yaml"
expect_status 0 "$espgang" bundle "$work/line/job.yaml" -o "$work/line.egb"
rm -r "$work/line"
expect_status 0 "$espgang" check "$work/line.egb"
expect_text "$work/out.log" 'files/04-label.sh, one label'
expect_status 0 run "$work/line.egb" --plain
expect_equal 'labels that were printed' "$(sort "$work/labels")" \
  $'02:65:67:00:00:01 one label\n02:65:67:00:00:02 one label'
touch "$work/no-paper"
expect_status 0 run "$work/line.egb" --plain
expect_text "$work/out.log" 'after-board: files/04-label.sh exited with status 4: no paper'

# The output file.
refused 2 "espgang: $work/e2e.egb exists already; --force replaces it; see 'espgang bundle --help'" \
  "$espgang" bundle "$work/unpacked/job.yaml" -o "$work/e2e.egb"
refused 2 "espgang: $work/e2e.egb: is a bundle already" "$espgang" bundle "$work/e2e.egb" -o "$work/x.egb"
refused 2 "espgang: missing option: --output FILE; see 'espgang bundle --help'" "$espgang" bundle "$work/e2e.egb"
refused 2 "espgang: $work/none/x.egb: No such file or directory" \
  "$espgang" bundle "$work/unpacked/job.yaml" -o "$work/none/x.egb"
refused 2 "espgang: $work/none.yaml: No such file or directory" \
  "$espgang" bundle "$work/none.yaml" -o "$work/x.egb"
[ ! -e /dev/full ] || refused 3 'espgang: /dev/full: No space left on device' \
  "$espgang" bundle "$work/unpacked/job.yaml" -o /dev/full
cp "$work/e2e.egb" "$work/forced.egb"
expect_status 0 "$espgang" bundle "$work/unpacked/job.yaml" -o "$work/forced.egb" --force
expect_status 0 "$espgang" check "$work/forced.egb"
"$espgang" bundle "$work/unpacked/job.yaml" -o /dev/stdout | cmp - "$work/forced.egb" || fail 'another bundle in a pipe'

# Interrupted at any moment, the bundle is complete or absent, and no other file is left.
mkdir "$work/interrupted"
for delay in 0 0.02 0.05 0.1 0.2 0.3; do
  "$espgang" bundle "$work/unpacked/job.yaml" -o "$work/interrupted/x.egb" --force 2>/dev/null &
  sleep "$delay"
  kill -INT $! 2>/dev/null || true # a shell's background job ignores SIGINT until it catches it
  kill -TERM $! 2>/dev/null || true
  wait $! || true
  left=$(ls -A "$work/interrupted")
  [ -z "$left" ] || [ "$left" = x.egb ] || fail "after $delay s there is $left"
  [ -z "$left" ] || cmp "$work/interrupted/x.egb" "$work/forced.egb" || fail "after $delay s the bundle is not whole"
done

# A changed byte, and a truncated file.
cp "$work/e2e.egb" "$work/bad.egb"
printf '\377' | dd of="$work/bad.egb" bs=1 seek=5000 conv=notrunc status=none
refused 2 "espgang: $work/bad.egb: is damaged: its SHA-256 is not the one in its seal" run "$work/bad.egb"
head -c 9000 "$work/e2e.egb" >"$work/bad.egb"
refused 2 "espgang: $work/bad.egb: is no bundle, or not all of one: there is no seal at its end" \
  "$espgang" bundle --list "$work/bad.egb"

# Keys.
expect_status 0 "$espgang" sign --new-key "$work/acme"
key=$(sed -n 's/^key //p' "$work/out.log")
expect_equal 'mode of the private key' "$(stat -c %a "$work/acme")" 600
refused 2 "espgang: $work/acme: is there already" "$espgang" sign --new-key "$work/acme"
grep -q 'BEGIN PRIVATE KEY' "$work/acme" || fail 'the private key is no PKCS#8'
if command -v openssl >/dev/null; then
  openssl pkey -in "$work/acme" -pubout | cmp - "$work/acme.pub" || fail 'the public key is another'
fi
expect_status 0 "$espgang" sign --new-key "$work/foreign"
foreign=$(sed -n 's/^key //p' "$work/out.log")

expect_status 0 "$espgang" sign --key "$work/acme" "$work/e2e.egb"
expect_equal 'what is said of a signed bundle' "$(cat "$work/out.log")" "$work/e2e.egb is signed by the key $key"
expect_status 0 "$espgang" bundle --list "$work/e2e.egb"
expect_text "$work/out.log" "signed  by the key $key"
cp "$work/out.log" "$work/list.log"
expect_status 0 "$espgang" bundle --list "$work/e2e.egb" --json
python3 - "$work/out.log" <<'PYTHON' | diff "$work/list.log" - || fail 'bundle --list --json has other facts than the text'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    facts = json.load(file)
assert (facts["espgang"], facts["version"], facts["allows_rollback"]) == ("bundle", 1, False)
print("job    ", " ".join(filter(None, (facts["job"], facts["job_version"]))))
print("chip   ", facts["chip"])
print("made by", facts["tool"])
print("signed  by the key", facts["signed_by"])
print(f"\n  {'bytes':>10}  {'SHA-256':64}  file")
for row in facts["files"]:
    print(f"  {row['size']:10}  {row['sha256']:64}  {row['name']}")
PYTHON
refused 2 "espgang: --json goes with --list; see 'espgang bundle --help'" "$espgang" bundle x.yaml -o x.egb --json
expect_equal 'files of a signed bundle' "$(tar --zstd -tf "$work/e2e.egb")" "$(cat "$work/names.log")"
expect_status 0 "$espgang" sign --key "$work/foreign" "$work/e2e.egb" -o "$work/foreign.egb"
refused 2 "espgang: $work/foreign.egb: is there already" \
  "$espgang" sign --key "$work/acme" "$work/e2e.egb" -o "$work/foreign.egb"
chmod 644 "$work/foreign"
refused 2 "espgang: $work/foreign: others may use this private key (mode 644); chmod 600 it" \
  "$espgang" sign --key "$work/foreign" "$work/e2e.egb" -o "$work/x.egb"
refused 2 "espgang: $work/bad.egb: is no bundle, or not all of one: there is no seal at its end" \
  "$espgang" sign --key "$work/acme" "$work/bad.egb"

# A station without trusted keys runs all bundles.
trusted=$XDG_CONFIG_HOME/espgang/trusted
expect_status 0 "$espgang" trust list
expect_equal 'list of no keys' "$(cat "$work/out.log")" \
  "no key is trusted in $trusted: every job and every bundle runs"
expect_status 0 run "$work/foreign.egb"

# A station that trusts a key runs only bundles signed with it.
expect_status 0 "$espgang" trust add "$work/acme.pub"
expect_status 0 "$espgang" trust list
expect_equal 'list of one key' "$(cat "$work/out.log")" "$key  acme.pub"
expect_status 0 "$espgang" trust list --json
expect_equal 'list of one key as JSON' "$(cat "$work/out.log")" "{\"espgang\":\"trust\",\"version\":1,\"folder\":\"$trusted\",\
\"only_trusted\":true,\"keys\":[{\"fingerprint\":\"$key\",\"name\":\"acme.pub\"}],\"revoked\":[]}"
refused 2 "espgang: --json goes with list; see 'espgang trust --help'" "$espgang" trust remove acme.pub --json
runs=$(ledger 'select count(*) from runs')
only="and this station runs only what a key in $trusted has signed"
refused 2 "espgang: $work/foreign.egb: is signed by the key $foreign, $only" run "$work/foreign.egb"
refused 2 "espgang: $work/foreign.egb: is signed by the key $foreign, $only" "$espgang" check "$work/foreign.egb"
refused 2 "espgang: $work/forced.egb: is not signed, $only" run "$work/forced.egb"
refused 2 "espgang: $work/plain.yaml: is no bundle, $only" run "$work/plain.yaml"
refused 2 "espgang: $work/unpacked/job.yaml: is no bundle, $only" "$espgang" check "$work/unpacked/job.yaml"
refused 2 "espgang: $work/none.egb: No such file or directory" run "$work/none.egb"
expect_equal 'runs in the ledger' "$(ledger 'select count(*) from runs')" "$runs"
expect_status 0 run "$work/e2e.egb"
mkdir "$work/empty"

# Hooks of its bundles are not searched in PATH.
echo 'hooks: {after_board: [print-label, one label]}' | cat "$work/unpacked/job.yaml" - >"$work/unpacked/path.yaml"
mkdir "$work/programs"
printf '#!/bin/sh\nexit 0\n' >"$work/programs/print-label"
chmod +x "$work/programs/print-label"
PATH=$work/programs:$PATH expect_status 0 "$espgang" bundle "$work/unpacked/path.yaml" -o "$work/path.egb"
PATH=$work/programs:$PATH expect_status 0 "$espgang" sign --key "$work/acme" "$work/path.egb"
PATH=$work/programs:$PATH expect_status 0 "$espgang" check "$work/path.egb" --trust-dir "$work/empty"
place=$work/path.egb/job.yaml:$(tar --zstd -xOf "$work/path.egb" job.yaml | grep -n 'print-label' | cut -d: -f1)
PATH=$work/programs:$PATH expect_status 2 "$espgang" check "$work/path.egb"
expect_text "$work/err.log" "$place:"
expect_text "$work/err.log" "'print-label' would be whatever is found in PATH, and this station runs only what a key has signed; name \
the program by its path, so that the bundle has it"

# Versions only go up. Simulated boards do not count; a real board does as soon as it is admitted.
for version in 1.9 1.10; do
  sed "s/^version: .*/version: $version/" "$work/unpacked/job.yaml" >"$work/unpacked/$version.yaml"
  expect_status 0 "$espgang" bundle "$work/unpacked/$version.yaml" -o "$work/$version.egb"
  expect_status 0 "$espgang" sign --key "$work/acme" "$work/$version.egb"
done
expect_status 0 run "$work/1.10.egb"
expect_status 0 run "$work/1.9.egb"
start_boards real 1 --chip esp32
expect_status 0 "$espgang" run "$work/1.10.egb" --ports "${urls[0]}" --ledger "$work/ledger.db" --batch real
older="espgang: $work/1.9.egb/job.yaml: version '1.9' of e2e is older than '1.10', of which ledger $work/ledger.db has runs; \
to go back, have it signed with 'espgang sign --allow-rollback'"
refused 2 "$older" "$espgang" check "$work/1.9.egb" --ledger "$work/ledger.db"
refused 2 "$older" "$espgang" run "$work/1.9.egb" --ports "${urls[0]}" --ledger "$work/ledger.db"
expect_status 0 "$espgang" check "$work/1.9.egb" --ledger "$work/other.db"
expect_status 0 "$espgang" check "$work/1.10.egb" --ledger "$work/ledger.db"
expect_status 0 "$espgang" check "$work/1.9.egb" --ledger "$work/ledger.db" --trust-dir "$work/empty"
expect_status 0 "$espgang" sign --key "$work/acme" --allow-rollback "$work/1.9.egb"
expect_equal 'what is said of a permission' "$(cat "$work/out.log")" \
  "$work/1.9.egb is signed by the key $key, with permission for a rollback"
expect_status 0 "$espgang" check "$work/1.9.egb" --ledger "$work/ledger.db"
expect_status 0 "$espgang" bundle --list "$work/1.9.egb"
expect_text "$work/out.log" "signed  by the key $key, with permission for a rollback"
expect_status 0 "$espgang" sign --key "$work/acme" "$work/1.9.egb" # without permission again
refused 2 "$older" "$espgang" check "$work/1.9.egb" --ledger "$work/ledger.db"

# Signatures of a revoked key are refused, whatever its file name.
mkdir -m 700 "$work/revoking"
cp "$work/acme.pub" "$work/revoking"
expect_status 0 "$espgang" trust revoke acme.pub --trust-dir "$work/revoking"
expect_equal 'what is said of a revoked key' "$(cat "$work/out.log")" "revoked: $key"
cp "$work/acme.pub" "$work/revoking/other.pub"
refused 2 "espgang: $work/e2e.egb: is signed by the key $key, which is revoked in $work/revoking/revoked" \
  "$espgang" check "$work/e2e.egb" --trust-dir "$work/revoking"
rm "$work/revoking/acme.pub" "$work/revoking/other.pub"
expect_status 0 "$espgang" trust list --trust-dir "$work/revoking"
expect_equal 'list of a revoked key' "$(cat "$work/out.log")" "$key  revoked"
refused 2 "espgang: $work/plain.yaml: is no bundle, and this station runs only what a key in $work/revoking has signed" \
  "$espgang" check "$work/plain.yaml" --trust-dir "$work/revoking"

# The folder of trusted keys, by option and by variable.
expect_status 0 run "$work/foreign.egb" --trust-dir "$work/empty"
ESPGANG_TRUST=$work/empty expect_status 0 run "$work/foreign.egb"
refused 2 "espgang: trusted keys: $work/missing: No such file or directory" run "$work/e2e.egb" --trust-dir "$work/missing"

# An unreadable or unsafe folder is an error; it never counts as a folder without keys.
echo nonsense >"$trusted/acme.pub"
refused 3 "espgang: $trusted/acme.pub: is no public Ed25519 key in PEM, with nothing else in the file" run "$work/e2e.egb"
cp "$work/acme.pub" "$trusted/acme.pub"
chmod 777 "$trusted"
refused 3 "espgang: $trusted: others may write to it (mode 777) and decide what runs here" "$espgang" check "$work/e2e.egb"
chmod 700 "$trusted"

expect_status 0 "$espgang" trust remove "$key"
expect_status 0 run "$work/foreign.egb"
refused 2 "espgang: $trusted has no key of the name or fingerprint 'acme.pub'" "$espgang" trust remove acme.pub
refused 2 "espgang: missing argument: add FILE; see 'espgang trust --help'" "$espgang" trust
