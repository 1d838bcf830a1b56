#!/usr/bin/env bash
# Makes the pictures of README again: the real window, pressed by a test.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p docs/screenshots
PACKBENCH_SCREENSHOTS=$PWD/docs/screenshots go test -count=1 -run TestWindowThreeParcels ./cmd/station
ls -la docs/screenshots
