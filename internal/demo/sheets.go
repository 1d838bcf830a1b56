package demo

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"packbench/code"
	"packbench/document"
	"packbench/packing"
	"packbench/store"
	"packbench/text"
)

// WriteSheets writes the command sheet and the badges as PDFs into dir and
// answers their names. paper is a4 or 100x150.
func WriteSheets(dir string, words *text.Catalogue, paper string, people []store.Person) ([]string, error) {
	p := document.A4
	if paper == "100x150" {
		p = document.Label100x150
	}
	var commands, badges []document.CodeItem
	for _, c := range packing.Commands() {
		raw, err := code.FormatCommand(code.Command, string(c))
		if err != nil {
			return nil, fmt.Errorf("make command sheet: %w", err)
		}
		commands = append(commands, document.CodeItem{
			Code: raw, Title: words.Text("command."+string(c)+".title", nil), Hint: words.Text("command."+string(c)+".hint", nil),
		})
	}
	for _, shelf := range []string{"A1", "A2", "A3", "BIN1"} {
		raw, err := code.FormatCommand(code.Location, shelf)
		if err != nil {
			return nil, fmt.Errorf("make command sheet: %w", err)
		}
		commands = append(commands, document.CodeItem{Code: raw, Title: words.Text("sheet.shelf", map[string]string{"shelf": shelf})})
	}
	for _, person := range people {
		raw, err := code.FormatCommand(code.Badge, person.ID)
		if err != nil {
			return nil, fmt.Errorf("make badges: %w", err)
		}
		hint := ""
		if person.Role.May(packing.ActRelease) {
			hint = words.Text("sheet.supervisor", nil)
		}
		badges = append(badges, document.CodeItem{Code: raw, Title: person.Name, Hint: hint})
	}
	names := []string{"commands-" + paper + "-" + words.Language() + ".pdf", "badges-" + paper + "-" + words.Language() + ".pdf"}
	var buf bytes.Buffer
	if err := document.CommandSheet(&buf, words.Language(), p, commands); err != nil {
		return nil, fmt.Errorf("make command sheet: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, names[0]), buf.Bytes(), 0o644); err != nil {
		return nil, fmt.Errorf("write command sheet: %w", err)
	}
	if len(badges) == 0 {
		return names[:1], nil
	}
	buf.Reset()
	if err := document.Badges(&buf, words.Language(), p, badges); err != nil {
		return nil, fmt.Errorf("make badges: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, names[1]), buf.Bytes(), 0o644); err != nil {
		return nil, fmt.Errorf("write badges: %w", err)
	}
	return names, nil
}

// writeDocuments makes the sheets that hang at the bench, and the labels as
// the platform would give them: one PDF, a label a page.
func (d *day) writeDocuments() error {
	for _, paper := range []string{"a4", "100x150"} {
		if _, err := WriteSheets(d.dir("documents"), d.opt.Words, paper, people); err != nil {
			return err
		}
	}
	var labels []document.ShippingLabelData
	for _, p := range d.parcels {
		labels = append(labels, p.label())
	}
	var buf bytes.Buffer
	if err := document.ShippingLabels(&buf, labels); err != nil {
		return fmt.Errorf("make labels: %w", err)
	}
	if err := os.WriteFile(filepath.Join(d.dir("documents"), "labels.pdf"), buf.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write labels: %w", err)
	}
	return nil
}
