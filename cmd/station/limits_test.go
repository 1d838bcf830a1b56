package main

import (
	"os"
	"strings"
	"testing"

	"packbench/label"
	"packbench/upstream/files"
)

// limitsPage is docs/limits.md as the program has it.
func limitsPage() string {
	var b strings.Builder
	b.WriteString("# Limits\n\n" +
		"Files come from outside. What is above one of these is refused with a sentence and exit code 1, before it can fill the memory or hold the bench; nothing that was stored before is touched. " +
		"Only plain files are read: a folder, a pipe or a device in place of a file is refused before it is opened, and a file that changes while it is read gives nothing.\n")
	table := func(title string, rows [][3]string) {
		b.WriteString("\n## " + title + "\n\n| what | limit | why |\n|---|---|---|\n")
		for _, r := range rows {
			b.WriteString("| " + r[0] + " | " + r[1] + " | " + r[2] + " |\n")
		}
	}
	var orders, labels [][3]string
	for _, r := range files.LimitTable() {
		orders = append(orders, [3]string{r.What, r.Limit, r.Why})
	}
	for _, r := range label.LimitTable() {
		labels = append(labels, [3]string{r.What, r.Limit, r.Why})
	}
	table("Orders and goods", orders)
	table("Labels", labels)
	b.WriteString("\nThe numbers stand in `upstream/files/limits.go` and `label/limits.go`; a test compares this page with them (`UPDATE_DOCS=1 go test -run TestLimitsPage ./cmd/station` writes it).\n")
	return b.String()
}

func TestLimitsPage(t *testing.T) {
	const path = "../../docs/limits.md"
	if os.Getenv("UPDATE_DOCS") == "1" {
		write(t, path, limitsPage())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != limitsPage() {
		t.Error("docs/limits.md doesn't say what the program does")
	}
}
