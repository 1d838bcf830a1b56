#!/usr/bin/env bash
# Installs what is missing: `deps.sh build` what building and running need,
# `deps.sh` also what the tests need. Debian packages through apt (with sudo
# where one is not root), the ZPL renderer that checks ours through npm, Go
# modules by themselves.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v go >/dev/null; then
  echo "Go 1.26 or newer is needed: https://go.dev/dl" >&2
  exit 1
fi

packages=(gcc libc6-dev pkg-config libgl1-mesa-dev xorg-dev libgl1-mesa-dri)
[ "${1:-}" = build ] || packages+=(xvfb zbar-tools poppler-utils strace nodejs npm)
missing=()
if command -v dpkg-query >/dev/null; then
  for p in "${packages[@]}"; do
    case $p in # a newer one may be there without a package
      nodejs) command -v node >/dev/null && continue ;;
      npm) command -v npm >/dev/null && continue ;;
    esac
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
  done
  if ((${#missing[@]})); then
    echo "installing: ${missing[*]}" >&2
    as_root=()
    if [ "$(id -u)" != 0 ]; then
      command -v sudo >/dev/null || { echo "run as root: apt-get install ${missing[*]}" >&2; exit 1; }
      as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -q >&2
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
  fi
else
  echo "no apt here: make sure that there are ${packages[*]}" >&2
fi

[ "${1:-}" = build ] && exit 0

# The ZPL renderer that we did not write; tests compare its pixels with ours.
renderer=zpl-renderer-js@3.4.0
if command -v npm >/dev/null && [ ! -d build/node_modules/zpl-renderer-js ]; then
  mkdir -p build
  npm install --prefix build --no-audit --no-fund --silent "$renderer" >&2 || echo "npm could not install $renderer: its test will be skipped" >&2
fi
