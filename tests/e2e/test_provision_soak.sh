#!/usr/bin/env bash
# Boards are secured in release mode while their power fails, in burns and between any two steps by seed, and the programmer is
# killed. Every board ends proved or refused with a reason, no two have one key, and no key is found in the files of the programmer,
# nor in what a core dump of it would have.
# BUILD alone is a short one; BUILD --soak [BOARDS RUNS SEED] a long one (32 2000 1): rounds of all chips until there were so many runs.
build=$1; . "$(dirname "$0")/lib.sh"
boards=3 wanted=1 seed=1 chips=(esp32c3 esp32 esp32c2)
if [ "${2-}" = --soak ]; then
  boards=${3:-32} wanted=${4:-2000} seed=${5:-1} chips=(esp32c3 esp32 esp32c2 esp32s3 esp32c6 esp32h2)
fi
RANDOM=$seed
cd "$work"
printf '@mac my MAC is \nself-test: OK\n' >app.txt
proved=0 refused=0 killed=0 runs=0 again=0 round=0
: >keys.txt
: >reasons.txt

# make_job_of CHIP: make signed firmware and a job that secures it.
make_job_of() {
  local scheme=rsa3072 download=secure accept='accept: {secure_download: prove}' more=
  [ "$1" != esp32c3 ] || more=', mac: "020000{mac_nic:06x}"'
  [ "$1" != esp32s3 ] || more=', keys: {purpose: HMAC_UP, block: BLOCK_KEY4}'
  [ "$1" != esp32h2 ] || more=', keys: {purpose: ECDSA_KEY, block: BLOCK_KEY3}'
  [ "$1" != esp32c2 ] || scheme=ecdsa256
  [ "$1" != esp32 ] || { download=off accept=; }
  make_job "$1" 65536 'test: {expect: "self-test: OK", timeout: 5s}' 'settle: 20ms' 'retry: {attempts: 3}' \
    'capture: {name: mac, pattern: "my MAC is ([0-9a-f:]+)"}' "$accept" \
    "secure: {mode: release, boot: {keys: [boot.pem]}, flash: {key: per-board}, download: $download$more}"
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

# collect_keys CHIP BOARD: collect the contents of its key blocks except digests, each in both byte orders. A block whose burn was
# cut early is no key: the few bits in it stand between zeros, as in any file.
collect_keys() {
  local first=4 last=9 size=32 key digest block room=$(($(stat -c %s "fuses/board$2.efuse") / 11))
  [ "$1" != esp32 ] || { first=1 last=1; }
  [ "$1" != esp32c2 ] || { first=3 last=3 size=16; }
  digest=$(bytes boot.digest 0 32)
  for block in $(seq $first $last); do
    key=$(bytes "fuses/board$2.efuse" $((block * room)) $size)
    [ "$(sed 's/../&\n/g' <<<"$key" | grep -vcx '\(00\)\?')" -ge $((size / 2)) ] && [ "$key" != "$digest" ] || continue
    {
      echo "$key"
      echo "$key" | sed 's/../&\n/g' | tac | tr -d '\n'
      echo
    } >>keys.txt
  done
}

# result_of URL: print outcome, code and sentence of its last run.
result_of() {
  ledger "select outcome || ' ' || code || ' ' || sentence from runs where port = '$1' and batch = '$batch' order by run desc limit 1" 2>/dev/null || true # killed before there was a ledger
}

# run_line URLS NAME [SECONDS]: run the job on these boards, and kill the programmer after some time.
run_line() {
  runs=$((runs + $(tr ',' '\n' <<<"$1" | wc -l)))
  "$espgang" run job.yaml --ports "$1" --ledger ledger.db --batch "$batch" --json >"$2.log" 2>"$2.err.log" &
  children+=($!)
  if [ -n "${3-}" ]; then
    sleep "$3"
    kill -9 "${children[-1]}" 2>/dev/null && killed=$((killed + 1))
  fi
  wait "${children[-1]}" || true
  unset 'children[-1]'
}

# prove_again URL...: run finished boards once more. Those whose loader is reduced are proved without a write.
prove_again() {
  local last url open=("$@") left
  last=$(ledger 'select max(run) from runs')
  for _ in 1 2 3; do # a loaded machine may lose a port
    run_line "$(join_by_comma "${open[@]}")" "$batch.again"
    left=()
    for url in "${open[@]}"; do
      case $(result_of "$url") in pass*) again=$((again + 1)) ;; *) left+=("$url") ;; esac
    done
    open=("${left[@]}")
    [ "${#open[@]}" -gt 0 ] || break
  done
  [ "${#open[@]}" = 0 ] || fail "$batch: ${open[0]} is not proved again: $(result_of "${open[0]}")"
  expect_equal 'bytes that were written to finished boards' \
    "$(ledger "select coalesce(sum(written), 0) from region join runs on run = run_id where run > $last
       and batch = '$batch' and secure_download = 'on'")" 0
}

# check_ledger: check a batch's boards by what only the ledger knows of them.
check_ledger() {
  expect_status 0 "$espgang" audit --ledger ledger.db
  expect_equal 'items of green boards that are not as the job wants them' \
    "$(ledger "select count(*) from security join runs using (run) where outcome like 'pass%' and observed = 'no'")" 0
  expect_equal 'items of green boards that were neither read back nor proved by the start' \
    "$(ledger "select group_concat(distinct item) from security join runs using (run) where outcome like 'pass%' and observed = 'unknown'
       and item not in ('XTS_AES_128_KEY', 'XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS', 'flash_encryption', 'UART_DOWNLOAD_DIS',
       'HMAC_UP in BLOCK_KEY4', 'ECDSA_KEY in BLOCK_KEY3')")" ''
  expect_equal 'fingerprints of two boards' \
    "$(ledger "select count(*) from (select value from run_claim where name = 'flash key' group by value having count(distinct mac) > 1)")" 0
  ledger "select sentence from runs as r where code = 'secured' and not exists
    (select 1 from runs as later where later.mac = r.mac and later.run > r.run)" >>reasons.txt
}

while [ "$runs" -lt "$wanted" ]; do
  round=$((round + 1))
  for chip in "${chips[@]}"; do
    batch=$chip-$round
    rm -rf fuses flash
    mkdir fuses flash
    make_job_of "$chip"
    options=(--chip "$chip" --fast --seed $((seed * 1000 + round)) --app-log app.txt --efuse-dir fuses --flash-dir flash)
    for number in $(seq "$boards"); do
      options+=(--fault "$number:efuse-cut@$((RANDOM % 60))x$((1 + RANDOM % 4))")
      # Somewhere between connecting and the last burn: a run receives some 50 to 80 thousand bytes.
      [ $((RANDOM % 2)) = 0 ] || options+=(--fault "$number:brownout@$((RANDOM * 3 % 90000))")
    done
    start_boards "$batch" "$boards" "${options[@]}"
    simulator=${children[-1]}
    open=("${urls[@]}")
    for start in 1 2 3 4 5 6; do
      die=
      [ "$start" -gt 3 ] || [ $((RANDOM % 2)) = 0 ] || die=$((RANDOM % 3)).$((RANDOM % 10))
      run_line "$(join_by_comma "${open[@]}")" "$batch.$start" "$die"
      left=()
      for url in "${open[@]}"; do
        case $(result_of "$url") in pass*) ;; *) left+=("$url") ;; esac
      done
      open=("${left[@]}")
      [ "${#open[@]}" -gt 0 ] || break
    done
    finished=()
    for number in $(seq "$boards"); do
      result=$(result_of "${urls[number - 1]}")
      case $result in
      pass*) proved=$((proved + 1)) finished+=("${urls[number - 1]}") ;;
      *" secured "?*) refused=$((refused + 1)) ;; # the run died between the last burn and its record
      *) fail "$batch, board $number ended neither proved nor refused: $result" ;;
      esac
      collect_keys "$chip" "$number"
    done
    [ "$chip" = esp32 ] || [ "${#finished[@]}" = 0 ] || prove_again "${finished[@]}"
    kill "$simulator"
    wait "$simulator" || true
    unset 'children[-1]'
    check_ledger
    for file in ledger.db*; do mv "$file" "$batch.$file"; done
  done
done

# A core dump of a programmer that is killed while it holds a key has no key; one of all its memory has it.
# dump FILE on|off: write a core file, with or without the memory that is excluded from dumps.
dump() {
  gdb -p "$line" -batch -ex "set dump-excluded-mappings $2" -ex "generate-core-file $1" >gdb.log 2>&1 || fail "gdb: $(cat gdb.log)"
}
# has_key FILE
has_key() {
  python3 -c 'import sys
data = open(sys.argv[1], "rb").read()
keys = [bytes.fromhex(key) for key in open("core-keys.txt").read().split()]
sys.exit(not any(key in data or key.hex().encode() in data for key in keys))' "$1"
}
if [ -z "${EG_SANITIZE-}" ] && command -v gdb >/dev/null && gdb -p $$ -batch >/dev/null 2>&1; then
  rm -rf fuses && mkdir fuses
  make_job_of esp32c3
  sed -i 's/self-test: OK", timeout: 5s/never", timeout: 60s/' job.yaml
  mv keys.txt all-keys.txt
  : >keys.txt
  start_boards core 1 --chip esp32c3 --fast --app-log app.txt --efuse-dir fuses
  "$espgang" run job.yaml --ports "${urls[0]}" --ledger core-ledger.db --json >core.log 2>core.err.log &
  line=$!
  children+=("$line")
  for _ in $(seq 600); do
    ! grep -q '"stage-begin".*"stage":"test"' core.log || break
    sleep 0.1
  done
  collect_keys esp32c3 1
  mv keys.txt core-keys.txt
  mv all-keys.txt keys.txt
  [ -s core-keys.txt ] || fail 'the board has no key'
  expect_equal 'size of the core that the kernel would write' "$(awk '/^Max core file size/ {print $5}' "/proc/$line/limits")" 0
  dump whole.core on
  has_key whole.core || fail 'the key is not in the memory of the programmer: this test shows nothing'
  dump killed.core off
  ! has_key killed.core || fail 'a core dump has the key'
  kill -ABRT "$line"
  wait "$line" || true
  unset 'children[-1]'
  rm -f whole.core killed.core
else
  echo 'core dumps are not looked at: gdb is missing or may not attach, or the program has sanitizers' >&2
fi

[ "$proved" -gt 0 ] || fail 'no board was proved'
# No file that the programmer leaves contains a key, in bytes or in hex.
[ -s keys.txt ] || fail 'the boards have no keys'
expect_equal 'keys on two boards' "$(sort keys.txt | uniq -d | wc -l)" 0
for file in ./*ledger.db* ./*.log ./*.urls job.yaml; do
  [ -f "$file" ] || continue
  od -An -v -tx1 "$file" | tr -d ' \n' >digits.txt
  ! grep -qF -f keys.txt digits.txt || fail "$file holds a key"
  tr -d ' :' <"$file" >digits.txt # not in a pipe: a tr that grep -q cuts off would hide what grep found
  ! grep -qaiF -f keys.txt digits.txt || fail "$file holds a key in digits"
done
echo "provisioning: seed $seed, $proved boards proved, $again of them again, $refused refused, in $runs runs with $killed kills; $(($(wc -l <keys.txt) / 2)) keys looked for"
sort reasons.txt | uniq -c
