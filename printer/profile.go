package printer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"packbench/assets"
)

// ErrNoProfile is returned for a profile id that nobody has written.
var ErrNoProfile = errors.New("no such printer profile")

// Graphic forms a ZPL printer may take inside ^GF.
const (
	GraphicZ64 = "z64" // zlib, base64 and CRC
	GraphicACS = "acs" // Zebra's alternative compression of hex
	GraphicHex = "hex" // plain hex, two characters a byte
)

// How one label is told from the next.
const (
	MediaPrinter    = ""           // as the printer is set: nothing is sent
	MediaGap        = "gap"        // die-cut labels with a gap, or notched
	MediaMark       = "mark"       // black mark on the back
	MediaContinuous = "continuous" // no separation, the length decides
)

// Profile is what one printer model needs and can do. Each comes with the
// evidence it rests on, because cheap printers differ from their manuals.
type Profile struct {
	ID       string `json:"id"`
	Name     string `json:"name"`     // for people
	Language string `json:"language"` // zpl, tspl, escpos

	// DPI is the true resolution: 203.2 (8 dots/mm), 299.7 or 304.8.
	DPI float64 `json:"dpi"`

	// The head's width and the usual label's length, in dots; a file may give
	// millimetres instead.
	WidthDots  int     `json:"width_dots,omitempty"`
	LengthDots int     `json:"length_dots,omitempty"`
	WidthMM    float64 `json:"width_mm,omitempty"`
	LengthMM   float64 `json:"length_mm,omitempty"`

	Media  string  `json:"media,omitempty"`  // "" = as the printer is set; gap, mark, continuous
	GapMM  float64 `json:"gap_mm,omitempty"` // gap or mark height, mm
	Invert bool    `json:"invert,omitempty"` // polarity: the printer burns the opposite of what its language says

	// Density and Speed in the language's own units (ZPL: ^MD -30..30 and ^PR
	// inches/s; TSPL: DENSITY 0..15 and SPEED inches/s); absent = as the printer is set.
	Density *int     `json:"density,omitempty"`
	Speed   *float64 `json:"speed,omitempty"`

	// Advance is how an ESC/POS printer is brought to the next label.
	Advance string `json:"advance,omitempty"`
	// LengthScale corrects a motor that feeds short or long: what is sent =
	// what is wanted × scale; 0 and 1 mean none.
	LengthScale float64 `json:"length_scale,omitempty"`
	// Blocks is how many graphic blocks a label may have; 0 = the language's own default.
	Blocks int `json:"blocks,omitempty"`

	Status  bool     `json:"status"`            // whether it is worth asking for status
	Graphic []string `json:"graphic,omitempty"` // ZPL: forms of ^GF it takes

	Evidence string `json:"evidence"` // where each of these facts comes from
}

// AllowsGraphic tells whether the printer takes this form of ^GF.
func (p Profile) AllowsGraphic(form string) bool { return slices.Contains(p.Graphic, form) }

// LoadProfile reads the profile id: <overrideDir>/<id>.json if it is there
// (overrideDir may be ""), else the one that comes with the program. A file
// with an unknown field, a wrong value or no evidence is refused.
func LoadProfile(id, overrideDir string) (Profile, error) {
	if !validID(id) {
		return Profile{}, fmt.Errorf("load printer profile %q: %w (have %s)", id, ErrNoProfile, strings.Join(ProfileIDs(overrideDir), ", "))
	}
	var data []byte
	err := error(fs.ErrNotExist)
	if overrideDir != "" {
		data, err = os.ReadFile(filepath.Join(overrideDir, id+".json"))
	}
	if errors.Is(err, fs.ErrNotExist) {
		data, err = assets.Profiles.ReadFile("profiles/" + id + ".json")
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Profile{}, fmt.Errorf("load printer profile %q: %w (have %s)", id, ErrNoProfile, strings.Join(ProfileIDs(overrideDir), ", "))
	}
	if err != nil {
		return Profile{}, fmt.Errorf("load printer profile %q: %w", id, err)
	}
	p, err := ParseProfile(data)
	if err != nil {
		return Profile{}, fmt.Errorf("load printer profile %q: %w", id, err)
	}
	if p.ID != id {
		return Profile{}, fmt.Errorf("load printer profile %q: the file says id %q", id, p.ID)
	}
	return p, nil
}

// ProfileIDs lists every profile that LoadProfile would find, sorted.
func ProfileIDs(overrideDir string) []string {
	var ids []string
	add := func(entries []fs.DirEntry) {
		for _, e := range entries {
			if id, ok := strings.CutSuffix(e.Name(), ".json"); ok && validID(id) && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	if entries, err := assets.Profiles.ReadDir("profiles"); err == nil {
		add(entries)
	}
	if overrideDir != "" {
		if entries, err := os.ReadDir(overrideDir); err == nil {
			add(entries)
		}
	}
	slices.Sort(ids)
	return ids
}

// validID keeps an id from being a path.
func validID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, r := range id {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_') {
			return false
		}
	}
	return true
}

// ParseProfile reads one strict JSON profile and fills in the dots.
func ParseProfile(data []byte) (Profile, error) {
	var p Profile
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return Profile{}, fmt.Errorf("parse profile: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Profile{}, errors.New("parse profile: more than one JSON value")
	}
	if err := p.check(); err != nil {
		return Profile{}, fmt.Errorf("parse profile: %w", err)
	}
	if p.WidthDots == 0 {
		p.WidthDots = int(math.Round(p.WidthMM * p.DPI / 25.4))
	}
	if p.LengthDots == 0 {
		p.LengthDots = int(math.Round(p.LengthMM * p.DPI / 25.4))
	}
	if p.WidthDots < 8 || p.LengthDots < 8 {
		return Profile{}, fmt.Errorf("parse profile: %d x %d dots is no label", p.WidthDots, p.LengthDots)
	}
	return p, nil
}

func (p Profile) check() error {
	const mostMM, mostDots = 3000, 40000 // a banner at 600 dpi is still below
	switch {
	case !validID(p.ID):
		return fmt.Errorf("id %q: only a-z, 0-9, - and _", p.ID)
	case p.Language == "":
		return errors.New("language is missing")
	case p.DPI < 100 || p.DPI > 1300:
		return fmt.Errorf("dpi %v is not a print head's", p.DPI)
	case (p.WidthDots != 0) == (p.WidthMM != 0):
		return errors.New("give one of width_dots and width_mm")
	case (p.LengthDots != 0) == (p.LengthMM != 0):
		return errors.New("give one of length_dots and length_mm")
	case p.WidthDots < 0 || p.WidthDots > mostDots || p.LengthDots < 0 || p.LengthDots > mostDots:
		return fmt.Errorf("%d x %d dots is no label", p.WidthDots, p.LengthDots)
	case p.WidthMM < 0 || p.WidthMM > mostMM || p.LengthMM < 0 || p.LengthMM > mostMM:
		return fmt.Errorf("%v x %v mm is no label", p.WidthMM, p.LengthMM)
	case !slices.Contains([]string{MediaPrinter, MediaGap, MediaMark, MediaContinuous}, p.Media):
		return fmt.Errorf("media %q: gap, mark, continuous or nothing", p.Media)
	case p.GapMM < 0 || p.GapMM > 100:
		return fmt.Errorf("gap of %v mm", p.GapMM)
	case p.LengthScale < 0 || p.LengthScale > 2:
		return fmt.Errorf("length_scale %v", p.LengthScale)
	case p.Blocks < 0:
		return fmt.Errorf("blocks %d", p.Blocks)
	case strings.TrimSpace(p.Evidence) == "":
		return errors.New("evidence is missing")
	}
	for _, form := range p.Graphic {
		if !slices.Contains([]string{GraphicZ64, GraphicACS, GraphicHex}, form) {
			return fmt.Errorf("graphic form %q: z64, acs or hex", form)
		}
	}
	return nil
}
