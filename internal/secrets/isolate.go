package secrets

import (
	"errors"
	"fmt"
	"os"
)

// Isolate makes this process and those it starts ask no keyring and keep the
// sealing key in dir, until undo is called: the demo and the tests leave nothing
// in the account of whoever runs them.
func Isolate(dir string) (undo func() error, err error) {
	var undos []func() error
	undo = func() error {
		var errs []error
		for _, u := range undos {
			errs = append(errs, u())
		}
		return errors.Join(errs...)
	}
	for name, value := range map[string]string{"PACKBENCH_KEYRING": "off", "PACKBENCH_KEYS": dir} {
		old, was := os.LookupEnv(name)
		if err := os.Setenv(name, value); err != nil {
			return undo, fmt.Errorf("set %s: %w", name, err)
		}
		undos = append(undos, func() error {
			if was {
				return os.Setenv(name, old)
			}
			return os.Unsetenv(name)
		})
	}
	return undo, nil
}

// Isolated does run, isolated in a directory of its own, and answers what it
// answered: what a TestMain needs.
func Isolated(run func() int) int {
	keys, err := os.MkdirTemp("", "packbench-keys-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(keys)
	if _, err := Isolate(keys); err != nil {
		panic(err)
	}
	return run()
}
