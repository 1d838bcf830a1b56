#!/usr/bin/env bash
# Runs every fuzz target for a while: scripts/fuzz.sh 5s
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-5s}
n=0
for package in $(grep -rl --include='*_test.go' '^func Fuzz' . | grep -v /node_modules/ | xargs -n1 dirname | sort -u); do
  for target in $(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$package"/*_test.go | sed 's/func //' | sort -u); do
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package"
    n=$((n + 1))
  done
done
echo "$n fuzz targets, $time each"
