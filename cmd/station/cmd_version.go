package main

import (
	"runtime"
	"runtime/debug"

	"packbench/store"
)

// version is set by the release build.
var version = "0.2.0"

type versionCmd struct {
	JSON bool `help:"As one JSON document." name:"json"`
}

func (c *versionCmd) Run(e *env) error {
	build := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				build = s.Value
			}
		}
	}
	if c.JSON {
		return e.printJSON(map[string]any{"version": version, "build": build, "schema": store.SchemaVersion(), "go": runtime.Version()})
	}
	e.say("packbench %s, build %s, schema %d, %s %s/%s", version, build, store.SchemaVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
