#!/usr/bin/env bash
# An installed station file decides whom the station trusts: no option and no variable turns it off, and commands of one
# board obey it, too. The folder /etc belongs to the test, in a separate mount namespace.
build=$1; . "$(dirname "$0")/../../e2e/lib.sh"
cd "$work"
unshare -rm true 2>err.log || skip "no mount namespaces here: $(cat err.log)"

mkdir etc trusted other
chmod 700 trusted other
grep "^$(id -un):\|^root:" /etc/passwd >etc/passwd
make_job esp32c3 65536
at_station() { # STATUS COMMAND...: with the folder `etc` in place of /etc
  local status=$1
  shift
  expect_status "$status" unshare -rm bash -c 'mount --bind "$1" /etc && shift && "$@"' - "$work/etc" "$@"
}
station() {
  mkdir -p etc/espgang
  cat >etc/espgang/station.yaml
  chmod 644 etc/espgang/station.yaml
}

# Without trust the file forbids nothing.
station <<<'espgang_station: 1'
at_station 0 "$espgang" run job.yaml --sim 1 --fast
at_station 0 "$espgang" --port sim:esp32c3 read-mac

# Every command uses its ledger, unless another one is given.
station <<<"espgang_station: 1
ledger: $work/day.db"
expect_status 0 "$espgang" run job.yaml --sim 1 --fast --ledger day.db --batch monday
at_station 0 "$espgang" units --batch monday
at_station 3 "$espgang" units --batch monday --ledger "$work/none.db"
at_station 3 env ESPGANG_LEDGER="$work/none.db" "$espgang" units --batch monday

# With trust nothing unsigned runs, whatever the options, even if there is no key.
station <<END
espgang_station: 1
name: line-2
trust: {keys: $work/trusted}
END
refused() { # SENTENCE COMMAND...
  local sentence=$1
  shift
  at_station 2 "$@"
  expect_text err.log "$sentence"
}
refused 'job.yaml' "$espgang" run job.yaml --sim 1 --fast
refused 'job.yaml' env ESPGANG_TRUST="$work/other" "$espgang" run job.yaml --sim 1 --fast
refused "--trust-dir: /etc/espgang/station.yaml sets the folder of the trusted keys, $work/trusted" \
  "$espgang" run job.yaml --sim 1 --fast --trust-dir "$work/other"
printf 'espgang_station: 1\n' >mine.yaml
refused 'job.yaml' "$espgang" run job.yaml --sim 1 --fast --station mine.yaml
refused 'job.yaml' env ESPGANG_STATION="$work/mine.yaml" "$espgang" run job.yaml --sim 1 --fast
refused 'job.yaml' "$espgang" check job.yaml

# Commands of one board, including chains of eFuse commands.
for command in 'read-mac' 'erase-flash' 'write-flash 0x0 job.yaml' 'read-flash 0 16 out.bin'; do
  # shellcheck disable=SC2086
  refused 'this station does not allow it to you; trust.one_board in /etc/espgang/station.yaml names who may' \
    "$espgang" --port sim:esp32c3 $command
done
refused 'this station does not allow it to you; trust.one_board' env ESPGANG_STATION="$work/mine.yaml" "$espgang" --port sim:esp32c3 read-mac
station <<END
espgang_station: 1
trust: {keys: $work/trusted, one_board: [root]}
END
at_station 0 "$espgang" --port sim:esp32c3 read-mac

# Each right can have its own users.
station <<END
espgang_station: 1
trust: {line: nobody-of-that-name, ledger: [root], one_board: root}
END
refused 'run: this station does not allow it to you; trust.line in /etc/espgang/station.yaml names who may' "$espgang" run job.yaml --sim 1
at_station 0 "$espgang" schema
at_station 0 "$espgang" --port sim:esp32c3 read-mac

# If the file cannot be read, the station refuses everything.
station <<<'espgang_station: 1
trust: {kees: x}'
refused '/etc/espgang/station.yaml:2:9: there is no key trust.kees' "$espgang" run job.yaml --sim 1 --fast
refused '/etc/espgang/station.yaml:2:9: there is no key trust.kees' "$espgang" --port sim:esp32c3 read-mac
