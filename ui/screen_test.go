package ui

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"packbench/bench"
	"packbench/packing"
	"packbench/text"
)

// rig is a screen in a window of Fyne's test driver. What other goroutines post
// waits until pump runs it, on the test's goroutine.
type rig struct {
	*Screen
	t      *testing.T
	bench  *fakeBench
	window fyne.Window
	posted chan func()
}

func newRig(t *testing.T, v *bench.View, language string, w, h float32) *rig {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(newTheme(darkLook()))
	r := &rig{t: t, bench: newFakeBench(v), posted: make(chan func(), 1000)}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	dir := t.TempDir()
	writeMug(t, filepath.Join(dir, "mug.png"))
	s, err := NewScreen(ctx, Options{
		Bench: r.bench, LabelPicture: testLabel, PictureDir: dir, Language: language, Now: func() time.Time { return testNow },
	}, func(f func()) { r.posted <- f })
	if err != nil {
		t.Fatal(err)
	}
	r.Screen = s
	r.window = test.NewTempWindow(t, s.Object())
	r.window.SetPadded(false)
	r.window.Resize(fyne.NewSize(w, h))
	s.Attach(r.window.Canvas())
	go s.courier.run(ctx)
	return r
}

func writeMug(t *testing.T, path string) {
	img := image.NewRGBA(image.Rect(0, 0, 400, 300))
	for i := range img.Pix {
		img.Pix[i] = 0xFF
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

// pump runs what was posted until done holds.
func (r *rig) pump(done func() bool) {
	r.t.Helper()
	timeout := time.After(10 * time.Second)
	for !done() {
		select {
		case f := <-r.posted:
			f()
		case <-timeout:
			r.t.Fatal("nothing more was posted, and it is not done")
		}
	}
}

// sent waits until the bench has got n things.
func (r *rig) sent(n int) {
	r.t.Helper()
	for range n {
		select {
		case <-r.bench.got:
		case <-time.After(10 * time.Second):
			r.t.Fatal("the bench got nothing")
		}
	}
	r.bench.mu.Lock()
	defer r.bench.mu.Unlock()
	if len(r.bench.got) > 0 {
		r.t.Fatalf("the bench got too much: scans %v, commands %v, PINs %d", r.bench.scans, r.bench.commands, len(r.bench.pins))
	}
}

// words are all texts that can be seen: with an overlay over all, only its own.
func (r *rig) words() string {
	var out []string
	for _, sh := range r.sheets() {
		for _, o := range sh.painted.objects {
			if t, ok := o.(*canvas.Text); ok {
				out = append(out, t.Text)
			}
		}
	}
	return strings.Join(out, "\n")
}

// sheets are those that are seen.
func (r *rig) sheets() []*sheet {
	if r.upfront.Visible() && r.covers(r.upfront.drawing) {
		return []*sheet{r.upfront}
	}
	if r.upfront.Visible() {
		return []*sheet{r.strip, r.upfront, r.foot}
	}
	return []*sheet{r.strip, r.body, r.foot}
}

func (r *rig) wantWords(name string, want ...string) {
	r.t.Helper()
	all := r.words()
	flat := strings.ReplaceAll(strings.ReplaceAll(all, "\n", ""), " ", "")
	for _, w := range want {
		if !strings.Contains(flat, strings.ReplaceAll(w, " ", "")) {
			r.t.Errorf("%s: no %q in:\n%s", name, w, all)
		}
	}
}

func TestStatesSayTheirWords(t *testing.T) {
	states := benchStates()
	for name, want := range map[string]map[string][]string{
		"nobody":       {"zh": {"先刷工牌", "没人", "打包台 2"}, "en": {"Scan your badge", "Nobody"}},
		"idle":         {"zh": {"扫下一个包裹", "37", "拣货", "6901234567892"}, "en": {"Scan the next parcel", "37", "Pick"}},
		"ahead":        {"zh": {"10 张面单等着贴，还要打 8 张", "等着贴的面单 10 张", "没找到的面单", "先打一批"}, "en": {"10 labels to stick"}},
		"picker":       {"zh": {"扫拣货人的工牌"}, "en": {"Scan the picker's badge"}},
		"pick":         {"zh": {"拣好了，扫箱子或订单", "拣货", "F3"}, "en": {"Picking", "Pack"}},
		"verifying":    {"zh": {"扫商品", "马克杯 红 L", "1", "/ 2", "买家留言：请多包一层", "包裹 1/2", "18:05", "拣货 王强", "订单 576462377512830168"}, "en": {"Scan the item", "Mug", "3 h 33 min left", "gift", "Picked by 王强"}},
		"weighing":     {"zh": {"放到秤上", "0.742", "公斤", "还在晃", "重量放行"}, "en": {"0.742", "kg", "moving"}},
		"steady":       {"zh": {"稳了"}, "en": {"steady"}},
		"scale lost":   {"zh": {"秤没连上", "–"}, "en": {"scale not connected"}},
		"empty scale":  {"zh": {"先把秤清空"}, "en": {"Empty the scale first"}},
		"no weight":    {"zh": {"秤没显示重量"}, "en": {"no weight shown"}},
		"prove":        {"zh": {"贴好面单，再扫它", "6 件查过了", "0.742 公斤", "断网 12 分钟", "坏面单", "面单还没扫"}, "en": {"Stick the label, then scan it", "6 items checked", "Offline 12 min"}},
		"print":        {"zh": {"等面单出来", "班长放行", "还没称"}, "en": {"Wait for the label"}},
		"no label":     {"zh": {"还没有面单"}, "en": {"No label yet"}},
		"bad file":     {"zh": {"这张面单打不了"}, "en": {"This label can't be printed"}},
		"came out":     {"zh": {"面单出来了吗？", "没出来", "目录重量是估的"}, "en": {"Did the label come out?"}},
		"doubt":        {"zh": {"扫最后一张好面单", "没纸了"}, "en": {"Scan the last good label", "Out of paper"}},
		"wait":         {"zh": {"先等一下", "面单和别的包裹弄混了"}, "en": {"Wait a moment"}},
		"shelf":        {"zh": {"放到架子上，扫架子码"}, "en": {"Put it on a shelf, scan its code"}},
		"supervisor":   {"zh": {"请班长刷工牌", "F1"}, "en": {"Supervisor: scan your badge"}},
		"pin":          {"zh": {"李敏，输密码", "确定", "7"}, "en": {"李敏: type your PIN"}},
		"wrong pin":    {"zh": {"密码不对", "李敏，输密码"}, "en": {"Wrong PIN"}},
		"not stored":   {"zh": {"刚才那下没存上！请再扫一次"}, "en": {"Not saved! Scan that again"}},
		"label first":  {"zh": {"抖店旗舰店 要重新登录", "传不上 2", "打印机连不上", "单人", "晚了 2 天 1 小时"}, "en": {"late"}},
		"old word":     {"zh": {"消息17 分钟前", "硬盘只剩 700 MB"}, "en": {"News 17 min old", "Disk: 700 MB left"}},
		"skewed clock": {"zh": {"时间差 3 分钟"}, "en": {"Clock off 3 min"}},
		"wrong time":   {"zh": {"硬盘满了", "?"}, "en": {"Disk full", "? left"}},
		"files":        {"zh": {"的订单文件"}, "en": {"Files of"}},
		"many lines":   {"zh": {"蓝 4", "还有 9 种", "没登记，叫班长"}, "en": {"9 more lines"}},
	} {
		for language, words := range want {
			t.Run(name+" "+language, func(t *testing.T) {
				r := newRig(t, states[name], language, 1920, 1080)
				r.wantWords(name, words...)
			})
		}
		delete(states, name)
	}
	for name := range states {
		t.Errorf("state %q has no expected words", name)
	}
}

// TestPromptIsOnEveryScreen: nothing but an alert hides what is to be done.
func TestPromptIsOnEveryScreen(t *testing.T) {
	words, err := text.Load("zh")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, healthy(), "zh", 1920, 1080)
	for name, v := range benchStates() {
		r.Show(v)
		r.wantWords(name, words.Text(v.Prompt.Key, v.Prompt.Args))
	}
}

func TestAlertsSayTheirWords(t *testing.T) {
	alerts := benchAlerts()
	r := newRig(t, healthy(), "zh", 1920, 1080)
	for name, want := range map[string][]string{
		"wrong item":                       {"拿错了！", "要：马克杯 红 L ×1", "你扫的：马克杯（加厚陶瓷带盖子） 蓝 XL 480ml", "应该是", "扫到的是", "周转箱 T021", "知道了", "F1", "刚才又扫了 3 下", "后面还有 1 条"},
		"wrong item of an order":           {"订单 576462377512830168"},
		"wrong item, all full":             {"这个包裹已经齐了"},
		"over scan":                        {"多了一个！", "马克杯 红 L只要 2 个，已经够了"},
		"over scan by a pack":              {"已扫 1 个", "拆开"},
		"unknown code":                     {"这个码没登记", "6901234567892（13 位）"},
		"unknown long code":                {"QR Code", "182 位"},
		"wrong kind label verify":          {"扫错码了", "这是面单。现在要扫商品：马克杯（加厚陶瓷带盖子） 蓝 XL 480ml"},
		"wrong kind goods prove":           {"这是商品。现在要扫箱子上的面单"},
		"same person":                      {"自己拣的不能自己查", "这单是陈丽（你）拣的"},
		"cancelled":                        {"停！买家退了", "取消筐"},
		"cancel asked":                     {"先停，买家想退"},
		"wrong label":                      {"面单拿错了！", "尾号 8842", "packbench-2"},
		"wrong label, not printed":         {"尾号 0168"},
		"used label":                       {"这张用过了", "10:32 李四"},
		"weight less":                      {"重量不对", "应 0.820 实 0.610 公斤，像是少 1 个马克杯（加厚陶瓷带盖子） 蓝 XL 480ml。开箱看看，再称", "查查这个"},
		"weight more again":                {"像是多 2 个", "全部拿出来，重新扫一遍"},
		"weight, no idea":                  {"应 0.820 实 0.000 公斤。开箱"},
		"can't open other_bench":           {"这单现在不能打", "packbench-3 正在打"},
		"can't open sealed":                {"10:32 王五"},
		"can't open held packer":           {"架子 A3", "打包的人放的", "放行", "F11"},
		"can't open something new":         {"放一边，扫下一个"},
		"printer failed ":                  {"打印机有毛病"},
		"printer failed printer.paper_out": {"面单没打出来", "没纸了，换一卷", "F5"},
		"printer unknown printer.restart":  {"面单出来了吗？", "程序刚才重开过", "F6"},
		"no label no_file":                 {"面单还没到"},
		"no label label.no_code":           {"面单上没有读得出的条码"},
		"not allowed no_weight":            {"现在不能这样", "「重量放行」在称重的时候才能用"},
		"put aside wrong_items":            {"先放一边", "拿错太多次"},
		"wrong PIN":                        {"密码不对"},
	} {
		if alerts[name] == nil {
			t.Fatalf("no alert %q", name)
		}
		r.Show(alerts[name])
		r.wantWords(name, want...)
	}
	en := newRig(t, alerts["wrong item"], "en", 1920, 1080)
	en.wantWords("wrong item", "Wrong item!", "Expected: Mug 红 L ×1. Got: Thick ceramic mug with a lid", "It belongs to tote T021", "Got it")
}

// TestNoPlaceholderIsLeft: every argument that a text needs was given, whatever
// the rules knew.
func TestNoPlaceholderIsLeft(t *testing.T) {
	for _, language := range text.Languages() {
		r := newRig(t, healthy(), language, 1366, 768)
		for name, v := range everything() {
			r.Show(v)
			if all := r.words(); strings.ContainsAny(all, "{}") || strings.Contains(all, "alert.") || strings.Contains(all, "screen.") {
				t.Errorf("%s %s shows a key or placeholder:\n%s", language, name, all)
			}
		}
	}
}

func everything() map[string]*bench.View {
	all := benchStates()
	for name, v := range benchAlerts() {
		all["alert "+name] = v
	}
	return all
}

// TestNothingIsCutOff measures every text against its box, and every box against
// its sheet, in both languages and on both sizes of screen.
func TestNothingIsCutOff(t *testing.T) {
	for _, size := range []fyne.Size{fyne.NewSize(1920, 1080), fyne.NewSize(1366, 768), fyne.NewSize(1024, 768), fyne.NewSize(1280, 1024)} {
		for _, language := range text.Languages() {
			r := newRig(t, healthy(), language, size.Width, size.Height)
			for name, v := range everything() {
				r.Show(v)
				r.measure(fmt.Sprintf("%gx%g %s %s", size.Width, size.Height, language, name))
			}
		}
	}
}

func (r *rig) measure(name string) {
	r.t.Helper()
	for _, sh := range r.sheets() {
		for _, cut := range sh.painted.cut {
			// Names of goods come from orders and may be of any length; our own words may not.
			if !strings.HasPrefix(cut, "马克杯") && !strings.HasPrefix(cut, "Thick") {
				r.t.Errorf("%s: had to shorten %q", name, cut)
			}
		}
		for _, o := range sh.painted.objects {
			pos, size := o.Position(), o.Size()
			const slack = 0.6
			if pos.X < -slack || pos.Y < -slack || pos.X+size.Width > sh.Size().Width+slack || pos.Y+size.Height > sh.Size().Height+slack {
				r.t.Errorf("%s: %T at %v size %v is outside of %v", name, o, pos, size, sh.Size())
			}
			if words, ok := o.(*canvas.Text); ok {
				least := words.MinSize()
				if least.Width > size.Width+slack || least.Height > size.Height+slack {
					r.t.Errorf("%s: %q needs %v and has %v", name, words.Text, least, size)
				}
				if px := words.TextSize / sh.scale; px < sizeLeast-0.01 {
					r.t.Errorf("%s: %q is %g px", name, words.Text, px)
				}
			}
		}
	}
}

// TestSizes holds the sizes of BENCH §10 at 1920 × 1080.
func TestSizes(t *testing.T) {
	r := newRig(t, verifying(), "zh", 1920, 1080)
	r.pump(func() bool { _, img := r.pics.goods("mug.png"); return img != nil })
	least := map[string]float32{"扫商品": 64, "1": 96, " / 2": 96, "马克杯 红 L": 32}
	for _, o := range r.body.painted.objects {
		switch o := o.(type) {
		case *canvas.Text:
			if want, ok := least[o.Text]; ok {
				if o.TextSize < want {
					t.Errorf("%q has %g px, wants %g", o.Text, o.TextSize, want)
				}
				delete(least, o.Text)
			}
		case *canvas.Image:
			if h := o.Size().Height; h < 0.40*1080 {
				t.Errorf("the picture is %g px high, wants 40 %%", h)
			}
			delete(least, "picture")
		}
	}
	if len(least) > 0 {
		t.Errorf("not found: %v", least)
	}
	for _, a := range slices.Concat(r.body.painted.areas, r.foot.painted.areas) {
		if a.box.H < 72 || a.box.W < 72 {
			t.Errorf("a touch target of %v × %v", a.box.W, a.box.H)
		}
	}
}

func TestContrast(t *testing.T) {
	for name, l := range map[string]*look{"dark": darkLook(), "light": lightLook()} {
		for what, pair := range map[string][2]color.NRGBA{
			"text": {l.text, l.ground}, "text on surface": {l.text, l.surface}, "quiet": {l.quiet, l.ground}, "quiet on surface": {l.quiet, l.surface},
			"text on chosen": {l.text, l.chosen}, "amber": {l.amber, l.ground}, "amber on surface": {l.amber, l.surface}, "amber on deep": {l.amber, l.deep},
			"green": {l.green, l.ground}, "green on deep": {l.green, l.deep}, "blue": {l.blue, l.ground}, "on red": {l.onRed, l.redGround},
			"on purple": {l.onPurple, l.purpleGround}, "on amber": {l.onAmber, l.amberGround}, "mark on green": {l.mark, l.green}, "quiet on deep": {l.quiet, l.deep},
		} {
			if c := contrast(pair[0], pair[1]); c < 7 {
				t.Errorf("%s: %s has a contrast of %.1f:1", name, what, c)
			}
		}
	}
	for _, v := range shopGrounds {
		if c := contrast(rgb(0xFFFFFF), rgb(v)); c < 7 {
			t.Errorf("shop colour %06X: contrast %.1f:1", v, c)
		}
	}
}

func TestEveryRefusalIsDrawn(t *testing.T) {
	drawn := map[string]bool{}
	for _, v := range benchAlerts() {
		drawn[v.Alert.Kind] = true
	}
	words, _ := text.Load("zh")
	for _, key := range words.Keys() {
		parts := strings.Split(key, ".")
		if parts[0] == "alert" && len(parts) > 2 && !drawn[parts[1]] {
			t.Errorf("no test draws %s", key)
		}
		if parts[0] == "command" && parts[2] == "key" && !slices.Contains(packing.Commands(), packing.Command(parts[1])) {
			t.Errorf("%s is no command", key)
		}
	}
}
