package main

import (
	"packbench/internal/emulate"
	"packbench/internal/fakes"
)

type emulateCmd struct {
	Printer emulatePrinterCmd `cmd:"" help:"A label printer on TCP."`
	Scale   emulateScaleCmd   `cmd:"" help:"A scale on a PTY."`
}

type emulatePrinterCmd struct {
	Language      string  `help:"Printer language." enum:"zpl" default:"zpl"`
	Listen        string  `help:"TCP address; port 0 takes a free one." default:"127.0.0.1:0"`
	Out           string  `help:"Folder for the labels as PNG." type:"path"`
	Ledger        string  `help:"File for a line per label." type:"path"`
	DPI           float64 `help:"Resolution." name:"dpi" default:"203.2"`
	Width         int     `help:"Head in dots." default:"812"`
	Length        int     `help:"Label in dots." default:"1218"`
	SilentOnFault bool    `help:"Answer nothing while there is a fault."`
}

func (c *emulatePrinterCmd) Run(e *env) error {
	return emulate.RunPrinter(e.ctx, emulate.PrinterOptions{
		Listen: c.Listen, Dir: c.Out, Ledger: c.Ledger, Language: c.Language,
		DPI: c.DPI, WidthDots: c.Width, LengthDots: c.Length, SilentOnFault: c.SilentOnFault,
	}, e.stdin, e.stdout)
}

type emulateScaleCmd struct {
	Protocol string `help:"Scale protocol." enum:"mt-sics" default:"mt-sics"`
	Ledger   string `help:"File for a line per stable reading." type:"path"`
}

func (c *emulateScaleCmd) Run(e *env) error {
	return emulate.RunScale(e.ctx, emulate.ScaleOptions{Protocol: c.Protocol, Ledger: c.Ledger}, e.stdin, e.stdout)
}

type fakeCmd struct {
	Erp fakeERPCmd `cmd:"" name:"erp" help:"An ERP that speaks the signed webhook and serves changes."`
}

type fakeERPCmd struct {
	Listen  string `help:"TCP address; port 0 takes a free one." default:"127.0.0.1:0"`
	Secret  string `help:"The shared secret." default:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"`
	Ledger  string `help:"File for a line per delivery." type:"path"`
	Changes string `help:"File with changes to begin with." type:"path"`
	Faults  uint64 `help:"Misbehave by chance; the seed, 0 = only on command." placeholder:"SEED"`
}

func (c *fakeERPCmd) Run(e *env) error {
	return fakes.RunERP(e.ctx, fakes.ERPOptions{Listen: c.Listen, Secret: c.Secret, Ledger: c.Ledger, Changes: c.Changes, Faults: c.Faults}, e.stdin, e.stdout)
}
