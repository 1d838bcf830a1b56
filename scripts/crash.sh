#!/usr/bin/env bash
# What a crash costs: KILLS times kill -9 of the bench in the middle of packing
# days, and POINTS power cuts replayed from a recorded shift. Figures go to
# standard output; the exit code says whether anything was lost.
set -euo pipefail
cd "$(dirname "$0")/.."
export LANG=en_US.UTF-8 # Fyne can make nothing of LANG=C, and says so each time
export KILLS=${KILLS:-100} POINTS=${POINTS:-600} REQUIRE_STRACE=1
go test -count=1 -v -timeout 2h -run 'TestKill(Day|Bites)$' ./cmd/station
go test -count=1 -v -timeout 2h -run 'TestPowerLoss$' ./store
