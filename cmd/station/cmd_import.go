package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"packbench/bench"
	"packbench/store"
	"packbench/upstream"
	"packbench/upstream/files"
)

type importCmd struct {
	File       string `arg:"" help:"Order file: a TikTok Shop Seller Center export (CSV)." type:"path"`
	Connection string `help:"The shop that the file comes from." default:"files"`
	DryRun     bool   `help:"Say what would happen, change nothing."`
	Partial    bool   `help:"Take the good orders of a file that has bad ones."`
	JSON       bool   `help:"As one JSON document." name:"json"`
}

// refused is one reason against a file, where a spreadsheet shows it.
type refused struct {
	Row    int    `json:"row"`
	Column string `json:"column"`
	Reason string `json:"reason"`
}

type importResult struct {
	bench.Intake
	Refused []refused `json:"refused"`
}

func (e *env) refusals(in []files.Refusal) []refused {
	out := []refused{}
	for _, r := range in {
		out = append(out, refused{Row: r.Row, Column: r.Column, Reason: e.words.Text(r.Reason.Key, r.Reason.Args)})
	}
	return out
}

func (c *importCmd) Run(e *env) error {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("open order file: %w", err)
	}
	defer f.Close()
	read, err := files.ReadOrders(f, filepath.Base(c.File), files.Options{Connection: c.Connection, Partial: c.Partial})
	if err != nil {
		return err
	}
	result := importResult{Refused: e.refusals(read.Refused)}
	for _, n := range e.refusals(read.Notes) {
		e.note("%s", place(n))
	}
	if c.DryRun {
		result.New = len(read.Parcels)
	} else if len(read.Parcels) > 0 {
		if result.Intake, err = e.take(read.Parcels); err != nil {
			return err
		}
	}
	if err := e.reportImport(result, c.JSON); err != nil {
		return err
	}
	if len(result.Refused) > 0 {
		return errSaid
	}
	return nil
}

func (e *env) take(parcels []upstream.Parcel) (sum bench.Intake, err error) {
	st, err := e.station(bench.StationOptions{})
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return st.Bench.TakeParcels(e.ctx, parcels)
}

// reportImport says what became of a file of orders or goods.
func (e *env) reportImport(r importResult, asJSON bool) error {
	if asJSON {
		return e.printJSON(r)
	}
	e.say("%s", e.words.Text("cli.imported", map[string]string{
		"new": fmt.Sprint(r.New), "updated": fmt.Sprint(r.Updated), "unchanged": fmt.Sprint(r.Unchanged), "refused": fmt.Sprint(len(r.Refused)),
	}))
	for _, x := range r.Refused {
		e.note("%s", place(x))
	}
	return nil
}

// place says where in a file something is.
func place(r refused) string {
	switch {
	case r.Row == 0 && r.Column == "":
		return r.Reason
	case r.Row == 0:
		return fmt.Sprintf("%s: %s", r.Column, r.Reason)
	case r.Column == "":
		return fmt.Sprintf("%d: %s", r.Row, r.Reason)
	}
	return fmt.Sprintf("%d, %s: %s", r.Row, r.Column, r.Reason)
}

type importGoodsCmd struct {
	File     string `arg:"" help:"Catalogue file (CSV): sku, codes, name_zh, name_en, spec, weight_g, weight, location, picture." type:"path"`
	Pictures string `help:"Folder with the pictures that the catalogue names; they are copied." type:"existingdir"`
	JSON     bool   `help:"As one JSON document." name:"json"`
}

func (c *importGoodsCmd) Run(e *env) (err error) {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("open catalogue file: %w", err)
	}
	defer f.Close()
	read, err := files.ReadGoods(f)
	if err != nil {
		return err
	}
	result := importResult{Refused: e.refusals(read.Refused)}
	if len(read.Refused) == 0 {
		st, err := e.openStore()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, st.Close()) }()
		if result.New, err = st.SaveGoods(e.ctx, catalogue(read.Goods)); err != nil {
			return err
		}
		result.Updated = len(read.Goods) - result.New
		if c.Pictures != "" {
			if err := copyPictures(c.Pictures, filepath.Join(st.Dir, "pictures"), read.Goods); err != nil {
				return err
			}
		}
	}
	if err := e.reportImport(result, c.JSON); err != nil {
		return err
	}
	if len(result.Refused) > 0 {
		return errSaid
	}
	return nil
}

// mostPicture is the largest picture that is copied, in bytes.
const mostPicture = 20 << 20

// copyPictures copies the pictures that the catalogue names. A name can't lead
// out of the folder.
func copyPictures(from, to string, goods []files.Goods) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return fmt.Errorf("make picture folder: %w", err)
	}
	source, err := os.OpenRoot(from)
	if err != nil {
		return fmt.Errorf("open picture folder: %w", err)
	}
	defer source.Close()
	target, err := os.OpenRoot(to)
	if err != nil {
		return fmt.Errorf("open picture folder: %w", err)
	}
	defer target.Close()
	for _, g := range goods {
		if g.Picture == "" {
			continue
		}
		data, err := source.ReadFile(g.Picture)
		if err == nil && len(data) > mostPicture {
			err = fmt.Errorf("it has %d bytes, more than %d", len(data), mostPicture)
		}
		if err == nil && filepath.Dir(g.Picture) != "." {
			err = target.MkdirAll(filepath.Dir(g.Picture), 0o700)
		}
		if err == nil {
			err = target.WriteFile(g.Picture, data, 0o600)
		}
		if err != nil {
			return fmt.Errorf("copy picture of %s: %w", g.SKU, err)
		}
	}
	return nil
}

// catalogue is the file's goods as the store keeps them.
func catalogue(in []files.Goods) []store.Goods {
	var out []store.Goods
	for _, g := range in {
		s := store.Goods{
			Connection: g.Connection, SKU: g.SKU, NameZH: g.NameZH, NameEN: g.NameEN, Spec: g.Spec,
			WeightMg: g.WeightMg, WeightSource: string(g.WeightSource), Location: g.Location, Picture: g.Picture,
		}
		for _, c := range g.Codes {
			s.Codes = append(s.Codes, store.GoodsCode{Code: c.Code, Units: c.Units})
		}
		out = append(out, s)
	}
	return out
}

type importLabelsCmd struct {
	Path string `arg:"" help:"A label file, or a folder of them (PDF)." type:"path"`
	JSON bool   `help:"As one JSON document." name:"json"`
}

// labelFileResult is what became of the pages of one file.
type labelFileResult struct {
	File  string          `json:"file"`
	Pages []bench.Matched `json:"pages"`
	Error string          `json:"error,omitempty"`
}

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
	out := []labelFileResult{}
	failed := false
	for _, path := range paths {
		r := labelFileResult{File: path}
		data, err := os.ReadFile(path)
		if err == nil {
			r.Pages, err = st.Bench.ImportLabels(e.ctx, data)
		}
		if err != nil {
			r.Error = err.Error()
			failed = true
		}
		out = append(out, r)
	}
	matched := 0
	for _, r := range out {
		for _, p := range r.Pages {
			if p.Parcel != "" && p.Why == "" {
				matched++
				continue
			}
			failed = true
			if !c.JSON {
				e.note("%s, %s", filepath.Base(r.File), e.words.Text("cli.page_unmatched", map[string]string{
					"page": fmt.Sprint(p.Page), "why": e.words.Text(p.Why, nil), "codes": strings.Join(p.Codes, " "),
				}))
			}
		}
		if r.Error != "" && !c.JSON {
			e.note("%s: %s", filepath.Base(r.File), r.Error)
		}
	}
	if c.JSON {
		err = e.printJSON(out)
	} else {
		e.say("%s", e.words.Text("cli.labels", map[string]string{"matched": fmt.Sprint(matched)}))
	}
	if err == nil && failed {
		return errSaid
	}
	return err
}

// labelFiles is the file itself, or the PDFs of a folder in order.
func labelFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("find label files: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var out []string
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.EqualFold(filepath.Ext(p), ".pdf") {
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

// station opens the data directory with the parts that opt names.
func (e *env) station(opt bench.StationOptions) (*bench.Station, error) {
	dir, err := e.dataDir()
	if err != nil {
		return nil, err
	}
	opt.Log = e.log
	return bench.OpenStation(e.ctx, dir, opt)
}

func (e *env) openStore() (*store.Store, error) {
	dir, err := e.dataDir()
	if err != nil {
		return nil, err
	}
	return store.Open(dir, store.Options{Station: "bench-1"})
}
