#!/usr/bin/env bash
# The manual pages: mandoc reports nothing, and every command, option and call is in its page, and no others.
build=$1; . "$(dirname "$0")/../../e2e/lib.sh"
cd "$(dirname "$0")/../../.."

manual=$build/tools/espgang/espgang.1
for page in "$manual" "$build/tools/vboard/vboard.1" engine/libespgang.3; do
  mandoc -Tlint -Wwarning "$page" || fail "mandoc complains about $page"
done

# page_options PAGE SECTION: print the options of the lists in the sections that begin with this word.
page_options() {
  awk -v wanted="$2" '
    /^\.S[hs] / { inside = index(substr($0, 5) " ", wanted " ") == 1 }
    inside && /^\.It Fl / {
      for (i = 2; i <= NF; i++)
        if ($i == "Fl" && $(i + 1) == "Fl") print "--" $(i += 2)
        else if ($i == "Fl") print "-" $(i += 1)
    }' "$1" | sort -u
}

# help_options: print the options of a --help on standard input, without those of every board and of popt.
help_options() {
  sed -E '/^(The board and its port|Help options):$/,$d' | grep -oE '^  (-[a-z], |    )--[a-z0-9-]+' |
    grep -oE -- '-[a-z0-9-]+' | sort -u || true
}

"$espgang" --help >"$work/help"
commands=$(sed -n '/^Many boards:/,/^Board options/s/^  \([a-z][a-z0-9 -]*[a-z0-9]\)  .*/\1/p' "$work/help" | sort -u)
expect_equal 'commands of espgang.1' "$(sed -nE 's/^\.Ss ([a-z])/\1/p' "$manual" | sed 's/^run without.*/run/' | sort -u)" \
  "$commands"
[ "$(wc -l <<<"$commands")" -ge 20 ] || fail "espgang --help has only $commands"
while read -r command; do
  read -ra words <<<"$command" # "secure sign-data" is two
  expect_equal "options of $command in espgang.1" "$(page_options "$manual" "$command")" \
    "$("$espgang" "${words[@]}" --help | help_options)"
done <<<"$commands"
expect_equal 'board options of espgang.1' "$(page_options "$manual" Board)" \
  "$(sed -n '/^Board options/,/^$/p' "$work/help" | grep -oE '^  --[a-z-]+( [A-Z=]+)?(, -[a-z])?' |
    grep -oE -- '-[a-z-]+' | sort -u)"
[ -n "$("$espgang" write-flash --help | help_options)" ] || fail 'write-flash --help has no option'

expect_equal 'options of vboard.1' "$(page_options tools/vboard/vboard.1 DESCRIPTION)" "$("$vboard" --help | help_options)"
expect_equal 'faults of vboard.1' "$(sed -n '/^\.Sh FAULTS/,/^\.Sh THE/s/^\.It Cm //p' "$build/tools/vboard/vboard.1")" \
  "$("$vboard" --list-faults | sed '/^BYTES/d; s/ .*//')"

expect_equal 'calls of libespgang.3' "$(sed -n 's/^\.It Fn //p' engine/libespgang.3 | sort)" \
  "$(tr '\n' ' ' <engine/espgang.h | grep -oE 'EG_API [^;(]*\(' | grep -oE 'eg_[a-z0-9_]+\(' | tr -d '(' | sort)"
