#!/usr/bin/env bash
# `cmake --install` into a prefix that is moved afterwards: all files are there, and other programs can be built with
# it.
build=$1; . "$(dirname "$0")/../../e2e/lib.sh"; . "$(dirname "$0")/installed.sh"

cmake --install "$build" --prefix "$work/first" >"$work/install.log" 2>&1 || fail 'cmake --install'
mv "$work/first" "$work/prefix"
expect_installed "$work/prefix"
if grep -rlIF -e "$work/first" -e "$build" "$work/prefix"; then
  fail 'these name the place they come from'
fi

for compiler in 'gcc -xc -std=c11' 'clang -xc -std=c11' 'g++ -xc++ -std=c++17' 'clang++ -xc++ -std=c++17'; do
  echo '#include <espgang.h>' |
    $compiler -pedantic -Wall -Wextra -Werror -I "$work/prefix/include" -fsyntax-only - || fail "the header alone, $compiler"
done

# The library exports the symbols that the header declares, and no others.
tr '\n' ' ' <"$work/prefix/include/espgang.h" | grep -oE 'EG_API [^;(]*\(' | grep -oE 'eg_[a-z0-9_]+\(' | tr -d '(' |
  sort >"$work/declared"
nm -D --defined-only "$lib/libespgang.so" | awk '{ print $NF }' | sort >"$work/exported"
[ -s "$work/declared" ] || fail 'the header declares nothing'
diff "$work/declared" "$work/exported" || fail 'what is declared (<) is not what is exported (>)'

expect_usable "$work/prefix"
