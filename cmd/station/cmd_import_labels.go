package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"packbench/bench"
	"packbench/label"
)

type importLabelsCmd struct {
	Path string `arg:"" help:"A label file (PDF or PNG), a ZIP archive of them, or a folder of either." type:"path"`
	JSON bool   `help:"As one JSON document." name:"json"`
}

// labelFileResult is what became of the pages of one file.
type labelFileResult struct {
	File  string          `json:"file"`
	Pages []bench.Matched `json:"pages"`
	Error string          `json:"error,omitempty"`

	shown   string // the file's name for people
	skipped bool   // no label and none meant
}

// takeLabels gives a label file's pages to their parcels.
type takeLabels func(data []byte) ([]bench.Matched, error)

func (c *importLabelsCmd) Run(e *env) (err error) {
	paths, err := labelFiles(c.Path)
	if err != nil {
		return err
	}
	st, err := e.station(bench.StationOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	take := func(data []byte) ([]bench.Matched, error) { return st.Bench.ImportLabels(e.ctx, data) }
	out := []labelFileResult{}
	for _, path := range paths {
		if err := e.ctx.Err(); err != nil {
			return err
		}
		out = append(out, e.labelFile(path, take)...)
	}
	return e.reportLabels(out, c.JSON)
}

// labelFile reads one file, or each file of an archive.
func (e *env) labelFile(path string, take takeLabels) []labelFileResult {
	data, err := label.ReadFile(path)
	if err != nil || label.Sniff(data) != label.ZIP {
		return []labelFileResult{e.labelPages(path, data, err, take)}
	}
	base := label.Visible(filepath.Base(path))
	var out []labelFileResult
	err = label.ReadArchive(data, label.DefaultArchiveLimits, func(entry label.Entry) error {
		shown := base + ": " + entry.Name
		switch {
		case entry.Junk:
		case entry.Err == nil && label.Sniff(entry.Data) == label.Unknown && !labelName(entry.Name):
			out = append(out, labelFileResult{shown: shown, skipped: true})
		default:
			r := e.labelPages(path+"!"+entry.Name, entry.Data, entry.Err, take)
			r.shown = shown
			out = append(out, r)
		}
		return e.ctx.Err()
	})
	if err != nil { // of the archive as a whole
		out = append(out, labelFileResult{File: path, shown: base, Pages: []bench.Matched{}, Error: e.sentence(err)})
	}
	return out
}

func (e *env) labelPages(name string, data []byte, err error, take takeLabels) labelFileResult {
	r := labelFileResult{File: name, shown: label.Visible(filepath.Base(name))}
	if err == nil {
		r.Pages, err = take(data)
	}
	if err != nil {
		r.Error = e.sentence(err)
	}
	if r.Pages == nil {
		r.Pages = []bench.Matched{}
	}
	return r
}

// sentence is what is wrong with a file, for people; the error itself where
// there is no sentence for it.
func (e *env) sentence(err error) string {
	key := label.Problem(err)
	switch {
	case key != "":
	case errors.Is(err, fs.ErrNotExist):
		key = "import.file_missing"
	case errors.Is(err, fs.ErrPermission):
		key = "import.file_denied"
	default:
		return err.Error()
	}
	name := ""
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		name = filepath.Base(p.Path)
	}
	return e.words.Text(key, map[string]string{"file": name})
}

func (e *env) reportLabels(out []labelFileResult, asJSON bool) error {
	failed, matched := false, 0
	note := func(format string, args ...any) {
		if !asJSON {
			e.note(format, args...)
		}
	}
	for _, r := range out {
		for _, p := range r.Pages {
			if p.Parcel != "" && p.Why == "" {
				matched++
				continue
			}
			failed = true
			note("%s, %s", r.shown, e.words.Text("cli.page_unmatched", map[string]string{
				"page": fmt.Sprint(p.Page), "why": e.words.Text(p.Why, nil), "codes": strings.Join(p.Codes, " "),
			}))
		}
		switch {
		case r.skipped:
			note("%s", e.words.Text("cli.label_skipped", map[string]string{"file": r.shown}))
		case r.Error != "":
			failed = true
			note("%s: %s", r.shown, r.Error)
		}
	}
	if asJSON {
		if err := e.printJSON(slices.DeleteFunc(out, func(r labelFileResult) bool { return r.skipped })); err != nil {
			return err
		}
	} else {
		e.say("%s", e.words.Text("cli.labels", map[string]string{"matched": fmt.Sprint(matched)}))
	}
	if failed {
		return errSaid
	}
	return nil
}

// labelName reports whether a name says that it is a label or an archive of labels.
func labelName(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".pdf", ".png", ".zip", ".zpl":
		return true
	}
	return false
}

// labelFiles is the file itself, or the label files of a folder in order.
func labelFiles(path string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (p == path || (labelName(p) && d.Type().IsRegular())) {
			out = append(out, p)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find label files: %w", err)
	}
	sort.Strings(out)
	return out, nil
}
