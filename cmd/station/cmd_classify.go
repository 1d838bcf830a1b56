package main

import (
	"strings"

	"packbench/code"
)

type classifyCmd struct {
	Codes []string `arg:"" name:"code" help:"Codes as a scanner gives them."`
	JSON  bool     `help:"As one JSON document: an array." name:"json"`
}

// classified is one code with all that it may be, best first.
type classified struct {
	Code    string       `json:"code"`
	Key     string       `json:"key"`
	Classes []code.Class `json:"classes"`
}

func (c *classifyCmd) Run(e *env) error {
	var out []classified
	for _, raw := range c.Codes {
		out = append(out, classified{Code: raw, Key: code.Key(raw), Classes: code.Classify(raw)})
	}
	if c.JSON {
		return e.printJSON(out)
	}
	for _, x := range out {
		var words []string
		for _, k := range x.Classes {
			words = append(words, strings.Join(strings.Fields(strings.Join([]string{string(k.Kind), k.Carrier, k.Name, "check:" + string(k.Check)}, " ")), " "))
		}
		e.say("%s\t%s", x.Code, strings.Join(words, "; "))
	}
	return nil
}
