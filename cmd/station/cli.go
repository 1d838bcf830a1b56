package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"packbench/internal/locale"
	"packbench/internal/privacy"
	"packbench/store"
	"packbench/text"
)

// Exit codes that scripts rely on.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// cli is every command; each has a file of its own.
type cli struct {
	Data string `help:"Data directory." env:"PACKBENCH_DATA" placeholder:"DIR" type:"path"`
	Lang string `help:"Language: zh or en." enum:"zh,en,," default:""`

	LogLevel string `help:"Log from this level on: debug, info, warn or error." enum:"debug,info,warn,error" default:"warn" env:"PACKBENCH_LOG"`

	Gui          guiCmd          `cmd:"" default:"withargs" name:"gui" hidden:"" help:"The bench's window on the data directory."`
	Demo         demoCmd         `cmd:"" help:"A whole packing day on sample orders with emulated devices."`
	Desk         deskCmd         `cmd:"" hidden:"" help:"The bench without a window, worked from outside over standard input and output."`
	Setup        setupCmd        `cmd:"" help:"Change settings, add people, add a connection."`
	Import       importCmd       `cmd:"" help:"Import an order file."`
	ImportGoods  importGoodsCmd  `cmd:"" help:"Import the catalogue: barcodes, names, weights."`
	ImportLabels importLabelsCmd `cmd:"" help:"Import label files (PDF, one or many labels)."`
	Print        printCmd        `cmd:"" help:"Print label files."`
	Encode       encodeCmd       `cmd:"" help:"Write the bytes that would be sent to a printer."`
	Render       renderCmd       `cmd:"" help:"Show what a printer would print, as PNG."`
	Inspect      inspectCmd      `cmd:"" help:"Pages, sizes, hash and codes of a label file."`
	Classify     classifyCmd     `cmd:"" help:"What a code is: kind, check digit, carrier."`
	Sheets       sheetsCmd       `cmd:"" help:"Write the command sheet and badges as PDF."`
	Emulate      emulateCmd      `cmd:"" help:"Emulated devices on the real wire."`
	Fake         fakeCmd         `cmd:"" help:"Fake upstream servers."`
	Sync         syncCmd         `cmd:"" help:"Pull orders and push what is waiting, without a window."`
	Outbox       outboxCmd       `cmd:"" help:"What connections must still be told."`
	Backup       backupCmd       `cmd:"" help:"Copy the data directory into one file, beside a running bench."`
	Restore      restoreCmd      `cmd:"" help:"Make the data directory from a backup."`
	Audit        auditCmd        `cmd:"" help:"Check database, hash chain and projections."`
	Find         findCmd         `cmd:"" help:"Where a parcel is: by order, waybill, tote, or the order's last four."`
	Version      versionCmd      `cmd:"" help:"Version, build and schema."`
}

// env is what a command works with.
type env struct {
	ctx    context.Context
	cli    *cli
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	words  *text.Catalogue
	log    *slog.Logger
}

// usageError is wrong use of the command line: exit 2.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func wrongUse(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run is main with its ends in the open, for tests.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	exited, code := false, exitDone
	parser, err := kong.New(&c,
		kong.Name("station"),
		kong.Description("Packbench 双检打包台: scan, verify twice, weigh, print, prove, tell."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { exited = true }), // --help
		kong.UsageOnError(),
	)
	if err != nil {
		fmt.Fprintln(stderr, "station:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if exited {
		return exitDone
	}
	if err != nil {
		fmt.Fprintln(stderr, "station:", err)
		return exitUsage
	}
	words, err := text.Load(language(c.Lang))
	if err != nil {
		fmt.Fprintln(stderr, "station:", err)
		return exitFailed
	}
	e := &env{
		ctx: ctx, cli: &c, stdin: stdin, stdout: stdout, stderr: stderr, words: words,
		log: newLog(stderr, c.LogLevel),
	}
	err = parsed.Run(e)
	var usage usageError
	var locked *store.LockedError
	var fault *store.Fault
	switch {
	case err == nil:
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		code = exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintln(stderr, "station:", err)
		code = exitUsage
	case errors.As(err, &locked):
		fmt.Fprintln(stderr, locked)
		code = exitFailed
	case errors.Is(err, errSaid):
		code = exitFailed
	case errors.As(err, &fault):
		fmt.Fprintln(stderr, words.Text(fault.Key, fault.Args))
		fmt.Fprintln(stderr, "station:", err)
		code = exitFailed
	default:
		fmt.Fprintln(stderr, "station:", e.sentence(err))
		code = exitFailed
	}
	return code
}

// newLog is the program's log. Neither a secret nor a buyer gets into it.
func newLog(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelWarn
	}
	return slog.New(privacy.Handler(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l})))
}

// errSaid ends a command that has said already what went wrong.
var errSaid = errors.New("failed")

// language is the one asked for, else the system's, else Chinese.
func language(asked string) string {
	if asked != "" {
		return asked
	}
	if locale.Asked == "" || strings.HasPrefix(locale.Asked, "zh") {
		return "zh"
	}
	return "en"
}

// dataDir is --data, else the platform's place.
func (e *env) dataDir() (string, error) {
	if e.cli.Data != "" {
		return e.cli.Data, nil
	}
	base := os.Getenv("XDG_DATA_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find data directory: %w", err)
		}
		base = filepath.Join(home, ".local", "share")
		if dir, err := os.UserConfigDir(); err == nil && os.PathSeparator == '\\' {
			base = dir
		}
	}
	return filepath.Join(base, "packbench"), nil
}

// openBeside opens the data directory for reading, beside a running bench or not.
func (e *env) openBeside() (*store.Store, error) {
	dir, err := e.dataDir()
	if err != nil {
		return nil, err
	}
	return store.Open(dir, store.Options{Shared: true})
}

// printJSON writes one document.
func (e *env) printJSON(v any) error {
	enc := json.NewEncoder(e.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// say writes a line of result.
func (e *env) say(format string, args ...any) { fmt.Fprintf(e.stdout, format+"\n", args...) }

// note writes a line for the person, beside the result.
func (e *env) note(format string, args ...any) { fmt.Fprintf(e.stderr, format+"\n", args...) }
