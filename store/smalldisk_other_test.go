//go:build !linux

package store_test

import "testing"

func smallDisk(t *testing.T, _ int) string {
	t.Helper()
	t.Skip("SKIP a small disk is mounted on Linux only")
	return ""
}
