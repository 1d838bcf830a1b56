package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"packbench/internal/secrets"
	"packbench/internal/serialport"

	"packbench/label"
	"packbench/packing"
	"packbench/printer"
	"packbench/printer/transport"
	"packbench/printer/zpl"
	"packbench/scale"
	"packbench/store"
	"packbench/upstream"
	"packbench/upstream/webhook"
)

// languages are the printer languages; a new one is one line here.
var languages = []printer.Language{zpl.New()}

// Language is a printer language by its name; nil when there is none.
func Language(name string) printer.Language {
	for _, l := range languages {
		if l.Name() == name {
			return l
		}
	}
	return nil
}

// DefaultProfile is the printer profile of a station that has set none.
const DefaultProfile = "zpl-203"

// StationOptions says which parts of a station run.
type StationOptions struct {
	Name    string // of the bench; "" = bench-1
	Devices bool   // open printer and scale
	Sync    bool   // serve connections in the background
	Backup  bool   // back up once a day into the data directory
	// PullEvery is how often connections are asked for changes; 0 = 15 s.
	PullEvery time.Duration
	Log       *slog.Logger
	Sound     func(packing.Sound)
	Renderer  *label.Renderer // nil: an own one
	Now       func() time.Time
}

// Station is a data directory with everything that runs on it: the bench, its
// devices as its settings name them, and its connections.
type Station struct {
	Store  *store.Store
	Bench  *Bench
	Labels *Labels
	Vault  *secrets.Vault // nil: it could not be opened
	Pepper Pepper         // of its PINs; zero: it could not be loaded

	workers  map[string]*upstream.Worker
	now      func() time.Time
	locked   []ConnectionView                 // connections whose secret is missing
	files    atomic.Pointer[[]ConnectionView] // connections that speak by files
	renderer *label.Renderer                  // if it is ours
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

// OpenStation opens the data directory and starts the parts that opt names.
func OpenStation(ctx context.Context, dir string, opt StationOptions) (*Station, error) {
	if opt.Name == "" {
		opt.Name = "bench-1"
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.PullEvery == 0 {
		opt.PullEvery = 15 * time.Second
	}
	st, err := store.Open(dir, store.Options{Station: opt.Name})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &Station{Store: st, cancel: cancel, workers: map[string]*upstream.Worker{}, now: time.Now}
	if opt.Now != nil {
		s.now = opt.Now
	}
	if err := s.start(ctx, opt); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Station) start(ctx context.Context, opt StationOptions) error {
	settings, err := s.Store.Settings(ctx)
	if err != nil {
		return err
	}
	profile, lost := s.profile(settings)
	if lost != nil { // the bench packs on, and says that it can't print
		opt.Log.Error("load printer profile", "error", lost)
		if profile, err = printer.LoadProfile(DefaultProfile, ""); err != nil {
			return fmt.Errorf("load printer profile: %w", err)
		}
	}
	renderer := opt.Renderer
	if renderer == nil {
		renderer = label.NewRenderer(CacheDir(s.Store.Dir))
		s.renderer = renderer
	}
	s.Labels = &Labels{Store: s.Store, Renderer: renderer, Target: label.Target{DPI: profile.DPI, WidthDots: profile.WidthDots, LengthDots: profile.LengthDots}}
	s.openSecrets(opt)
	options := Options{Store: s.Store, Labels: s.Labels, Now: opt.Now, Log: opt.Log, Sound: opt.Sound, Told: s.wake, Connections: s.connections, Pepper: s.Pepper}
	if lost != nil {
		options.NoPrinter = "printer.no_profile"
	} else if opt.Devices && settings[SettingPrinter] != "" {
		state, err := s.Store.Bench(ctx)
		if err != nil {
			return err
		}
		p, err := s.printer(ctx, settings[SettingPrinter], profile, halfSent(state), opt.Log)
		if err != nil {
			return err
		}
		options.Printer = p
	}
	if s.Bench, err = New(ctx, options); err != nil {
		return err
	}
	if opt.Devices && settings[SettingScale] != "" {
		if err := s.scale(ctx, settings[SettingScale]); err != nil {
			return err
		}
	}
	if err := s.connect(ctx, settings, opt); err != nil {
		return err
	}
	if err := s.readFiles(ctx); err != nil {
		return err
	}
	s.run(func() { _ = s.Bench.Run(ctx) }) // ends with ctx; it has no other end
	s.run(func() { s.keepHouse(ctx, opt) })
	return nil
}

// CacheDir is where compiled code and the like lie: they can be made again.
func CacheDir(dataDir string) string {
	if base, err := os.UserCacheDir(); err == nil {
		return filepath.Join(base, "packbench")
	}
	return filepath.Join(dataDir, "cache")
}

func (s *Station) profile(settings map[string]string) (printer.Profile, error) {
	id := settings[SettingProfile]
	if id == "" {
		id = DefaultProfile
	}
	p, err := printer.LoadProfile(id, filepath.Join(s.Store.Dir, "profiles"))
	if err != nil {
		return p, fmt.Errorf("load printer profile: %w", err)
	}
	return p, nil
}

func (s *Station) run(f func()) {
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		f()
	}()
}

// halfSent tells whether the program may have ended in the middle of a job: then
// the printer must forget what it holds before it gets another.
func halfSent(b packing.Bench) bool {
	return slices.ContainsFunc(b.Loose, func(l packing.LooseLabel) bool {
		return l.State == packing.LabelStateRequested || l.State == packing.LabelStateUnknown
	})
}

func (s *Station) printer(ctx context.Context, uri string, profile printer.Profile, cancelFirst bool, log *slog.Logger) (*printer.Printer, error) {
	p, err := NewPrinter(uri, profile, cancelFirst, log)
	if err != nil {
		return nil, err
	}
	s.run(func() { p.Run(ctx) })
	return p, nil
}

// NewPrinter makes the printer at an address, in its profile's language; its
// Run is the caller's to start. cancelFirst makes it begin with the language's
// cancel.
func NewPrinter(uri string, profile printer.Profile, cancelFirst bool, log *slog.Logger) (*printer.Printer, error) {
	address, err := transport.Parse(uri)
	if err != nil {
		return nil, err
	}
	language := Language(profile.Language)
	if language == nil {
		return nil, fmt.Errorf("make printer: no language %q", profile.Language)
	}
	return printer.New(printer.Options{Language: language, Dial: address.Dial, Profile: profile, CancelFirst: cancelFirst, Log: log}), nil
}

// scale reads the scale, and gives the bench each reading and each settled load.
func (s *Station) scale(ctx context.Context, uri string) error {
	address, err := serialport.Parse(uri)
	if err != nil {
		return fmt.Errorf("open scale: %w", err)
	}
	var settler scale.Settler
	source := &scale.Source{
		Open:     address.Open,
		Protocol: func() scale.Protocol { p, _ := scale.NewProtocol("mt-sics"); return p },
	}
	source.Deliver = func(r scale.Reading) {
		var load *packing.Weight
		if settled, ok := settler.Push(r, time.Now()); ok {
			load = &packing.Weight{Mg: settled.Milligrams, Load: settled.At.UnixMilli()}
		}
		_ = s.Bench.Weigh(ctx, r, load, settler.NeedsZero()) // fails only when the station ends
	}
	source.Notify = func(d scale.DeviceStatus) { _ = s.Bench.ScaleState(ctx, string(d.State)) }
	s.run(func() { _ = source.Run(ctx) })
	return nil
}

// ConnectionURL is the setting of a webhook connection's base address.
func ConnectionURL(name string) string { return settingConnection + name + ".url" }

// connect makes a worker for each connection that has an address.
func (s *Station) connect(ctx context.Context, settings map[string]string, opt StationOptions) error {
	for key, base := range settings {
		name, ok := strings.CutPrefix(key, settingConnection)
		if !ok {
			continue
		}
		if name, ok = strings.CutSuffix(name, ".url"); !ok || base == "" {
			continue
		}
		secret, err := s.secret(name)
		if err != nil { // packing goes on; this connection waits for somebody
			opt.Log.Error("read secret", "connection", name, "error", err)
			s.locked = append(s.locked, ConnectionView{Name: name, State: string(upstream.StateSignIn), AgeMs: -1})
			continue
		}
		connector, err := webhook.New(webhook.Config{
			Connection: name, Base: base, Secret: secret,
			ReadSecret: func() (string, error) { return s.secret(name) },
		})
		if err != nil {
			opt.Log.Error("make connection", "connection", name, "error", err)
			s.locked = append(s.locked, ConnectionView{Name: name, State: string(upstream.StateSignIn), AgeMs: -1})
			continue
		}
		w, err := upstream.NewWorker(upstream.Options{
			Connection: name, Connector: connector, Sink: s.Bench, Cursors: cursors{s.Store}, Outbox: s.Store,
			PullEvery: opt.PullEvery, Log: opt.Log,
		})
		if err != nil {
			return fmt.Errorf("make connection %s: %w", name, err)
		}
		s.workers[name] = w
		if opt.Sync {
			s.run(func() { w.Run(ctx) })
		}
	}
	return nil
}

// cursors is the store's cursors as upstream wants them.
type cursors struct{ *store.Store }

func (c cursors) LoadCursor(ctx context.Context, connection string) (upstream.Cursor, error) {
	cursor, err := c.Cursor(ctx, connection)
	return upstream.Cursor(cursor), err
}

func (s *Station) wake() {
	for _, w := range s.workers {
		w.Wake()
	}
}

// ErrNoConnection: there is no connection of that name, or none at all.
var ErrNoConnection = errors.New("no such connection")

// SyncOnce pulls and pushes a connection until nothing is left to do; with no
// name, every connection.
func (s *Station) SyncOnce(ctx context.Context, name string) (map[string]upstream.Summary, error) {
	out := map[string]upstream.Summary{}
	for have, w := range s.workers {
		if name != "" && name != have {
			continue
		}
		sum, err := w.SyncOnce(ctx)
		out[have] = sum
		if err != nil {
			return out, fmt.Errorf("sync %s: %w", have, err)
		}
	}
	if len(out) == 0 {
		return out, fmt.Errorf("%w: %q", ErrNoConnection, name)
	}
	return out, nil
}

// Close ends everything in order: inputs, devices, connections, the store.
func (s *Station) Close() error {
	s.cancel()
	s.running.Wait()
	if s.renderer != nil {
		s.renderer.Close()
	}
	return s.Store.Close()
}
