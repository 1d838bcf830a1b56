package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// What the documents tell people to type is what the program takes.
func TestDocsCommandsParse(t *testing.T) {
	command := regexp.MustCompile("build/station[^`\n#]*")
	for _, doc := range []string{"README.md", "README.zh-CN.md", "CONTRIBUTING.md"} {
		data, err := os.ReadFile("../../" + doc)
		if err != nil {
			t.Fatal(err)
		}
		found := command.FindAllString(string(data), -1)
		if strings.HasPrefix(doc, "README") && len(found) < 10 {
			t.Errorf("%s names only %d commands", doc, len(found))
		}
		for _, line := range found {
			args := words(strings.TrimSpace(line))[1:]
			for i, a := range args { // files of the reader's own
				if strings.HasSuffix(a, ".csv") || strings.HasSuffix(a, ".pdf") {
					args[i] = "../../README.md"
				}
			}
			var c cli
			parser, err := kong.New(&c, kong.Exit(func(int) {}))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(args); err != nil {
				t.Errorf("%s: %s: %v", doc, line, err)
			}
		}
	}
}

// words splits a command line at spaces outside quotes.
func words(line string) []string {
	var out []string
	var word strings.Builder
	quoted := false
	for _, r := range line + " " {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ' ' && !quoted:
			if word.Len() > 0 {
				out = append(out, word.String())
			}
			word.Reset()
		default:
			word.WriteRune(r)
		}
	}
	return out
}
