# shellcheck shell=bash
# Sourced after e2e/lib.sh by the tests of an installation: is it complete, and can other programs be built with it?
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
version=$("$espgang" --version | sed -n 's/^espgang //p')
cc=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
case $cc in *clang*) cxx=clang++ ;; *) cxx=g++ ;; esac
flags=()
[ -z "${EG_SANITIZE-}" ] || flags=("-fsanitize=$EG_SANITIZE")

# expect_installed PREFIX
expect_installed() {
  local file
  lib=$(dirname "$(find "$1" -name libespgang.so)")
  for file in bin/espgang bin/vboard include/espgang.h share/man/man1/espgang.1.gz share/man/man1/vboard.1.gz \
    share/man/man3/libespgang.3.gz share/bash-completion/completions/espgang share/doc/espgang/{copyright,LICENSE,changelog.gz} \
    share/doc/espgang/{README,SECURITY,jobs,ledger,command-line,at-a-line,for-qa,in-ci}.md; do
    [ -s "$1/$file" ] || fail "there is no $1/$file"
  done
  cmp "$1/lib/udev/rules.d/70-espgang.rules" <("$espgang" ports --udev) || fail '70-espgang.rules are other rules'
  for file in libespgang.so{,.0,".$version"} pkgconfig/espgang.pc cmake/espgang/espgangConfig{,Version}.cmake; do
    [ -s "$lib/$file" ] || fail "there is no $lib/$file"
  done
  for program in espgang vboard; do
    expect_equal "$program" "$(env -u LD_LIBRARY_PATH "$1/bin/$program" --version | head -n1)" "$program $version"
  done
  expect_equal 'the newest release in the changelog' "$(gzip -dc "$1/share/doc/espgang/changelog.gz" | head -n1)" \
    "espgang ($version) unstable; urgency=medium"
  gzip -dc "$1/share/man/man1/espgang.1.gz" | cmp - "$build/tools/espgang/espgang.1" || fail 'espgang.1.gz is another page'
}

# expect_client PROGRAM: check the client's output.
expect_client() {
  expect_status 0 env -u LD_LIBRARY_PATH "$1"
  expect_equal "what $1 says" "$(head -n3 "$work/out.log")" "$version
no-port: /nowhere/ttyUSB0: No such file or directory
espgang $version"
}

# by_cmake FOLDER PREFIX: build the project in $work/client, with espgang from the prefix.
by_cmake() {
  rm -rf "$work/client"
  {
    cmake -G Ninja -S "$1" -B "$work/client" -DVERSION="$version" -DCMAKE_PREFIX_PATH="$2" \
      -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" \
      -DCMAKE_C_FLAGS="${flags[*]}" -DCMAKE_CXX_FLAGS="${flags[*]}"
    cmake --build "$work/client"
  } >"$work/cmake.log" 2>&1 || fail "building $1 by find_package(espgang)"
}

# expect_usable PREFIX: build programs with pkg-config and with CMake, and run them. $by_pkg_config has the compiler
# flags for other tests.
expect_usable() {
  local -x PKG_CONFIG_PATH=$lib/pkgconfig
  expect_equal 'version by pkg-config' "$(pkg-config --modversion espgang)" "$version"
  read -ra by_pkg_config <<<"$(pkg-config --cflags --libs espgang) -Wl,-rpath,$lib"
  "$cc" -std=c11 "${flags[@]}" "$here/client/client.c" "${by_pkg_config[@]}" -o "$work/client_c"
  "$cxx" -std=c++17 "${flags[@]}" "$here/client/client.cc" "${by_pkg_config[@]}" -o "$work/client_cc"
  expect_client "$work/client_c"
  expect_client "$work/client_cc"

  by_cmake "$here/client" "$1"
  grep -qx "espgang_DIR:PATH=$lib/cmake/espgang" "$work/client/CMakeCache.txt" || fail 'CMake took another espgang'
  expect_client "$work/client/client_c"
  expect_client "$work/client/client_cc"
}

# expect_hardened FILE: check a program or library for the hardening that tools/cmake/options.cmake asks for.
expect_hardened() {
  local word marks words=(' GNU_RELRO ' ' DYN (' '(FLAGS).* BIND_NOW' ' GNU_STACK .* RW ' ' __stack_chk_fail@' ' __fprintf_chk@')
  [[ $1 == *.so ]] || words+=('(FLAGS_1).* NOW PIE')
  readelf -W -h -l -d -s "$1" >"$work/elf"
  for word in "${words[@]}"; do
    grep -q -- "$word" "$work/elf" || fail "$1 is not hardened: readelf shows no '$word'"
  done
  ! grep -qE 'RUNPATH|RPATH|TEXTREL' "$work/elf" || fail "$1 has a path of libraries, or code that is written to"
  case $(uname -m) in
    x86_64) marks='endbr64' ;;
    aarch64) marks='bti|paciasp' ;;
    *) return 0 ;;
  esac
  [ "$(objdump -d --no-show-raw-insn "$1" | grep -cwE "$marks")" -gt 200 ] ||
    fail "$1: places that pointers lead to are not marked by $marks"
}

# expect_marked BUILD: check that every object is marked for CET, and compiled with the highest _FORTIFY_SOURCE. Programs are not
# marked as a whole on Debian 12, whose own start files lack the mark.
expect_marked() {
  local bare
  bare=$(grep '"command": ' "$1/compile_commands.json" | grep -v -e -D_FORTIFY_SOURCE=3 || true)
  expect_equal 'compiled without _FORTIFY_SOURCE=3' "$bare" ''
  [ "$(uname -m)" = x86_64 ] || return 0
  bare=$(find "$1" -name '*.c.o' -exec readelf -nW {} + |
    awk '/^File: / { if (file != "" && !marked) print file; file = $2; marked = 0 } /IBT, SHSTK/ { marked = 1 }
         END { if (!marked) print file }')
  expect_equal 'objects without the mark for CET' "$bare" ''
}

# expect_flags FILE: check flags without any other trace in gcc's note of its options, which the package does not have.
expect_flags() {
  local flag
  case $cc in *clang*) return 0 ;; esac
  readelf -p .debug_str -p .debug_line_str "$1" 2>"$work/readelf.log" | grep 'GNU C11' >"$work/flags" || fail "$1 has no flags"
  for flag in -fstack-protector-strong -fstack-clash-protection; do
    ! grep -v -e "$flag" "$work/flags" || fail "this is compiled without $flag"
  done
}
