package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// builtinOrders are the order files that come with the program; one that is
// added to assets/columns is named here.
var builtinOrders = []string{"tiktok", "shopify", "shipstation", "shipments"}

// BuiltinOrders are the layouts of order files that come with the program.
func BuiltinOrders() ([]Columns, error) {
	var out []Columns
	for _, id := range builtinOrders {
		c, err := Builtin(id)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// OwnColumns reads a shop's own layouts of order files from dir: the one that is
// named like the connection (<connection>.json) is for that connection alone and
// then the only one; else every other file in dir is a layout that a file may
// fit, before those of the program. A missing folder is no error; a file that is
// wrong is, and the error names the file and the field.
func OwnColumns(dir, connection string) (only *Columns, more []Columns, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read own columns: %w", err)
	}
	for _, e := range entries {
		id, isJSON := strings.CutSuffix(e.Name(), ".json")
		if !isJSON {
			continue
		}
		c, err := ownFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", filepath.Join(dir, e.Name()), err)
		}
		if id == connection {
			return &c, nil, nil
		}
		if _, goods := c.Columns["codes"]; !goods {
			more = append(more, c)
		}
	}
	slices.SortFunc(more, func(a, b Columns) int { return strings.Compare(a.ID, b.ID) })
	return nil, more, nil
}

func ownFile(path string) (Columns, error) {
	in, closer, err := openFile(path)
	if f, ok := errors.AsType[*fault](err); ok {
		return Columns{}, fmt.Errorf("read columns: %s", f.Reason.Key)
	}
	if err != nil {
		return Columns{}, err
	}
	defer closer.Close()
	c, err := ReadColumns(in.all())
	c.own = true
	return c, err
}
