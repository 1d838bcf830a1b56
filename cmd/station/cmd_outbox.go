package main

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"packbench/bench"
	"packbench/internal/export"
	"packbench/packing"
	"packbench/store"
)

// outboxCmd is what upstream must still be told, for people.
type outboxCmd struct {
	List   outboxListCmd   `cmd:"" default:"withargs" help:"List what connections must still be told, or were (--state all)."`
	Retry  outboxRetryCmd  `cmd:"" help:"Send rows that were refused again, as they are."`
	ByHand outboxByHandCmd `cmd:"" name:"by-hand" help:"Rows that were told in another way: send them no more."`
	Edit   outboxEditCmd   `cmd:"" help:"Send a row that was refused again with another carrier's name."`
	Export outboxExportCmd `cmd:"" help:"Write what must be told by hand as a table (CSV)."`
}

// outboxStates is which rows a word on the command line names.
func outboxStates(word string) []store.OutboxState {
	switch word {
	case "parked":
		return []store.OutboxState{store.OutboxParked}
	case "pending":
		return []store.OutboxState{store.OutboxPending}
	case "all":
		return nil
	}
	return []store.OutboxState{store.OutboxPending, store.OutboxParked}
}

// outboxPage is how many rows are read at once.
const outboxPage = 500

// eachOutboxRow reads the rows beside a running bench, in order of writing.
func (e *env) eachOutboxRow(f store.OutboxFilter, do func(store.OutboxEntry) error) (err error) {
	st, err := e.openBeside()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	for {
		page, err := st.OutboxRows(e.ctx, f, outboxPage)
		if err != nil {
			return err
		}
		for _, row := range page {
			if err := do(row); err != nil {
				return err
			}
			f.After = row.Seq
		}
		if len(page) < outboxPage {
			return nil
		}
	}
}

type outboxListCmd struct {
	State      string `help:"Which rows: open (waiting or refused), parked (refused), pending (waiting), all." enum:"open,parked,pending,all" default:"open"`
	Connection string `help:"Only this connection." placeholder:"NAME"`
	JSON       bool   `help:"As one JSON document." name:"json"`
}

// outboxLine is a row as scripts read it. Times are ms UTC, 0 = none.
type outboxLine struct {
	ID         string `json:"id"`
	State      string `json:"state"`
	Connection string `json:"connection"`
	Parcel     string `json:"parcel"`
	Operation  string `json:"operation"`
	Order      string `json:"order"`
	Waybill    string `json:"waybill"`
	Carrier    string `json:"carrier"`
	SealedMs   int64  `json:"sealed_ms"`
	CreatedMs  int64  `json:"created_ms"`
	AnsweredMs int64  `json:"answered_ms"`
	Attempts   int    `json:"attempts"`
	Unknown    bool   `json:"unknown"`  // it may have arrived; it is asked for before it is sent again
	Recalled   bool   `json:"recalled"` // the parcel is held or cancelled; it is not sent any more
	Note       string `json:"note"`
}

func (c *outboxListCmd) Run(e *env) error {
	out := []outboxLine{}
	err := e.eachOutboxRow(store.OutboxFilter{States: outboxStates(c.State), Connection: c.Connection}, func(r store.OutboxEntry) error {
		if !c.JSON {
			e.say("%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s", r.ID, e.outboxState(r.State), r.Connection, r.Order, r.Waybill, r.Carrier, r.Attempts, e.outboxNote(r.Note))
			return nil
		}
		out = append(out, outboxLine{
			ID: r.ID, State: string(r.State), Connection: r.Connection, Parcel: r.Parcel, Operation: r.Operation,
			Order: r.Order, Waybill: r.Waybill, Carrier: r.Carrier, SealedMs: r.SealedMs, CreatedMs: r.CreatedMs,
			AnsweredMs: r.AnsweredMs, Attempts: r.Attempts, Unknown: r.Unknown, Recalled: r.Recalled, Note: r.Note,
		})
		return nil
	})
	if err != nil || !c.JSON {
		return err
	}
	return e.printJSON(out)
}

// outboxState is the word for where a row stands.
func (e *env) outboxState(s store.OutboxState) string {
	return e.words.Text("cli.outbox_"+string(s), nil)
}

// outboxNote is the server's words, or our own note in the reader's language.
func (e *env) outboxNote(note string) string { return e.words.Text(note, nil) }

// answerRows is what every answer needs to say.
type answerRows struct {
	Why string `help:"Why, for the record." required:"" placeholder:"TEXT"`
	By  string `help:"Who answers: the name on the badge." placeholder:"PERSON"`
}

// answer gives every row the same answer; the rows that take it keep it, also
// when another doesn't.
func (a answerRows) answer(e *env, ids []string, what packing.OutboxAnswer, carrier string) (err error) {
	st, err := e.station(bench.StationOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	failed := false
	for _, id := range ids {
		err := st.Bench.AnswerOutbox(e.ctx, bench.OutboxAnswer{Row: id, Answer: what, Carrier: carrier, Why: a.Why, By: packing.PersonID(a.By)})
		args := map[string]string{"row": id}
		switch {
		case err == nil:
			e.say("%s", e.words.Text("cli.outbox_answered", args))
			continue
		case errors.Is(err, sql.ErrNoRows):
			e.note("%s", e.words.Text("cli.outbox_no_row", args))
		case errors.Is(err, bench.ErrNotParked):
			e.note("%s", e.words.Text("cli.outbox_not_parked", args))
		case errors.Is(err, bench.ErrNotAllowed):
			e.note("%s", e.words.Text("cli.outbox_not_allowed", nil))
		case errors.Is(err, bench.ErrInDoubt):
			e.note("%s", e.words.Text("cli.outbox_in_doubt", args))
		default:
			return err
		}
		failed = true
	}
	if failed {
		return errSaid
	}
	return nil
}

type outboxRetryCmd struct {
	ID []string `arg:"" help:"The rows, as outbox lists them."`
	answerRows
}

func (c *outboxRetryCmd) Run(e *env) error { return c.answer(e, c.ID, packing.AnswerRetry, "") }

type outboxByHandCmd struct {
	ID []string `arg:"" help:"The rows, as outbox lists them."`
	answerRows
}

func (c *outboxByHandCmd) Run(e *env) error { return c.answer(e, c.ID, packing.AnswerByHand, "") }

type outboxEditCmd struct {
	ID      string `arg:"" help:"The row, as outbox lists it."`
	Carrier string `help:"The carrier as the connection wants it named." required:"" placeholder:"NAME"`
	answerRows
}

func (c *outboxEditCmd) Run(e *env) error {
	return c.answer(e, []string{c.ID}, packing.AnswerEdit, c.Carrier)
}

type outboxExportCmd struct {
	Out        string `short:"o" help:"The file to write." required:"" type:"path" placeholder:"FILE.csv"`
	State      string `help:"Which rows: open (waiting or refused), parked (refused), pending (waiting), all." enum:"open,parked,pending,all" default:"open"`
	Connection string `help:"Only this connection." placeholder:"NAME"`
}

func (c *outboxExportCmd) Run(e *env) error {
	n := 0
	err := writeWhole(c.Out, func(w io.Writer) error {
		var columns []string
		for _, name := range []string{"order", "parcel", "waybill", "carrier", "sealed", "connection", "state", "words", "row"} {
			columns = append(columns, e.words.Text("cli.outbox_column_"+name, nil))
		}
		table, err := export.NewCSV(w, columns...)
		if err != nil {
			return err
		}
		err = e.eachOutboxRow(store.OutboxFilter{States: outboxStates(c.State), Connection: c.Connection}, func(r store.OutboxEntry) error {
			n++
			return table.Row(
				export.ID(r.Order), export.ID(r.Parcel), export.ID(r.Waybill), export.Text(r.Carrier), export.Text(localTime(r.SealedMs)),
				export.Text(r.Connection), export.Text(e.outboxState(r.State)), export.Text(e.outboxNote(r.Note)), export.ID(r.ID),
			)
		})
		return errors.Join(err, table.Close())
	})
	if err != nil {
		return err
	}
	e.note("%s", e.words.Text("cli.outbox_exported", map[string]string{"n": fmt.Sprint(n), "file": c.Out}))
	return nil
}

// localTime is a moment on the computer's clock, "" for none.
func localTime(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).Format("2006-01-02 15:04:05")
}

// writeWhole writes a file so that there is the whole new one or the old one.
func writeWhole(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".export-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), os.Remove(f.Name()))
	}
	return nil
}
