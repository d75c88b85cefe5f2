#!/usr/bin/env bash
# Completion in bash: the candidates that readline is given for the text typed so far.
build=$1; . "$(dirname "$0")/../../e2e/lib.sh"
. "$(dirname "$0")/../../../tools/package/espgang.bash"
PATH=$(dirname "$espgang"):$PATH

# candidates LINE: print them one per line, sorted.
candidates() {
  local COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
  _espgang
  [ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}" | sort
}

expect_candidates() { # LINE CANDIDATE...
  local line=$1
  shift
  expect_equal "candidates for '$line'" "$(candidates "$line" | tr '\n' ' ')" "${*:+$* }"
}

expect_equal "how bash calls it" "$(complete -p espgang)" 'complete -o bashdefault -o default -F _espgang espgang'

# Commands are those of the help, options those of each command's help.
espgang --help >"$work/help"
commands=$(sed -n '/^Many boards:/,/^Board options/s/^  \([a-z][a-z0-9 -]*[a-z0-9]\)  .*/\1/p' "$work/help" | sort -u)
expect_equal commands "$(candidates 'espgang ')" "$({ sed 's/ .*//' <<<"$commands"; echo help; echo version; } | sort -u)"
board=$(sed -n '/^Board options/,/^$/p' "$work/help" | grep -oE '^  --[a-z-]+' | tr -d ' ')
expect_equal 'board options' "$(candidates 'espgang --')" "$({ echo "$board"; echo --help; echo --version; } | sort)"
while read -r command; do
  read -ra words <<<"$command" # "secure sign-data" is two
  wanted=$(espgang "${words[@]}" --help | grep -oE '^  (-., |    )--[a-z0-9-]+' | grep -oE -- '--.*' | sort)
  [ "$command" != run ] || wanted=$({ echo "$wanted"; echo "$board"; } | sort) # a job file may still follow, or not
  expect_equal "options of $command" "$(candidates "espgang $command --" | sort -u)" "$(sort -u <<<"$wanted")"
done <<<"$commands"
expect_candidates 'espgang secure s' sign-data signature-info-v2
expect_candidates 'espgang pool ' import list show
expect_candidates 'espgang nvs p' print
expect_candidates 'espgang trust list a'

expect_candidates 'espgang write' write-flash write-flash-status write-mem
expect_candidates 'espgang write_m' write-mem
expect_candidates 'espgang --trace write-m' write-mem
expect_candidates 'espgang --port-filter vid=0x303a pid=1 write-m' write-mem
expect_candidates 'espgang run job.yaml --ba' --batch
expect_candidates 'espgang --trace run --wa'
expect_candidates 'espgang check job'
expect_candidates 'espgang write-flash 0x0 app'
expect_candidates "espgang @$work/arg"
echo '--chip esp32 write-flash' >"$work/arguments"
expect_candidates "espgang write-flash @$work/arg" "@$work/arguments"
expect_candidates "espgang @$work" "@$work/"
expect_candidates "espgang @$work/arguments --trus" --trust-flash-content
expect_candidates "espgang @$work/none --trus"
expect_candidates 'espgang nothing --'
expect_candidates 'espgang flash-id --no-s' --no-stub
expect_equal 'options where no argument can be' "$(candidates 'espgang flash-id ')" "$(candidates 'espgang flash-id --')"

# Values: after a blank or "=", before or after the command, of short options, under esptool's names.
expect_candidates 'espgang --before no' no-reset no-reset-no-sync
expect_candidates 'espgang --before=no' no-reset no-reset-no-sync
expect_candidates 'espgang flash-id --before no' no-reset no-reset-no-sync
expect_candidates 'espgang write-flash --flash_size=4' 4MB 4MB-c1
expect_candidates 'espgang write-flash --flash_size 4' 4MB 4MB-c1
expect_candidates 'espgang write_flash -fs 4' 4MB 4MB-c1
expect_candidates 'espgang write_flash --flash_si' --flash-size
expect_candidates 'espgang -b 11' 115200
expect_candidates 'espgang -vb 11' 115200
expect_candidates 'espgang write-flash -p ' # shows no progress; in front of the command it is the port
expect_candidates 'espgang --port-filter v' vid=
expect_candidates 'espgang --port-filter=v' vid=
expect_candidates 'espgang flash-id --port-filter vid=1 n' name=
expect_candidates 'espgang flash-id --spi-connection H' HSPI
expect_candidates 'espgang -p sim:esp82' esp8266
expect_equal chips "$(candidates 'espgang -c ')" \
  "$({ espgang --version | sed -n 's/^chips: //p' | tr -s ', ' '\n'; echo auto; } | sort)"
espgang ports | sed '/^$/,$d' | grep -oE '/dev/[^ ]+' | sort -u >"$work/ports" || true
expect_equal ports "$(candidates 'espgang --port ')" "$(cat "$work/ports")"
expect_equal 'ports of the line' "$(candidates 'espgang run job.yaml --ports ')" "$(cat "$work/ports")"

# Words after the cursor are ignored.
COMP_LINE='espgang write-fl 0x0' COMP_POINT=16 COMPREPLY=()
_espgang
expect_equal 'candidates in the middle' "${COMPREPLY[*]}" 'write-flash write-flash-status'
