#!/usr/bin/env bash
# Data for single boards from files into the ledger, and how much is left.
build=$1; . "$(dirname "$0")/lib.sh"
ledger=$work/ledger.db
cd "$work"

refused() { # STATUS SENTENCE COMMAND...
  local status=$1 sentence=$2
  shift 2
  expect_status "$status" "$@"
  expect_equal "standard error of '$*'" "$(cat "$work/err.log")" "$sentence"
  expect_equal "standard output of '$*'" "$(cat "$work/out.log")" ''
}

usage="; see 'espgang pool --help'"
refused 2 "espgang: missing argument: import FILE.csv$usage" "$espgang" pool
refused 2 "espgang: 'imprt' is none of import, list and show$usage" "$espgang" pool imprt a.csv
refused 2 "espgang: missing argument: FILE.csv$usage" "$espgang" pool import
refused 2 "espgang: missing argument: POOL$usage" "$espgang" pool show
refused 2 "espgang: unexpected argument 'b.csv'$usage" "$espgang" pool import a.csv b.csv
refused 2 "espgang: unexpected argument 'serials'$usage" "$espgang" pool list serials
refused 2 "espgang: --pool and --secret go with import$usage" "$espgang" pool list --pool a
refused 2 "espgang: --csv goes with show$usage" "$espgang" pool list --csv
refused 2 "espgang: --json goes with list and show, without --csv$usage" "$espgang" pool show serials --csv --json
refused 2 'espgang: none.csv: No such file or directory' "$espgang" pool import none.csv --ledger "$ledger"
printf 'serial,key\nA-1,one\nA-2\n' >serials.csv
refused 2 'espgang: serials.csv:3: 1 field instead of 2' "$espgang" pool import serials.csv --ledger "$ledger"
[ ! -e "$ledger" ] || fail 'a refused file left a ledger'
[ ! -e "$work/state" ] || fail "a refusal left $(find "$work/state")"

printf '\xef\xbb\xbfserial,label,key\r\nA-1,"one, ""1""",s3cret\r\nA-2,two,s4cret\r\n' >serials.csv
expect_status 0 "$espgang" pool import serials.csv --secret key --ledger "$ledger"
expect_equal import "$(cat out.log)" '2 rows imported; pool serials has 2'
utc=$(ledger 'SELECT imported_utc FROM pool_import')
cp serials.csv again.csv
refused 2 "espgang: again.csv: is in pool serials already, imported as serials.csv at $utc" \
  "$espgang" pool import again.csv --ledger "$ledger"
printf 'serial,label,key\nA-3,three,s5cret\nA-2,two,s4cret\n' >more.csv
refused 2 "espgang: more.csv:3: serial is in pool serials already, imported from serials.csv at $utc" \
  "$espgang" pool import more.csv --pool serials --ledger "$ledger"
printf 'serial,label,key\nA-3,three,s5cret\n' >more.csv
expect_status 0 "$espgang" pool import more.csv --pool serials --ledger "$ledger"
expect_equal import "$(cat out.log)" '1 row imported; pool serials has 3'
printf 'mac\n7CDFA1000001\n' >macs.csv
ESPGANG_LEDGER=$ledger expect_status 0 "$espgang" pool import macs.csv

expect_status 0 "$espgang" pool list --ledger "$ledger"
expect_equal list "$(tr -s ' ' <out.log)" 'POOL ROWS FREE RESERVED WRITTEN VERIFIED CONSUMED
macs 1 1 0 0 0 0
serials 3 3 0 0 0 0'
expect_status 0 "$espgang" pool show serials --ledger "$ledger"
expect_equal show "$(tr -s ' ' <out.log)" ' ROW STATE MAC RUN serial label key
 1 free A-1 one, "1" (secret)
 2 free A-2 two (secret)
 3 free A-3 three (secret)'
expect_status 0 "$espgang" pool show serials --csv --ledger "$ledger"
expect_equal 'show as CSV' "$(cat out.log)" \
'serial,label,key,pool_row,pool_state,pool_mac,pool_run,pool_since,pool_import
A-1,"one, ""1""",(secret),1,free,,,,serials.csv
A-2,two,(secret),2,free,,,,serials.csv
A-3,three,(secret),3,free,,,,more.csv'
expect_status 0 "$espgang" pool list --json --ledger "$ledger"
expect_equal 'list as JSON' "$(cat out.log)" '{"espgang":"pool","version":1,"pools":['\
'{"pool":"macs","rows":1,"free":1,"reserved":0,"written":0,"verified":0,"consumed":0},'\
'{"pool":"serials","rows":3,"free":3,"reserved":0,"written":0,"verified":0,"consumed":0}]}'
expect_status 0 "$espgang" pool show serials --json --ledger "$ledger"
expect_equal 'show as JSON' "$(cat out.log)" '{"espgang":"pool","version":1,"rows":['\
'{"row":1,"state":"free","mac":null,"run":null,"since":null,"import":"serials.csv",'\
'"values":{"serial":"A-1","label":"one, \"1\"","key":"(secret)"}},'\
'{"row":2,"state":"free","mac":null,"run":null,"since":null,"import":"serials.csv",'\
'"values":{"serial":"A-2","label":"two","key":"(secret)"}},'\
'{"row":3,"state":"free","mac":null,"run":null,"since":null,"import":"more.csv",'\
'"values":{"serial":"A-3","label":"three","key":"(secret)"}}]}'
refused 3 "espgang: ledger $ledger: has no pool serial; there is macs, serials" \
  "$espgang" pool show serial --json --ledger "$ledger"
refused 3 "espgang: ledger $ledger: has no pool serial; there is macs, serials" \
  "$espgang" pool show serial --ledger "$ledger"
expect_equal 'mode of the ledger' "$(stat -c %a "$ledger")" 600

# A job without a pool leaves the pools unchanged.
make_job esp32 65536
expect_status 0 "$espgang" run job.yaml --sim 1 --fast --ledger "$ledger"
expect_status 0 "$espgang" pool list --ledger "$ledger"
expect_equal 'list after a run' "$(tr -s ' ' <out.log | tail -n 1)" 'serials 3 3 0 0 0 0'
