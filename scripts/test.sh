#!/usr/bin/env bash
# Every test, with the race detector on all but the long histories and the
# window, which have it off for their time.
set -euo pipefail
cd "$(dirname "$0")/.."
export LANG=en_US.UTF-8 # Fyne can make nothing of LANG=C, and says so each time
if [ -d build/node_modules/zpl-renderer-js ]; then export REQUIRE_NODE=1; fi

go vet ./...
slow='packbench/packing$|packbench/store$|packbench/upstream$|packbench/ui$|packbench/cmd/station$|packbench/label$'
fast=$(go list ./... | grep -Ev "$slow")
go test -race -timeout 20m $fast
go test -race -timeout 20m -short ./packing ./store ./upstream ./ui
go test -timeout 30m ./packing ./store ./upstream ./label
# The window's test starts a display of its own.
go test -timeout 30m ./cmd/station ./ui
