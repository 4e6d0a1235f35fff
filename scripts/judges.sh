#!/usr/bin/env bash
# Brings the outside judges from Debian's packages: programs that we did not write and that the tests drive. Which they
# are is in conformance/judges/judge-table.mjs.
#
#   scripts/judges.sh         what the tests use
#   scripts/judges.sh bench   what `npm run bench` uses besides: wrk
#
# Installs only what is missing and is quick when nothing is. Starts no service.
set -euo pipefail

case "${1:-tests}" in
  tests | bench) ;;
  *)
    echo "usage: $0 [tests|bench]" >&2
    exit 2
    ;;
esac
wanted=()
while IFS= read -r package; do
  wanted+=("$package")
done < <(node "$(dirname "$0")/../conformance/judges/debian-packages.mjs" "${1:-tests}")
[ ${#wanted[@]} -gt 0 ] || exit 1

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "judges: this is no Debian (there is no apt-get). Install the like of these by hand:" >&2
  echo "  ${wanted[*]}" >&2
  echo "What is missing is skipped by the tests, with the reason." >&2
  exit 1
fi

installed() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${wanted[@]}"; do
  installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "judges: all ${#wanted[@]} are here"
  exit 0
fi

root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "judges: needs root to install ${missing[*]}: run it as root, or install sudo" >&2
    exit 1
  fi
  root=(sudo)
fi
as_root() { "${root[@]}" "$@"; }

# Debian's packages start their service once installed, unless this file says no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'as_root rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
fi

echo "judges: installing ${missing[*]}"
as_root apt-get update -qq

available=()
for package in "${missing[@]}"; do
  if apt-cache show --no-all-versions "$package" >/dev/null 2>&1; then
    available+=("$package")
  else
    echo "judges: this release has no package $package, going on without" >&2
  fi
done

# Lock timeout: another apt-get may run just now, as it does on a machine that has just started.
if [ ${#available[@]} -gt 0 ]; then
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "${available[@]}" >/dev/null
fi

# Nor do they start it at the next boot: these were brought to be tested.
for package in caddy haproxy lighttpd nghttp2-proxy:nghttpx nginx squid; do
  if [[ " ${available[*]} " == *" ${package%:*} "* ]] && command -v systemctl >/dev/null; then
    as_root systemctl disable --quiet "${package#*:}" 2>/dev/null || true
  fi
done
echo "judges: ready"
