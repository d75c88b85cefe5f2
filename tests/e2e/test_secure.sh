#!/usr/bin/env bash
# espgang secure: espsecure's commands. Signatures verify, encrypted files decrypt, key files are readable by their
# owner only, and mistakes change no file.
build=$1; . "$(dirname "$0")/lib.sh"; . "$(dirname "$0")/one_board.sh"

secure=("$espgang" secure)

# refused STATUS SENTENCE ARGUMENT...: check that no file is changed.
refused() {
  local status=$1 sentence=$2 before
  shift 2
  before=$(find . -type f ! -name '*.log' -exec sha256sum {} + | sort)
  expect_status "$status" "${secure[@]}" "$@"
  expect_text err.log "$sentence"
  expect_equal "files after 'secure $*'" "$(find . -type f ! -name '*.log' -exec sha256sum {} + | sort)" "$before"
}

make_bytes app.bin 5000

# ---- Secure boot v2 ----

for scheme in rsa3072 ecdsa192 ecdsa256 ecdsa384; do
  expect_status 0 "${secure[@]}" generate-signing-key --version 2 --scheme $scheme $scheme.pem
  expect_equal "mode of $scheme.pem" "$(stat -c %a $scheme.pem)" 600
  expect_status 0 "${secure[@]}" extract-public-key --version 2 --keyfile $scheme.pem $scheme.pub.pem
  expect_status 0 "${secure[@]}" sign-data --version 2 --keyfile $scheme.pem --output $scheme.bin app.bin
  expect_equal "size of $scheme.bin" "$(stat -c %s $scheme.bin)" 12288
  expect_status 0 "${secure[@]}" verify-signature --version 2 --keyfile $scheme.pub.pem $scheme.bin
  expect_status 0 "${secure[@]}" digest-sbv2-public-key --keyfile $scheme.pub.pem --output $scheme.digest
  expect_status 0 "${secure[@]}" digest-rsa-public-key --keyfile $scheme.pem --output old-name.digest
  cmp $scheme.digest old-name.digest || fail "the old name of digest-sbv2-public-key makes another digest"
  expect_status 0 "${secure[@]}" signature-info-v2 $scheme.bin
  expect_text out.log "signature 1: valid, $scheme"
  expect_text out.log "$(od -An -v -tx1 $scheme.digest | tr -d ' \n')"
done
expect_status 0 "${secure[@]}" generate-signing-key -v 2 -s ecdsa256 second.pem
cp ecdsa256.bin both.bin
expect_status 0 "${secure[@]}" sign-data -v 2 -a -k second.pem both.bin
expect_status 0 "${secure[@]}" verify-signature -v 2 -k second.pem both.bin
expect_text out.log 'signature 1: valid, but by another key'
expect_text out.log 'signature 2: valid'
expect_status 0 "${secure[@]}" verify-signature -v 2 -k ecdsa256.pem both.bin
expect_status 0 "${secure[@]}" sign-data -v 2 --keyfile ecdsa256.pem second.pem --output both.bin app.bin
for key in ecdsa256 second; do expect_status 0 "${secure[@]}" verify-signature -v 2 -k $key.pem both.bin; done
refused 1 'no signature is by this key and right' verify-signature -v 2 -k second.pem ecdsa256.bin
refused 1 'there is no signature of secure boot v2 at its end' verify-signature -v 2 -k second.pem app.bin
printf x | dd of=both.bin bs=1 seek=77 conv=notrunc status=none
refused 1 'no signature is by this key and right' verify-signature -v 2 -k second.pem both.bin
refused 2 'signatures 1 and 2 are by the same key' sign-data -v 2 -a -k ecdsa256.pem ecdsa256.bin
refused 2 'which no chip takes' sign-data -v 2 -k rsa3072.pem -k ecdsa256.pem app.bin
refused 2 'a public key signs nothing' sign-data -v 2 -k ecdsa256.pub.pem app.bin
refused 2 'is the file of a key, and would be replaced' sign-data -v 2 -k ecdsa256.pem -o ecdsa256.pem app.bin
refused 2 'sign-data needs --version 1 or 2' sign-data -k ecdsa256.pem app.bin
refused 2 'app.bin: is no private or public key in PEM' sign-data -v 2 -k app.bin app.bin
refused 2 'ecdsa256.pem' generate-signing-key -v 2 -s ecdsa256 ecdsa256.pem
refused 2 "there is no command 'secure sign'" sign app.bin
refused 2 'missing argument: DATAFILE' sign-data -v 2

# A signature made elsewhere.
head -c 4096 app.bin >whole.bin
echo none >elsewhere.sig
if command -v openssl >/dev/null; then
  openssl dgst -sha256 -sign ecdsa256.pem -out elsewhere.sig whole.bin
  expect_status 0 "${secure[@]}" sign-data -v 2 --pub-key ecdsa256.pub.pem --signature elsewhere.sig -o elsewhere.bin whole.bin
  expect_status 0 "${secure[@]}" verify-signature -v 2 -k ecdsa256.pem elsewhere.bin
fi
refused 2 'it is no signature of this content by this key' \
  sign-data -v 2 --pub-key second.pem --signature elsewhere.sig -o no.bin whole.bin
refused 2 'what was signed elsewhere is whole sectors' \
  sign-data -v 2 --pub-key ecdsa256.pub.pem --signature elsewhere.sig -o no.bin app.bin

# ---- Secure boot v1 ----

expect_status 0 "${secure[@]}" generate-signing-key v1.pem
expect_status 0 "${secure[@]}" sign_data --version 1 --keyfile v1.pem --output v1.bin app.bin
expect_status 0 "${secure[@]}" sign-data --version 1 --keyfile v1.pem --output again.bin app.bin
cmp v1.bin again.bin || fail 'a signature of version 1 is not repeatable'
expect_status 0 "${secure[@]}" extract-public-key --keyfile v1.pem v1.pub
expect_status 0 "${secure[@]}" extract-public-key --version 2 --keyfile v1.pem v1.pub.pem
for key in v1.pub.pem v1.pub; do expect_status 0 "${secure[@]}" verify-signature --version 1 --keyfile $key v1.bin; done
tail -c 64 v1.bin >elsewhere.v1
for key in v1.pub.pem v1.pub; do
  expect_status 0 "${secure[@]}" sign-data --version 1 --pub-key $key --signature elsewhere.v1 --output again.bin app.bin
  cmp v1.bin again.bin || fail "a signature made elsewhere, with the key in $key, makes another file"
done
refused 2 'elsewhere.v1: it is no signature of this content by this key' \
  sign-data --version 1 --pub-key ecdsa256.pub.pem --signature elsewhere.v1 --output no.bin app.bin
refused 2 'v1.pub.pem: it is no signature of this content by this key' \
  sign-data --version 1 --pub-key v1.pub.pem --signature v1.pub.pem --output no.bin app.bin
refused 2 'one --signature with its --pub-key' sign-data --version 1 --pub-key v1.pub.pem --output no.bin app.bin
head -c 64 /dev/zero >no-point.pub
refused 2 'no-point.pub: is no public key' verify-signature --version 1 --keyfile no-point.pub v1.bin
refused 1 'the signature is wrong, or by another key' verify-signature --version 1 --keyfile ecdsa256.pem v1.bin
refused 2 'takes ECDSA keys of P-256, not ecdsa384' sign-data --version 1 --keyfile ecdsa384.pem app.bin
expect_status 0 "${secure[@]}" digest-private-key --keyfile v1.pem boot.key
expect_equal 'a derived key' "$(stat -c '%a %s' boot.key)" '600 32'
expect_status 0 "${secure[@]}" digest-secure-bootloader --keyfile boot.key app.bin
expect_equal 'what goes to address 0' "$(stat -c %s app-digest-0x0000.bin)" $((0x1000 + 5120))

# ---- Flash encryption ----

head -c 4992 app.bin >plain.bin
for bits in 256 512; do
  expect_status 0 "${secure[@]}" generate-flash-encryption-key --keylen $bits $bits.key
  expect_equal "mode of $bits.key" "$(stat -c '%a %s' $bits.key)" "600 $((bits / 8))"
  expect_status 0 "${secure[@]}" encrypt-flash-data -x -k $bits.key -a 0x10000 -o cipher.bin plain.bin
  cmp -s plain.bin cipher.bin && fail 'what is encrypted is as before'
  expect_status 0 "${secure[@]}" decrypt-flash-data --aes-xts --keyfile $bits.key --address 0x10000 --output back.bin cipher.bin
  cmp plain.bin back.bin || fail 'decrypting does not bring back what was encrypted'
  expect_status 0 "${secure[@]}" decrypt-flash-data -x -k $bits.key -a 0x20000 -o back.bin cipher.bin
  cmp -s plain.bin back.bin && fail 'the address does not count'
done
expect_status 0 "${secure[@]}" encrypt-flash-data -k 256.key -a 0x1000 -o cipher.bin plain.bin
expect_status 0 "${secure[@]}" decrypt-flash-data -k 256.key -a 0x1000 -o back.bin cipher.bin
cmp plain.bin back.bin || fail "ESP32's cipher does not bring back what was encrypted"
refused 2 '256.key: ' generate-flash-encryption-key 256.key
refused 2 'there are keys of 128, 192, 256 and 512 bits, not of 8' generate-flash-encryption-key -l 8 small.key
refused 2 'address 0x8 is not a multiple of 16' encrypt-flash-data -k 256.key -a 8 -o no.bin plain.bin
refused 2 '5000 bytes are no multiple of 16' encrypt-flash-data -k 256.key -a 0 -o no.bin app.bin
refused 2 'plain.bin: is the input, and would be replaced' encrypt-flash-data -k 256.key -a 0 -o plain.bin plain.bin
refused 2 'a key of 64 bytes is none of' encrypt-flash-data -k 512.key -a 0 -o no.bin plain.bin
refused 2 'none.key: No such file or directory' encrypt-flash-data -k none.key -a 0 -o no.bin plain.bin
refused 2 'none.pem: No such file or directory' sign-data -v 2 -k none.pem plain.bin
refused 2 'none.pem: No such file or directory' verify-signature -v 2 -k none.pem plain.bin
refused 2 'none.bin: No such file or directory' sign-data -v 2 -k ecdsa256.pem none.bin
refused 2 'none/out.bin: No such file or directory' encrypt-flash-data -k 256.key -a 0 -o none/out.bin plain.bin
head -c 32 /dev/zero >zero.key
refused 2 'all bytes of the key are the same' encrypt-flash-data -k zero.key -a 0 -o no.bin plain.bin
for key in 256.key 512.key boot.key; do
  ! grep -qrF "$(od -An -v -tx1 $key | tr -d ' \n')" ./*.log || fail "$key is in what was said"
done

# ---- Digital signature parameters ----

fixtures=${EG_FIXTURES:-}/security
ds=(generate-ds-parameters --chip esp32c3)
openssl genrsa -out rsa.pem 2048 2>/dev/null
expect_status 0 "${secure[@]}" generate-flash-encryption-key hmac.key
expect_status 0 "${secure[@]}" "${ds[@]}" --private-key rsa.pem --hmac-key hmac.key ds.bin
expect_equal 'size of the parameters' "$(stat -c %s ds.bin)" 1220
expect_equal 'length of the key' "$(od -An -v -tu4 -N 4 ds.bin | tr -d ' ')" 63
cp ds.bin first.bin
expect_status 0 "${secure[@]}" "${ds[@]}" --private-key rsa.pem --hmac-key hmac.key ds.bin
! cmp -s ds.bin first.bin || fail 'two initialisation vectors are the same'
refused 2 'secure generate-ds-parameters needs --chip, one of ' generate-ds-parameters --private-key rsa.pem --hmac-key hmac.key x.bin
refused 2 'ESP32-C2 has no digital signature peripheral' generate-ds-parameters -c esp32c2 --private-key rsa.pem --hmac-key hmac.key x.bin
refused 2 'secure generate-ds-parameters needs --private-key' "${ds[@]}" --hmac-key hmac.key x.bin
refused 2 'secure generate-ds-parameters needs --hmac-key' "${ds[@]}" --private-key rsa.pem x.bin
refused 2 'app.bin: it is no private RSA key in PEM without a passphrase' "${ds[@]}" --private-key app.bin --hmac-key hmac.key x.bin
refused 2 '--iv: "12" is not 16 bytes in hex' "${ds[@]}" --private-key rsa.pem --hmac-key hmac.key --iv 12 x.bin
refused 2 'hmac.key: is the file of a key, and would be replaced' "${ds[@]}" --private-key rsa.pem --hmac-key hmac.key hmac.key
if [ -d "$fixtures/ds" ]; then
  while IFS=$'\t' read -r bits key hmac iv wanted; do
    chip=esp32c3
    [ "$bits" = 3072 ] || chip=esp32s2
    expect_status 0 "${secure[@]}" generate-ds-parameters --chip $chip --private-key "$fixtures/keys/$key" --hmac-key "$fixtures/keys/$hmac" \
      --iv "$iv" golden.bin
    cmp <(tail -c +21 golden.bin) "$fixtures/ds/$wanted" || fail "$wanted is made otherwise"
    expect_equal 'initialisation vector' "$(od -An -v -tx1 -j 4 -N 16 golden.bin | tr -d ' \n')" "$iv"
  done < <(python3 -c 'import json, sys
for case in json.load(open(sys.argv[1]))["cases"]:
    print("\t".join(str(case[name]) for name in ("max_bits_of_chip", "key", "hmac_key", "iv", "ciphertext")))' "$fixtures/ds/ds.json")
else
  echo 'the reference parameters are not compared: there are no fixtures' >&2
fi
