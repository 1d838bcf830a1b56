#!/usr/bin/env bash
# Figures, each beside its reference in the same run.
set -euo pipefail
cd "$(dirname "$0")/.."
go test -run '^$' -bench . -benchtime "${BENCHTIME:-1s}" ./packing ./raster ./printer/zpl ./label ./store ./code | grep -E '^(Benchmark|pkg|goos|cpu)' | tee build/bench.txt
