#!/usr/bin/env bash
# Installs what building and testing needs and this machine lacks.
set -euo pipefail

packages=(
  gcc libc6-dev cmake ninja-build mold pkg-config git ca-certificates
  clang libclang-rt-14-dev # the tsan and clang presets
  libserialport-dev libgensio-dev libudev-dev
  zlib1g-dev libdeflate-dev libelf-dev libzstd-dev libssl-dev libsqlite3-dev libfyaml-dev libjansson-dev libpopt-dev libncurses-dev
  libpcre2-dev
  libarchive-dev # with zstd
  libmicrohttpd-dev
  libqrencode-dev
  libmosquitto-dev libcurl4-openssl-dev # receivers of events
  libp11-kit-dev # headers of PKCS#11 alone
  clang-format-14 clang-tidy-14 shellcheck # checks of tools/dev
  libcmocka-dev sqlite3 g++ mandoc valgrind zstd libxml2-utils poppler-utils zbar-tools tmux python3-jsonschema # tests
  mosquitto mosquitto-clients # a broker for tests; the package also starts one on port 1883 of loopback
  softhsm2 opensc openssl # a hardware security module for tests
  dpkg-dev file # cpack -G DEB
  systemd # systemd-analyze: how exposed is the service?
)

case ${1-} in
  '') ;;
  -h | --help)
    cat <<HELP
Usage: tools/setup.sh

Installs the Debian 12 packages that building and testing espgang needs, only those that are missing, with apt-get, by
sudo when not root. Says nothing when nothing is missing. npm, which fetches the flasher stubs, and Chromium, in which
reports are tested and printed, are installed only when there is no such command yet.

HELP
    fold -s -w 110 <<<"${packages[*]} npm chromium"
    exit 0
    ;;
  *)
    echo "tools/setup.sh: unknown argument '$1'; see --help" >&2
    exit 2
    ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "tools/setup.sh: this is not Debian: there is no apt-get; install by hand what tools/setup.sh --help lists" >&2
  exit 3
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null) || state=
  case " $state" in *" installed "*) ;; *) missing+=("$package") ;; esac
done
optional=()
command -v npm >/dev/null || optional+=(npm)
command -v chromium >/dev/null || optional+=(chromium)
[ ${#missing[@]} -gt 0 ] || [ ${#optional[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "tools/setup.sh: neither root nor sudo here: as root, run: apt-get install ${missing[*]} ${optional[*]}" >&2
    exit 3
  fi
  as_root=(sudo)
fi

echo "tools/setup.sh: installing ${missing[*]} ${optional[*]}"
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y "$@"
}
if ! apt update; then
  echo "tools/setup.sh: apt-get update failed: the package lists cannot be fetched" >&2
  exit 3
fi
if [ ${#missing[@]} -gt 0 ] && ! apt install --no-install-recommends "${missing[@]}"; then
  echo "tools/setup.sh: apt-get could not install ${missing[*]}; see its words above" >&2
  exit 3
fi
# Each by itself, for the build can do without: npm conflicts with Node.js from elsewhere, Chromium is large.
without() {
  case $1 in
    npm) echo 'boards will be programmed by their ROM; see stubs/README.md' ;;
    chromium) echo 'reports are not looked at in a browser, and there is no report --pdf' ;;
  esac
}
for package in "${optional[@]}"; do
  apt install --no-install-recommends "$package" ||
    echo "tools/setup.sh: $package could not be installed: $(without "$package")" >&2
done
