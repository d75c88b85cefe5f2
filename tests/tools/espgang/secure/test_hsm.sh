#!/usr/bin/env bash
# A key in a hardware security module signs, through its PKCS#11 library: RSA and each curve; mistakes are reported. The
# module is softhsm2.
build=$1; . "$(dirname "$0")/../../../e2e/lib.sh"
library=/usr/lib/softhsm/libsofthsm2.so
for tool in softhsm2-util pkcs11-tool; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
[ -e "$library" ] || skip "there is no $library"
[ -z "${EG_SANITIZE-}" ] || export ASAN_OPTIONS=detect_leaks=0 # of the library
cd "$work"

mkdir tokens
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$work" >softhsm2.conf
export SOFTHSM2_CONF=$work/softhsm2.conf
softhsm2-util --init-token --free --label line --so-pin 8765 --pin 4321 >init.log
slot=$(sed -n 's/.*reassigned to slot //p' init.log)
token() { pkcs11-tool --module "$library" --slot "$slot" --login --pin 4321 "$@" >token.log 2>&1 || fail "$(cat token.log)"; }
config() { printf '# made by a test\n[hsm_config]\npkcs11_lib = %s\nslot = %s\nlabel: %s\n' "$library" "$slot" "$1" >hsm.ini; chmod 600 hsm.ini; }
head -c 5000 /dev/urandom >app.bin

for key in rsa:3072 EC:prime256v1 EC:secp384r1 EC:prime192v1; do
  label=key-${key#*:}
  token --keypairgen --key-type "$key" --label "$label" --usage-sign
  config "$label"
  printf 'credentials = 4321\n' >>hsm.ini
  expect_status 0 "$espgang" secure sign-data --version 2 --hsm --hsm-config hsm.ini --output signed.bin app.bin
  expect_status 0 "$espgang" secure verify-signature --version 2 --hsm --hsm-config hsm.ini signed.bin
  expect_equal "what the module signed, $key" "$(cat out.log)" 'signature 1: valid'
  expect_status 0 "$espgang" secure signature-info-v2 signed.bin
done
# Together with a signature by a file, and with the public key from a file.
expect_status 0 "$espgang" secure generate-signing-key --version 2 --scheme ecdsa192 file.pem
expect_status 0 "$espgang" secure sign-data --version 2 --keyfile file.pem --append-signatures signed.bin
expect_status 0 "$espgang" secure verify-signature --version 2 --hsm --hsm-config hsm.ini signed.bin
expect_text out.log 'signature 2: valid, but by another key'
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out own.pem 2>/dev/null
openssl pkey -in own.pem -pubout -out public.pem
softhsm2-util --import own.pem --slot "$slot" --label own --id aa --pin 4321 >token.log 2>&1 || fail "$(cat token.log)"
config own
printf 'credentials = 4321\n' >>hsm.ini
expect_status 0 "$espgang" secure sign-data --version 2 --hsm --hsm-config hsm.ini --pub-key public.pem --output by-file.bin app.bin
expect_status 0 "$espgang" secure verify-signature --version 2 --keyfile public.pem by-file.bin
printf 'label_pubkey = key-prime256v1\n' >>hsm.ini
cp app.bin kept.bin
expect_status 2 "$espgang" secure sign-data --version 2 --hsm --hsm-config hsm.ini app.bin
expect_equal 'the halves do not fit' "$(cat err.log)" 'espgang: it is no signature of this content by this key'
cmp app.bin kept.bin || fail 'a refusal changed the file'

# refused SENTENCE LINE...: check the refusal of a configuration with these lines.
refused() {
  local sentence=$1
  shift
  printf '%s\n' '[hsm_config]' "$@" >hsm.ini
  expect_status 2 "$espgang" secure sign-data --version 2 --hsm --hsm-config hsm.ini --output no.bin app.bin
  expect_equal "for $*" "$(cat err.log)" "espgang: $sentence"
  [ ! -e no.bin ] || fail 'a refusal left a file'
}
all=("pkcs11_lib = $library" "slot = $slot" 'label = own' 'credentials = 4321')
refused 'hsm.ini: pkcs11_lib is missing in section [hsm_config]' "${all[@]:1}"
refused 'hsm.ini: label is missing in section [hsm_config]' "${all[@]:0:2}"
refused 'hsm.ini:3: slot "x" is not a number' "${all[0]}" 'slot = x'
refused "hsm.ini:2: there is no '=' between a key and its value" 'slot'
refused "$library: slot $slot has no public key labelled none" "${all[@]:0:2}" 'label = none' "${all[3]}"
refused "$library: there is no token in slot 99" "${all[0]}" 'slot = 99' "${all[@]:2}"
refused "$library: logging in: the PIN is wrong (PKCS#11 error 0xa0)" "${all[@]:0:3}" 'credentials = 1111'
refused '--hsm-config has no credentials, and there is no terminal to ask for the PIN' "${all[@]:0:3}" </dev/null
chmod 644 hsm.ini
refused "hsm.ini: has the PIN, and other users may read it; 'chmod 600' closes it" "${all[@]}"
chmod 600 hsm.ini
printf 'text' >text.so
refused "$work/text.so: file too short" "pkcs11_lib = $work/text.so" "${all[@]:1}"
expect_status 2 "$espgang" secure sign-data --version 2 --hsm app.bin
expect_equal 'without a configuration' "$(cat err.log)" 'espgang: --hsm needs --hsm-config FILE'
expect_status 2 "$espgang" secure sign-data --version 1 --hsm --hsm-config hsm.ini app.bin
! grep -rq 4321 out.log err.log || fail 'the PIN is shown'

# Without credentials the program asks for the PIN, and does not show it.
printf '%s\n' '[hsm_config]' "${all[@]:0:3}" >hsm.ini
command -v script >/dev/null || skip 'there is no script to answer the prompt'
answer() {
  until grep -q 'PIN of slot' typed.log 2>/dev/null; do sleep 0.1; done
  sleep 0.3 # what was typed before is not taken
  printf '4321\n'
}
answer | script -qefc "'$espgang' secure sign-data --version 2 --hsm --hsm-config hsm.ini --output asked.bin app.bin" typed.log >/dev/null
expect_status 0 "$espgang" secure signature-info-v2 asked.bin
grep -q "PIN of slot $slot: " typed.log || fail "$(cat typed.log)"
! grep -q 4321 typed.log || fail 'the PIN is shown while it is typed'
