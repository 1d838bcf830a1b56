package ui

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"packbench/packing"
)

// TestMain can show the states in a real window instead of testing, for eyes:
//
//	PACKBENCH_SHOW=DIR go test ./ui             writes DIR/<state>.png of each, in zh and en
//	PACKBENCH_SHOW_ONLY=verifying,prove         only these
//	PACKBENCH_SHOW_KEYS='xdotool …'             instead: runs it and prints what the bench got
//
// It needs a display and ImageMagick's import.
func TestMain(m *testing.M) {
	dir := os.Getenv("PACKBENCH_SHOW")
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := showStates(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func showStates(dir string) error {
	only := strings.Split(os.Getenv("PACKBENCH_SHOW_ONLY"), ",")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b := newFakeBench(healthy())
	language := os.Getenv("PACKBENCH_SHOW_LANGUAGE")
	pictures, err := os.MkdirTemp("", "pictures")
	if err != nil {
		return err
	}
	defer os.RemoveAll(pictures)
	if err := drawMug(filepath.Join(pictures, "mug.png")); err != nil {
		return err
	}
	go func() {
		defer cancel()
		time.Sleep(2 * time.Second)
		if command := os.Getenv("PACKBENCH_SHOW_KEYS"); command != "" {
			b.set(verifying())
			out, err := exec.Command("sh", "-c", command).CombinedOutput()
			time.Sleep(time.Second)
			b.mu.Lock()
			fmt.Println(string(out), err)
			for _, s := range b.scans {
				fmt.Printf("scan %q\n", s.Raw)
			}
			fmt.Println("commands", b.commands)
			b.mu.Unlock()
			return
		}
		for name, v := range everything() {
			found := only[0] == ""
			for _, o := range only {
				found = found || o == name
			}
			if !found {
				continue
			}
			b.set(v)
			time.Sleep(1200 * time.Millisecond)
			out := filepath.Join(dir, strings.NewReplacer(" ", "-", "/", "-", "'", "").Replace(name)+"-"+language+".png")
			if text, err := exec.Command("import", "-window", "root", out).CombinedOutput(); err != nil {
				fmt.Fprintln(os.Stderr, name, err, string(text))
			}
		}
	}()
	return Run(ctx, Options{
		Bench: b, LabelPicture: testLabel, Language: language, FullScreen: true, PictureDir: pictures,
		Light: os.Getenv("PACKBENCH_SHOW_LIGHT") != "", Now: func() time.Time { return testNow },
		Sound: func(packing.Sound) {},
	})
}

// drawMug draws goods that are red and round.
func drawMug(path string) error {
	img := image.NewNRGBA(image.Rect(0, 0, 900, 700))
	for y := range 700 {
		for x := range 900 {
			ring := (x-650)*(x-650)+(y-330)*(y-330) < 150*150 && (x-650)*(x-650)+(y-330)*(y-330) > 100*100
			if x > 220 && x < 640 && y > 120 && y < 620 || ring {
				img.Set(x, y, color.NRGBA{R: 0xD8, G: 0x40, B: 0x44, A: 0xFF})
			}
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return png.Encode(f, img)
}
