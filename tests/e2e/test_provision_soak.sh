#!/usr/bin/env bash
# Boards are secured in release mode while their power fails at burns chosen by seed and the programmer is killed. Every board ends
# proved or refused with a reason, no two have one key, and no key is found in what the programmer leaves behind.
# BUILD alone is a short one; BUILD --soak [BOARDS ROUNDS SEED] a long one (32 60 1).
build=$1; . "$(dirname "$0")/lib.sh"
boards=3 rounds=1 seed=1 chips=(esp32c3 esp32 esp32c2)
if [ "${2-}" = --soak ]; then
  boards=${3:-32} rounds=${4:-60} seed=${5:-1} chips=(esp32c3 esp32 esp32c2 esp32s3 esp32c6 esp32h2)
fi
RANDOM=$seed
cd "$work"
echo 'self-test: OK' >app.txt
proved=0 refused=0 killed=0 runs=0
: >keys.txt
: >reasons.txt

# make_job_of CHIP: make signed firmware and a job that secures it.
make_job_of() {
  local scheme=rsa3072 download=secure
  [ "$1" != esp32c2 ] || scheme=ecdsa256
  [ "$1" != esp32 ] || download=off
  make_job "$1" 65536 'test: {expect: "self-test: OK", timeout: 5s}' 'settle: 20ms' 'retry: {attempts: 3}' \
    "secure: {mode: release, boot: {keys: [boot.pem]}, flash: {key: per-board}, download: $download}"
  rm -f boot.key boot.pem
  expect_status 0 "$espgang" secure generate-signing-key --version 2 --scheme $scheme boot.key
  expect_status 0 "$espgang" secure extract-public-key --version 2 --keyfile boot.key boot.pem
  expect_status 0 "$espgang" secure digest-sbv2-public-key --keyfile boot.pem --output boot.digest
  for image in firmware/bootloader/bootloader.bin firmware/app.bin; do
    expect_status 0 "$espgang" secure sign-data --version 2 --keyfile boot.key --output signed.bin "$image"
    mv signed.bin "$image"
  done
}

# bytes FILE FROM COUNT: print them in hex.
bytes() {
  od -An -v -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'
}

# collect_keys CHIP BOARD: collect the contents of its key blocks except digests, each in both byte orders.
collect_keys() {
  local first=4 last=9 size=32 key digest block room=$(($(stat -c %s "fuses/board$2.efuse") / 11))
  [ "$1" != esp32 ] || { first=1 last=1; }
  [ "$1" != esp32c2 ] || { first=3 last=3 size=16; }
  digest=$(bytes boot.digest 0 32)
  for block in $(seq $first $last); do
    key=$(bytes "fuses/board$2.efuse" $((block * room)) $size)
    [ -n "${key//0/}" ] && [ "$key" != "$digest" ] || continue
    {
      echo "$key"
      echo "$key" | sed 's/../&\n/g' | tac | tr -d '\n'
      echo
    } >>keys.txt
  done
}

# result_of URL: print outcome, code and sentence of its last run.
result_of() {
  ledger "select outcome || ' ' || code || ' ' || sentence from runs where port = '$1' and batch = '$batch' order by run desc limit 1"
}

# check_ledger: check a batch's boards by what only the ledger knows of them.
check_ledger() {
  expect_status 0 "$espgang" audit --ledger ledger.db
  expect_equal 'items of green boards that are not as the job wants them' \
    "$(ledger "select count(*) from security join runs using (run) where outcome like 'pass%' and observed = 'no'")" 0
  expect_equal 'items of green boards that were neither read back nor proved by the start' \
    "$(ledger "select group_concat(distinct item) from security join runs using (run) where outcome like 'pass%' and observed = 'unknown'
       and item not in ('XTS_AES_128_KEY', 'XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS', 'flash_encryption', 'UART_DOWNLOAD_DIS')")" ''
  expect_equal 'fingerprints of two boards' \
    "$(ledger "select count(*) from (select value from run_claim where name = 'flash key' group by value having count(distinct mac) > 1)")" 0
  ledger "select sentence from runs as r where code = 'secured' and not exists
    (select 1 from runs as later where later.mac = r.mac and later.run > r.run)" >>reasons.txt
}

for round in $(seq "$rounds"); do
  for chip in "${chips[@]}"; do
    batch=$chip-$round
    rm -rf fuses flash
    mkdir fuses flash
    make_job_of "$chip"
    options=(--chip "$chip" --fast --seed $((seed * 1000 + round)) --app-log app.txt --efuse-dir fuses --flash-dir flash)
    for number in $(seq "$boards"); do
      options+=(--fault "$number:efuse-cut@$((RANDOM % 60))x$((1 + RANDOM % 4))")
    done
    start_boards "$batch" "$boards" "${options[@]}"
    simulator=${children[-1]}
    open=("${urls[@]}")
    for start in 1 2 3 4 5 6; do
      runs=$((runs + ${#open[@]}))
      "$espgang" run job.yaml --ports "$(join_by_comma "${open[@]}")" --ledger ledger.db --batch "$batch" --json \
        >"$batch.$start.log" 2>"$batch.$start.err.log" &
      line=$!
      children+=("$line")
      if [ "$start" = 1 ] && [ $((RANDOM % 2)) = 0 ]; then
        sleep "0.$((3 + RANDOM % 6))"
        kill -9 "$line" 2>/dev/null && killed=$((killed + 1))
      fi
      wait "$line" || true
      unset 'children[-1]'
      left=()
      for url in "${open[@]}"; do
        case $(result_of "$url") in pass*) ;; *) left+=("$url") ;; esac
      done
      open=("${left[@]}")
      [ "${#open[@]}" -gt 0 ] || break
    done
    for number in $(seq "$boards"); do
      result=$(result_of "${urls[number - 1]}")
      case $result in
      pass*) proved=$((proved + 1)) ;;
      *" secured "?*) refused=$((refused + 1)) ;;
      *) fail "$batch, board $number ended neither proved nor refused: $result" ;;
      esac
      collect_keys "$chip" "$number"
    done
    kill "$simulator"
    wait "$simulator" || true
    unset 'children[-1]'
    check_ledger
    for file in ledger.db*; do mv "$file" "$batch.$file"; done
  done
done

[ "$proved" -gt 0 ] || fail 'no board was proved'
# No file that the programmer leaves contains a key, in bytes or in hex.
[ -s keys.txt ] || fail 'the boards have no keys'
expect_equal 'keys on two boards' "$(sort keys.txt | uniq -d | wc -l)" 0
for file in ./*ledger.db* ./*.log ./*.urls job.yaml; do
  [ -f "$file" ] || continue
  od -An -v -tx1 "$file" | tr -d ' \n' >digits.txt
  ! grep -qF -f keys.txt digits.txt || fail "$file holds a key"
  ! tr -d ' :' <"$file" | grep -qaiF -f keys.txt || fail "$file holds a key in digits"
done
echo "provisioning: seed $seed, $proved boards proved, $refused refused, in $runs runs with $killed kills; $(($(wc -l <keys.txt) / 2)) keys looked for"
sort reasons.txt | uniq -c
