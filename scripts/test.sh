#!/usr/bin/env bash
# Every test, with the race detector on all but the long histories and the
# window, which have it off for their time.
set -euo pipefail
cd "$(dirname "$0")/.."
export LANG=en_US.UTF-8 # Fyne can make nothing of LANG=C, and says so each time
if [ -d build/node_modules/zpl-renderer-js ]; then export REQUIRE_NODE=1; fi

go vet ./...
slow='packbench/packing$|packbench/store$|packbench/ui$|packbench/cmd/station$|packbench/label$'
fast=$(go list ./... | grep -Ev "$slow")
go test -race -timeout 20m $fast
go test -race -timeout 20m -short ./packing ./store ./ui
go test -timeout 30m ./packing ./store ./label
# The window needs a display; a virtual one serves where there is none.
if [ -z "${DISPLAY:-}" ] && command -v Xvfb >/dev/null; then
  exec xvfb-run -a -s "-screen 0 1920x1080x24" go test -timeout 30m ./cmd/station ./ui
fi
go test -timeout 30m ./cmd/station ./ui
