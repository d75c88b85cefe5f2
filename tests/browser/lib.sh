# shellcheck shell=bash
# Sourced by the tests of pages, after tests/e2e/lib.sh.
here=$(dirname "${BASH_SOURCE[0]}")

# axe-core, pinned by the lock file here. Without it the accessibility of the page is not checked.
axe=
mkdir -p "$build/browser"
if command -v npm >/dev/null && (
  flock 9
  cmp -s "$here/package-lock.json" "$build/browser/installed.json" && exit 0
  cp "$here/package.json" "$here/package-lock.json" "$build/browser/"
  cd "$build/browser" && timeout 120 npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1 && cp package-lock.json installed.json
) 9>"$build/browser/lock"; then
  axe=$(realpath "$build/browser/node_modules/axe-core/axe.min.js")
else
  echo 'SKIPPED: axe-core could not be installed by npm; accessibility was not checked' >&2
fi
