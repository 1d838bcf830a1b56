#!/usr/bin/env bash
# A whole packing day on sample orders: in the window where there is a display,
# else as a scripted shift with pictures and documents in out/.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${LANG:-C} in # Fyne can make nothing of LANG=C, and says so at each start
  C | C.* | POSIX) export LANG=en_US.UTF-8 ;;
esac
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  exec build/station demo --out out
fi
exec build/station demo --headless --out out
