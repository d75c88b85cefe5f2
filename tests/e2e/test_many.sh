#!/usr/bin/env bash
# 32 boards at once, on noisy lines: ThreadSanitizer would show a race here.
build=$1; . "$(dirname "$0")/lib.sh"

make_job esp32c3 65536
expect_status 0 "$espgang" run "$work/job.yaml" --sim 32 --ledger "$work/ledger.db" --fault flip@40000 --json
expect_equal 'green boards' "$(ledger "select count(*) from runs where outcome in ('pass', 'pass-marginal')")" 32
expect_equal MACs "$(ledger 'select count(distinct mac) from runs')" 32
