package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"packbench/upstream"
)

func TestOnlyPlainFiles(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.csv")
	if err := os.WriteFile(good, []byte(tiktok(row())), 0o600); err != nil {
		t.Fatal(err)
	}
	when := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	if err := os.Chtimes(good, when, when); err != nil {
		t.Fatal(err)
	}
	res, err := ReadOrdersFile(good, Options{Connection: "shop"})
	if err != nil || len(res.Parcels) != 1 || !res.ModTime.Equal(when) {
		t.Fatalf("%+v, %v", res, err)
	}
	large := filepath.Join(dir, "large.csv")
	if err := os.WriteFile(large, []byte(tiktok(row())), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 300<<20); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir: "import.file_folder", filepath.Join(dir, "none.csv"): "import.file_missing", os.DevNull: "import.file_special", large: "import.file_large",
	} {
		start := time.Now()
		res, err := ReadOrdersFile(path, Options{})
		if err != nil || len(res.Refused) != 1 || res.Refused[0].Reason.Key != want {
			t.Errorf("%s: %+v, %v", path, res.Refused, err)
		}
		if time.Since(start) > 10*time.Second {
			t.Errorf("%s: refused only after %v", path, time.Since(start))
		}
		goods, err := ReadGoodsFile(path)
		if err != nil || len(goods.Refused) != 1 || goods.Refused[0].Reason.Key != want {
			t.Errorf("goods %s: %+v, %v", path, goods.Refused, err)
		}
	}
}

// A file that somebody writes while it is read gives nothing, however good the
// part is that was seen.
func TestFileThatChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "growing.csv")
	var rows []map[string]string
	for i := range progressRows {
		rows = append(rows, row("Order ID", fmt.Sprint(i)))
	}
	text := tiktok(rows...)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	given := 0
	opt := Options{
		Partial: true,
		Progress: func(Progress) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("577,")
			return errors.Join(err, f.Close())
		},
		Each: func(p []upstream.Parcel) error { given += len(p); return nil },
	}
	res, err := ReadOrdersFile(path, opt)
	if err != nil || len(res.Refused) != 1 || res.Refused[0].Reason.Key != "import.file_changed" || given > 0 {
		t.Errorf("%+v, %v; %d parcels given", res.Refused, err, given)
	}
	opt.Progress = nil
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if res, err = ReadOrdersFile(path, opt); err != nil || len(res.Refused) > 0 || given != progressRows || res.Count != given || res.Parcels != nil {
		t.Errorf("%+v, %v; %d parcels given", res.Refused, err, given)
	}
}

// Whoever reads can end it, before and between the portions.
func TestReadingIsEnded(t *testing.T) {
	var rows []map[string]string
	for i := range 3 * portion {
		rows = append(rows, row("Order ID", fmt.Sprint(i)))
	}
	text := tiktok(rows...)
	_, err := ReadOrders(strings.NewReader(text), "x", Options{Progress: func(p Progress) error {
		if p.Rows != progressRows || p.Done == 0 || p.Total != int64(len(text)) {
			t.Errorf("progress %+v", p)
		}
		return context.Canceled
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	given := 0
	_, err = ReadOrders(strings.NewReader(text), "x", Options{Each: func(p []upstream.Parcel) error {
		if given += len(p); given > portion {
			return context.Canceled
		}
		return nil
	}})
	if !errors.Is(err, context.Canceled) || given != 2*portion {
		t.Errorf("%v after %d", err, given)
	}
}

// What a message shows of a value can't harm a terminal or show much of it.
func TestShort(t *testing.T) {
	for in, want := range map[string]string{
		"12": "12", "\x1b[2J": "<U+001B>[2J", "a\u202eb": "a<U+202E>b", "a\nb": "a<U+000A>b", strings.Repeat("x", 41): strings.Repeat("x", 40) + "…",
	} {
		if got := short(in); got != want {
			t.Errorf("short(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestReadingErrorsAreErrors(t *testing.T) {
	broken := errors.New("disk gone")
	if _, err := ReadOrders(iotest.ErrReader(broken), "x.csv", Options{}); !errors.Is(err, broken) {
		t.Errorf("orders: %v", err)
	}
	if _, err := ReadGoods(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("goods: %v", err)
	}
	if _, err := ReadOrders(strings.NewReader(""), "x.csv", Options{Market: "XX"}); err == nil {
		t.Error("unknown market taken")
	}
}
