package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"packbench/bench"
	"packbench/label"
	"packbench/store"
	"packbench/upstream/files"
)

type importGoodsCmd struct {
	File     string `arg:"" help:"Catalogue file (CSV or XLSX): sku, codes, name_zh, name_en, spec, weight_g, weight, location, picture." type:"path"`
	Pictures string `help:"Folder with the pictures that the catalogue names; they are copied." type:"existingdir"`
	JSON     bool   `help:"As one JSON document." name:"json"`
}

func (c *importGoodsCmd) Run(e *env) (err error) {
	read, err := files.ReadGoodsFile(c.File)
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
		info, err := source.Stat(g.Picture) // a pipe would keep us waiting
		switch {
		case err != nil:
		case !info.Mode().IsRegular():
			err = label.ErrNotPlain
		case info.Size() > mostPicture:
			err = fmt.Errorf("it has %d bytes, more than %d", info.Size(), mostPicture)
		}
		var data []byte
		if err == nil {
			data, err = source.ReadFile(g.Picture)
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

// station opens the data directory with the parts that opt names.
func (e *env) station(opt bench.StationOptions) (*bench.Station, error) {
	dir, err := e.dataDir()
	if err != nil {
		return nil, err
	}
	opt.Log = e.log
	st, err := bench.OpenStation(e.ctx, dir, opt)
	if err == nil && opt.Sync && st.Vault != nil {
		e.sayPlace(st.Vault)
	}
	return st, err
}

func (e *env) openStore() (*store.Store, error) {
	dir, err := e.dataDir()
	if err != nil {
		return nil, err
	}
	return store.Open(dir, store.Options{Station: "bench-1"})
}
