#!/usr/bin/env bash
# Form: formatting, vet, static analysis. The analysers are built once, at
# fixed versions, into build/tools.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/build/tools
mkdir -p "$tools"
tool() { # name, module path, version
  [ -x "$tools/$1" ] || GOBIN=$tools go install "$2@$3"
}
tool staticcheck honnef.co/go/tools/cmd/staticcheck v0.8.2
tool gofumpt mvdan.cc/gofumpt v0.12.0

unformatted=$("$tools/gofumpt" -l $(git ls-files '*.go'))
if [ -n "$unformatted" ]; then
  echo "not formatted (gofumpt -w):" >&2
  echo "$unformatted" >&2
  exit 1
fi
go vet ./...
"$tools/staticcheck" ./...
go test -run 'Test(Same|Used|Every|Imports|Docs)' ./text ./internal/house ./cmd/station
echo "check: fine"
