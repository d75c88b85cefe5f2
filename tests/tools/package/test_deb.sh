#!/usr/bin/env bash
# The Debian package: its metadata, its files, and programs built with it. It is unpacked into a folder, not installed.
build=$1; . "$(dirname "$0")/../../e2e/lib.sh"; . "$(dirname "$0")/installed.sh"

cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/deb" >"$work/cpack.log" 2>&1 || fail 'cpack -G DEB'
deb=$(find "$work/deb" -maxdepth 1 -name '*.deb')
expect_equal 'name of the package' "$(basename "$deb")" "espgang_${version}_$(dpkg --print-architecture).deb"

field() {
  dpkg-deb -f "$deb" "$1"
}
expect_equal Package "$(field Package)" espgang
expect_equal Version "$(field Version)" "$version"
expect_equal Section "$(field Section)" electronics
expect_equal Description "$(field Description | head -n1)" 'gang programmer for Espressif chips'
[[ $(field Maintainer) == *' <'*@*'>' ]] || fail "the maintainer is '$(field Maintainer)'"
for library in libc6 libpopt0 libsqlite3-0 libserialport0 libarchive13; do
  grep -qE "(^|, )$library( |,|\$)" <<<"$(field Depends)" || fail "it depends on '$(field Depends)', without $library"
done
dpkg-deb -e "$deb" "$work/control"
expect_equal triggers "$(cat "$work/control/triggers")" 'activate-noawait ldconfig'
expect_equal shlibs "$(cat "$work/control/shlibs")" "libespgang 0 espgang (>= $version)"

# All files belong to root, and are below /usr.
dpkg-deb -c "$deb" | awk '$2 != "root/root" || $6 !~ /^\.\/usr\// && $6 != "./"' >"$work/strange"
expect_equal 'strange files' "$(cat "$work/strange")" ''

dpkg-deb -x "$deb" "$work/root"
expect_installed "$work/root/usr"
if ! grep -qx 'CMAKE_BUILD_TYPE:[A-Z]*=Debug' "$build/CMakeCache.txt"; then
  for file in bin/espgang bin/vboard lib/libespgang.so; do
    expect_hardened "$work/root/usr/$file"
  done
  expect_marked "$build"
  expect_flags "$espgang"
  expect_flags "$build/tools/espgang/libespgang.so"
fi
expect_usable "$work/root/usr"

# The service: espgang accepts its command line, and its sandbox is tight.
unit=$work/root/usr/lib/systemd/system/espgang@.service
read -ra line <<<"$(sed -n 's/^ExecStart=//p' "$unit" | sed "s,^/usr,$work/root/usr,; s,%E,$work/etc,; s,%i,acme,")"
mkdir -p "$work/etc/espgang/trusted"
status=0
ESPGANG_TRUST=$work/etc/espgang/trusted "${line[@]}" >"$work/out.log" 2>"$work/err.log" || status=$?
expect_equal 'the line of the service' "$status $(cat "$work/err.log")" \
  "2 espgang: $work/etc/espgang/acme.egb: No such file or directory"
cp "$unit" "$work/espgang@acme.service"
systemd-analyze security --offline=true --threshold=15 "$work/espgang@acme.service" >"$work/security.log" ||
  fail 'the service is exposed to more than 1.5 of 10'

# The examples, from the package's folder.
if [ -d "$root/tools/examples" ]; then
  examples=$work/root/usr/share/doc/espgang/examples
  by_cmake "$examples" "$work/root/usr"
  for source in "$examples"/*.c; do
    name=$(basename "$source" .c)
    "$cc" -std=c11 "$source" "${by_pkg_config[@]}" -o "$work/$name"
    expect_status 2 "$work/$name"
    expect_status 2 "$work/client/$name"
    expect_text "$work/err.log" "usage: $name"
  done
fi
