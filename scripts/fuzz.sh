#!/usr/bin/env bash
# Runs every fuzz target for a while: scripts/fuzz.sh 5s
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-5s}

# fuzz PACKAGE TARGET: on a busy machine Go's own fuzzer now and then ends a run
# in which nothing was found with "context deadline exceeded" (a race at its own
# time limit). That is no finding, and is run again; a finding names its input.
fuzz() {
  local out try
  for try in 1 2 3; do
    if out=$(go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" "$1" 2>&1); then
      echo "$2: $(grep -E '^fuzz: elapsed' <<<"$out" | tail -n 1)"
      return 0
    fi
    if grep -q 'Failing input written' <<<"$out" || ! grep -q 'context deadline exceeded' <<<"$out"; then break; fi
    echo "$2: ended by the fuzzer's own time limit, again" >&2
  done
  echo "$out" >&2
  return 1
}

n=0
for package in $(grep -rl --include='*_test.go' '^func Fuzz' . | grep -v /node_modules/ | xargs -n1 dirname | sort -u); do
  for target in $(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$package"/*_test.go | sed 's/func //' | sort -u); do
    fuzz "$package" "$target"
    n=$((n + 1))
  done
done
echo "$n fuzz targets, $time each"
