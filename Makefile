# Packbench. `make run` and `make test` install what they need first.

GO       ?= go
FUZZTIME ?= 5s
HISTORIES ?= 1000000
BUILD    := build

.PHONY: run test check bench fuzz soak crash build clean deps screenshots

run: build
	@scripts/run.sh

test: deps
	@scripts/test.sh

check: deps
	@scripts/check.sh

bench: deps
	@scripts/bench.sh

fuzz: deps
	@scripts/fuzz.sh $(FUZZTIME)

soak: deps
	HISTORIES=$(HISTORIES) $(GO) test -timeout 3h -run 'Histories' -v ./packing | grep -v 'rapid.*OK'

crash: deps
	@scripts/crash.sh

build:
	@scripts/deps.sh build
	@mkdir -p $(BUILD)
	$(GO) build -tags no_emoji -o $(BUILD)/station ./cmd/station

screenshots: build
	@scripts/screenshots.sh

deps:
	@scripts/deps.sh

clean:
	rm -rf $(BUILD) out
