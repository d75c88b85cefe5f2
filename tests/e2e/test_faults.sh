#!/usr/bin/env bash
# Of eight boards one returns wrong data, one has a stuck bit, one goes silent, one is unplugged: these four are not
# green, each with its own code and sentence, and the others pass.
build=$1; . "$(dirname "$0")/lib.sh"

make_job esp32 131072
expect_status 1 "$espgang" run "$work/job.yaml" --sim 8 --ledger "$work/ledger.db" --plain \
  --fault 2:lie --fault 4:stuck@0x10010.3=1 --fault 5:silent@60000 --fault 7:gone@60000
expect_text "$work/out.log" '4 of 8 passed'

code_of() { ledger "select code from runs where slot = 'sim:esp32/$1'"; }
expect_equal 'the liar' "$(code_of 2)" flash-not-written
if stubs; then stuck=flash-stuck-bits; else stuck=device-refused; fi # the ROM looks at each block itself
expect_equal 'the stuck bit' "$(code_of 4)" "$stuck"
expect_equal 'the unplugged one' "$(code_of 7)" port-gone
case $(code_of 5) in
  timeout | no-sync) ;;
  *) fail "the silent one: $(code_of 5)" ;;
esac
expect_equal sentences "$(ledger "select count(distinct sentence) from runs where outcome <> 'pass' and sentence <> ''")" 4
if stubs; then expect_text "$work/out.log" '0x00010010'; else expect_text "$work/out.log" 'flash write error'; fi
expect_equal 'the other four' "$(ledger "select group_concat(slot, ' ') from (select slot from runs where outcome = 'pass' order by slot)")" \
  'sim:esp32/1 sim:esp32/3 sim:esp32/6 sim:esp32/8'

# A noisy line causes resends, which are recorded, but no failure.
expect_status 0 "$espgang" run "$work/job.yaml" --sim 2 --ledger "$work/ledger.db" --batch noisy --fault 1:flip@70000
expect_equal noisy "$(ledger "select outcome from runs where batch = 'noisy' order by slot")" $'pass-marginal\npass'

# Two boards show the same MAC at the same time: neither passes.
expect_status 1 "$espgang" run "$work/job.yaml" --sim 2 --ledger "$work/ledger.db" --batch twins --fault 2:mac=1
expect_equal twins "$(ledger "select count(*) from runs where batch = 'twins' and code in ('duplicate-mac', 'clone')")" 2
