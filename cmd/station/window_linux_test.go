package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"packbench/bench"
	"packbench/code"
	"packbench/document"
	"packbench/packing"
	"packbench/store"
	"packbench/upstream"
)

// display is an X server of our own, with a keyboard that we press: a wedge
// scanner is nothing else.
type display struct {
	t    *testing.T
	name string
	conn *xgb.Conn
	keys map[rune]key
}

type key struct {
	code  xproto.Keycode
	shift bool
}

// startDisplay starts Xvfb on a free display number.
func startDisplay(t *testing.T) *display {
	t.Helper()
	xvfb := lookTool(t, "Xvfb")
	for n := 90; n < 190; n++ {
		if _, err := os.Stat(fmt.Sprintf("/tmp/.X11-unix/X%d", n)); err == nil {
			continue
		}
		name := fmt.Sprintf(":%d", n)
		cmd := exec.Command(xvfb, name, "-screen", "0", "1920x1080x24", "-nolisten", "tcp")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		d := &display{t: t, name: name}
		until(t, "an X server", func() bool {
			c, err := net.Dial("unix", fmt.Sprintf("/tmp/.X11-unix/X%d", n))
			if err != nil {
				return false
			}
			_ = c.Close()
			return true
		})
		conn, err := xgb.NewConnDisplay(name)
		if err != nil {
			t.Fatal(err)
		}
		d.conn = conn
		t.Cleanup(conn.Close)
		if err := xtest.Init(conn); err != nil {
			t.Fatal(err)
		}
		d.readKeyboard()
		return d
	}
	t.Fatal("no free display number")
	return nil
}

// readKeyboard learns which key makes which character.
func (d *display) readKeyboard() {
	setup := xproto.Setup(d.conn)
	n := byte(setup.MaxKeycode - setup.MinKeycode + 1)
	m, err := xproto.GetKeyboardMapping(d.conn, setup.MinKeycode, n).Reply()
	if err != nil {
		d.t.Fatal(err)
	}
	d.keys = map[rune]key{}
	for i := range int(n) {
		for level := range min(2, int(m.KeysymsPerKeycode)) {
			sym := rune(m.Keysyms[i*int(m.KeysymsPerKeycode)+level])
			if sym == 0xff0d { // Return
				sym = '\n'
			}
			if _, known := d.keys[sym]; !known && sym != 0 && (sym < 0x7f || sym == '\n') {
				d.keys[sym] = key{setup.MinKeycode + xproto.Keycode(i), level == 1}
			}
		}
	}
}

// keyTime is what a key takes: a USB keyboard tells one change a millisecond at
// most. Two presses of one key within the same millisecond GLFW takes for one.
const keyTime = 2 * time.Millisecond

// scan types a code and Enter as fast as a scanner can.
func (d *display) scan(raw string) {
	d.t.Helper()
	const shift = 50 // left Shift of every X keyboard of this kind
	for _, r := range raw + "\n" {
		k, ok := d.keys[r]
		if !ok {
			d.t.Fatalf("no key for %q", r)
		}
		if k.shift {
			d.press(xproto.KeyPress, shift)
		}
		d.press(xproto.KeyPress, k.code)
		d.press(xproto.KeyRelease, k.code)
		time.Sleep(keyTime)
		if k.shift {
			d.press(xproto.KeyRelease, shift)
		}
	}
}

func (d *display) press(kind byte, code xproto.Keycode) {
	root := xproto.Setup(d.conn).DefaultScreen(d.conn).Root
	if err := xtest.FakeInputChecked(d.conn, kind, byte(code), 0, root, 0, 0, 0).Check(); err != nil {
		d.t.Fatal(err)
	}
}

// shoot saves what is on the screen; the pictures of README are made so.
func (d *display) shoot(path string, w, h int) {
	d.t.Helper()
	root := xproto.Setup(d.conn).DefaultScreen(d.conn).Root
	got, err := xproto.GetImage(d.conn, xproto.ImageFormatZPixmap, xproto.Drawable(root), 0, 0, uint16(w), uint16(h), 0xffffffff).Reply()
	if err != nil {
		d.t.Fatal(err)
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := 0; i+3 < len(got.Data) && i/4 < w*h; i += 4 {
		img.Set(i/4%w, i/4/w, color.RGBA{R: got.Data[i+2], G: got.Data[i+1], B: got.Data[i], A: 255})
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited for %s in vain", what)
		}
	}
}

// shop is a data directory with three parcels, their labels, two people.
func shop(t *testing.T, data, printer string) {
	t.Helper()
	ctx := t.Context()
	st, err := bench.OpenStation(ctx, data, bench.StationOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := st.Bench.Set(ctx, bench.SettingPrinter, printer); err != nil {
		t.Fatal(err)
	}
	for _, p := range []store.Person{{ID: "W1", Name: "王强"}, {ID: "C2", Name: "陈丽"}} {
		if err := st.Store.SavePerson(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := st.Store.SaveGoods(ctx, []store.Goods{
		{SKU: "MUG-RED", Codes: []store.GoodsCode{{Code: "6901234500011"}}, NameZH: "马克杯 · 红", NameEN: "Mug · red", Spec: "11 oz"},
		{SKU: "MUG-BLU", Codes: []store.GoodsCode{{Code: "6901234500028"}}, NameZH: "马克杯 · 蓝", NameEN: "Mug · blue", Spec: "11 oz"},
		{SKU: "TEE-BLK", Codes: []store.GoodsCode{{Code: "96385074"}}, NameZH: "T恤 · 黑", NameEN: "T-shirt · black", Spec: "M"},
	}); err != nil {
		t.Fatal(err)
	}
	var parcels []upstream.Parcel
	var labels []document.ShippingLabelData
	for i := range 3 {
		p := upstream.Parcel{
			Connection: "TikTok Shop US", Number: fmt.Sprint(i + 1), Order: fmt.Sprintf("57646237751283016%d", i), Nr: 1, Of: 1,
			Tote: fmt.Sprintf("T-01%d", i), Waybill: waybill(i), Carrier: "J&T Express", Status: upstream.Packable, Version: "1",
			ShipByMs: time.Now().Add(time.Duration(i+3) * time.Hour).UnixMilli(),
			Lines:    []upstream.Line{{Listing: "MUG-RED", Name: "mug", Quantity: 2}, {Listing: "TEE-BLK", Name: "tee", Quantity: 1}},
			Buyer:    upstream.Buyer{Name: "李小梅", Note: "请多包一层气泡膜"},
		}
		parcels = append(parcels, p)
		labels = append(labels, document.ShippingLabelData{
			Carrier: "J&T Express", Service: "Standard", Waybill: p.Waybill, SortCode: "550-A2",
			To: []string{"李小梅  138****2201", "广东省 深圳市 南山区 示例路 1 号"}, From: []string{"Packbench Demo"}, OrderNumber: p.Order, Contents: []string{"MUG-RED × 2", "TEE-BLK × 1"},
		})
	}
	if _, err := st.Bench.TakeParcels(ctx, parcels); err != nil {
		t.Fatal(err)
	}
	var pdf bytes.Buffer
	if err := document.ShippingLabels(&pdf, labels); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Bench.ImportLabels(ctx, pdf.Bytes()); err != nil {
		t.Fatal(err)
	}
}

func waybill(i int) string { return fmt.Sprintf("JT30022326801%02d", i) }

// journalKinds is what the journal holds, read beside the running window.
func journalKinds(t *testing.T, data string) map[string]int {
	t.Helper()
	st, err := store.Open(data, store.Options{Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	out := map[string]int{}
	if err := st.Journal(t.Context(), func(e store.Entry) error {
		ev, err := e.Event()
		if err != nil {
			return err
		}
		kind := e.Kind
		if r, ok := ev.Body.(packing.Refused); ok {
			kind = "refused:" + string(r.Alert.Kind)
			if r.Alert.Kind == packing.UnknownCode {
				t.Logf("unknown code %q", r.Alert.Args["code"])
			}
		}
		out[kind]++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// Three parcels in the real window, from badge to seal, by a keyboard wedge
// that X presses: a wrong item, a foreign label. The database and the printer's
// pictures say what came of it.
func TestWindowThreeParcels(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a window")
	}
	for _, lang := range []string{"zh", "en"} {
		t.Run(lang, func(t *testing.T) { windowShift(t, lang) })
	}
}

func windowShift(t *testing.T, lang string) {
	d := startDisplay(t)
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	shop(t, data, startChild(t, "emulate", "printer", "--width", "832", "--out", dir))

	var stderr bytes.Buffer
	cmd := exec.Command(os.Args[0], "--data", data, "--lang", lang, "gui", "--full-screen")
	cmd.Env = append(os.Environ(), "DISPLAY="+d.name, "LANG=C.UTF-8", "LIBGL_ALWAYS_SOFTWARE=1", "WAYLAND_DISPLAY=")
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if strings.Contains(stderr.String(), "Error in Fyne call thread") {
			t.Errorf("the screen was touched from another thread:\n%s", stderr.String())
		}
	}()
	shots := os.Getenv("PACKBENCH_SCREENSHOTS")
	shot := func(name string) {
		if shots != "" {
			time.Sleep(700 * time.Millisecond) // only when pictures are made: the last frame
			d.shoot(filepath.Join(shots, name+"-"+lang+".png"), 1920, 1080)
		}
	}
	kinds := map[string]int{}
	expect := func(kind string, n int) {
		t.Helper()
		defer func() {
			if t.Failed() {
				t.Logf("the journal holds %v", kinds)
				if dir := os.Getenv("PACKBENCH_SCREENSHOTS"); dir != "" {
					d.shoot(filepath.Join(dir, "failed-"+lang+".png"), 1920, 1080)
				}
			}
		}()
		until(t, fmt.Sprintf("%d %s", n, kind), func() bool {
			kinds = journalKinds(t, data)
			return kinds[kind] >= n
		})
	}
	own := func(class code.CommandClass, body string) string {
		raw, err := code.FormatCommand(class, body)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	// The window is there when it takes a scan; until then keys go nowhere.
	until(t, "the window", func() bool {
		d.scan(own(code.Badge, "W1"))
		time.Sleep(600 * time.Millisecond)
		return journalKinds(t, data)["signed_in"] > 0
	})
	shot("idle")
	d.scan(own(code.Command, "PICK"))
	for i := range 3 {
		d.scan(fmt.Sprintf("T-01%d", i))
	}
	expect("picked", 3)
	d.scan(own(code.Badge, "C2"))
	expect("mode_set", 1)
	for i := range 3 {
		packInWindow(t, d, i, expect, shot, own)
	}
	want := map[string]int{"sealed": 3, "label_proven": 3, "unit_verified": 9, "refused:wrong_item": 1, "refused:wrong_label": 1, "acked": 2, "hold_released": 2}
	kinds = journalKinds(t, data)
	for kind, n := range want {
		if kinds[kind] != n {
			t.Errorf("%d × %s, want %d: %v", kinds[kind], kind, n, kinds)
		}
	}
	for i := range 3 {
		if got := zbar(t, lookTool(t, "zbarimg"), filepath.Join(dir, fmt.Sprintf("%03d.png", i+1))); !strings.Contains(got, waybill(i)) {
			t.Errorf("label %d reads as %q", i+1, got)
		}
	}
}

// packInWindow packs parcel i; the first meets a wrong item, the second another
// parcel's label.
func packInWindow(t *testing.T, d *display, i int, expect func(string, int), shot func(string), own func(code.CommandClass, string) string) {
	t.Helper()
	ack := own(code.Command, "ACK")
	d.scan(fmt.Sprintf("T-01%d", i))
	expect("opened", i+1)
	d.scan("6901234500011")
	expect("unit_verified", 3*i+1)
	if i == 0 {
		shot("verifying")
		d.scan("6901234500028")
		expect("refused:wrong_item", 1)
		shot("wrong-item")
		d.scan(ack)
		expect("acked", 1)
	}
	time.Sleep(600 * time.Millisecond) // the same code again: not the scanner's stutter
	d.scan("6901234500011")
	expect("unit_verified", 3*i+2)
	d.scan("96385074")
	expect("label_requested", i+1)
	expect("print_reported", i+1)
	if i == 1 {
		shot("prove")
		d.scan(waybill(2))
		expect("refused:wrong_label", 1)
		shot("wrong-label")
		d.scan(ack)
		expect("acked", 2)
	}
	d.scan(waybill(i))
	expect("sealed", i+1)
}
