package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"packbench/code"
	"packbench/packing"
	"packbench/store"
	"packbench/upstream"
)

// Intake counts what an import or a pull came to.
type Intake struct {
	New       int `json:"new"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	// Kept: what changed no longer matters to the work that was done on them.
	Kept int `json:"kept"`
	// Stopped: parcels in work, or sealed, that must not leave as they are.
	Stopped []Stopped `json:"stopped"`
}

// Stopped is a parcel that the news stopped, and where it is to be found.
type Stopped struct {
	Parcel string `json:"parcel"`
	Order  string `json:"order"`
	Why    string `json:"why"`             // cancelled, cancel_asked, changed, or a status
	Stage  string `json:"stage"`           // where it stood before
	Shelf  string `json:"shelf,omitempty"` // of a parcel that was held already
	Tote   string `json:"tote,omitempty"`
	Bench  string `json:"bench,omitempty"` // that opened or sealed it
	AtMs   int64  `json:"at_ms,omitempty"` // when, ms UTC
}

// ParcelID is a parcel's id in the store: connection and number.
func ParcelID(connection, number string) packing.ParcelID {
	return packing.ParcelID(connection + "/" + number)
}

// Ingest takes what a connection says: orders, changes and cancellations, and
// remembers its cursor. It is upstream.Sink. Hearing a thing twice does no harm.
func (b *Bench) Ingest(ctx context.Context, connection string, c upstream.Changes, next upstream.Cursor) error {
	// Cancels go first, and also into the parcels of their own page: hearing the
	// page twice must not lift them in between. On a full disk no new parcel is
	// taken; a cancel must be known all the same.
	var errs []error
	for _, cancel := range c.Cancels {
		errs = append(errs, b.takeCancel(ctx, connection, cancel))
	}
	_, err := b.TakeParcels(ctx, withCancels(c))
	if err := errors.Join(append(errs, err)...); err != nil {
		return err
	}
	return b.opt.Store.SetCursor(ctx, connection, string(next))
}

// withCancels is the page's parcels with the page's cancels as their status.
func withCancels(c upstream.Changes) []upstream.Parcel {
	if len(c.Cancels) == 0 {
		return c.Parcels
	}
	out := slices.Clone(c.Parcels)
	for i := range out {
		for _, cancel := range c.Cancels {
			if cancel.Number != "" && cancel.Number != out[i].Number || cancel.Number == "" && cancel.Order != out[i].Order {
				continue
			}
			switch {
			case out[i].Status == upstream.Cancelled:
			case cancel.Asked:
				out[i].Status = upstream.CancelAsked
			default:
				out[i].Status = upstream.Cancelled
			}
		}
	}
	return out
}

func (b *Bench) takeCancel(ctx context.Context, connection string, c upstream.Cancel) error {
	kind := packing.CancelFinal
	if c.Asked {
		kind = packing.CancelAsked
	}
	id := ParcelID(connection, c.Number)
	if c.Number != "" {
		return b.Submit(ctx, packing.CancelNews{Parcel: id, Cancel: kind})
	}
	ids, err := b.opt.Store.ParcelsOfOrder(ctx, connection, c.Order)
	if err != nil {
		return err
	}
	if len(ids) == 0 { // it came before its parcels, which will ask for it
		ids = append(ids, ParcelID(connection, c.Order))
	}
	for _, id := range ids {
		if err := b.Submit(ctx, packing.CancelNews{Parcel: id, Cancel: kind}); err != nil {
			return err
		}
	}
	return nil
}

// The sizes of an intake. While somebody works at the bench, a batch is what a
// scan may have to wait for, so it ends after a few milliseconds; while nobody
// does, large ones save the disk.
const (
	intakeBatch = 200
	intakeTime  = 2 * time.Millisecond
	quietFor    = 10 * time.Second
)

// TakeParcels stores parcels as upstream or a file has them now. What was taken
// before an error or the end of ctx stays; it is counted in the Intake.
func (b *Bench) TakeParcels(ctx context.Context, parcels []upstream.Parcel) (Intake, error) {
	return b.takeParcels(ctx, parcels, false)
}

// TakeOlderParcels is TakeParcels for a file that is older than what is known
// already: it brings parcels that nobody has heard of, and changes no other. An
// old file must not lift a cancel.
func (b *Bench) TakeOlderParcels(ctx context.Context, parcels []upstream.Parcel) (Intake, error) {
	return b.takeParcels(ctx, parcels, true)
}

func (b *Bench) takeParcels(ctx context.Context, parcels []upstream.Parcel, onlyNew bool) (Intake, error) {
	sum := Intake{Stopped: []Stopped{}}
	if err := b.doLater(ctx, b.reload); err != nil { // people may have been added since
		return sum, fmt.Errorf("store parcels: %w", err)
	}
	for len(parcels) > 0 {
		n := min(len(parcels), intakeBatch)
		// Personal data goes first: what an event says must be complete with it.
		if err := b.savePersonal(ctx, parcels[:n]); err != nil {
			return sum, notTaken(ctx, err)
		}
		for taken := 0; taken < n; {
			err := b.doLater(ctx, func(ctx context.Context) error {
				k, err := b.takeBatch(ctx, parcels[taken:n], onlyNew, &sum)
				taken += k
				return err
			})
			if err != nil {
				return sum, notTaken(ctx, err)
			}
		}
		parcels = parcels[n:]
	}
	return sum, nil
}

// notTaken is why parcels were not stored; an interruption is named as one,
// whatever the database made of it.
func notTaken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return fmt.Errorf("store parcels: %w", err)
}

func (b *Bench) savePersonal(ctx context.Context, parcels []upstream.Parcel) error {
	personal := map[string]store.Personal{}
	for _, p := range parcels {
		if p.Buyer != (upstream.Buyer{}) {
			personal[string(ParcelID(p.Connection, p.Number))] = store.Personal{Name: p.Buyer.Name, Phone: p.Buyer.Phone, Address: p.Buyer.Address, Note: p.Buyer.Note}
		}
	}
	return b.opt.Store.SavePersonal(ctx, personal, b.opt.Now().UnixMilli())
}

// takeBatch decides news on one state and commits them as one, as many as the
// time allows: news of parcels that nobody has open touch nothing but
// themselves. News of the parcel in focus go the usual way. It answers how many
// it took; on an error none of them is stored.
func (b *Bench) takeBatch(ctx context.Context, news []upstream.Parcel, onlyNew bool, sum *Intake) (int, error) {
	var batch batch
	seen := map[packing.ParcelID]bool{}
	started, hurry := time.Now(), time.Since(b.busyAt) < quietFor
	if hurry && len(news) > b.pace {
		news = news[:max(b.pace, 1)]
	}
	taken := 0
	for _, p := range news {
		in := packing.Arrived{Parcel: b.parcel(p), Whole: ParcelID(p.Connection, p.Order)}
		id := in.Parcel.ID
		alone := id == b.state.Bench.Focus
		if taken > 0 && (seen[id] || alone) {
			break
		}
		seen[id] = true
		facts, err := b.opt.Store.Facts(ctx, packing.Needs(b.state, in), b.state.Parcel)
		if err != nil {
			return 0, err
		}
		if before := facts.Parcels[id]; onlyNew && before != nil {
			if taken++; before.Content == in.Parcel.Content {
				batch.sum.Unchanged++
			} else {
				batch.sum.Kept++
			}
			continue
		}
		batch.add(facts.Parcels[id], packing.Decide(b.state, facts, b.policy, in, b.opt.Now()))
		if taken++; alone {
			break
		}
	}
	if len(batch.events) > 0 {
		if err := b.commit(ctx, batch.events); err != nil {
			return 0, err
		}
	}
	if hurry { // the next one is larger or smaller, so that a scan waits no longer
		if time.Since(started) > intakeTime {
			b.pace = max(b.pace*2/3, 1)
		} else if taken == b.pace {
			b.pace = min(b.pace+1, intakeBatch)
		}
	}
	sum.New += batch.sum.New
	sum.Updated += batch.sum.Updated
	sum.Unchanged += batch.sum.Unchanged
	sum.Kept += batch.sum.Kept
	sum.Stopped = append(sum.Stopped, batch.sum.Stopped...)
	return taken, nil
}

// batch is news that are stored together, and what they come to.
type batch struct {
	events []packing.Event
	sum    Intake
}

// add takes what was decided about one parcel; before is the parcel as it was,
// nil if it is new.
func (a *batch) add(before *packing.Parcel, events []packing.Event) {
	a.events = append(a.events, events...)
	why, changed, arrived := "", false, false
	for _, e := range events {
		switch body := e.Body.(type) {
		case packing.ParcelArrived:
			arrived = true
		case packing.ParcelChanged:
			if changed = true; body.Label || body.Lines {
				why = "changed"
			}
		case packing.StatusKnown:
			if changed = true; body.Status != packing.StatusPackable && body.Status != packing.StatusShipped && before.OpenedMs > 0 {
				why = string(body.Status)
			}
		case packing.CancelKnown:
			switch changed = true; body.Cancel {
			case packing.CancelFinal:
				why = "cancelled"
			case packing.CancelAsked:
				why = "cancel_asked"
			}
		}
	}
	switch {
	case before == nil:
		a.sum.New++
	case why != "":
		a.sum.Stopped = append(a.sum.Stopped, stopped(before, why))
	case arrived:
		a.sum.Updated++
	case changed:
		a.sum.Kept++
	default:
		a.sum.Unchanged++
	}
}

// stopped says where a parcel was when news stopped it.
func stopped(p *packing.Parcel, why string) Stopped {
	s := Stopped{Parcel: string(p.ID), Order: p.Order, Why: why, Stage: string(p.Stage()), Tote: p.Tote}
	s.Shelf, s.Bench, _, s.AtMs = p.Place()
	return s
}

// person finds who is meant by a badge code, a badge's body or a name. If that
// is not one person for certain it answers "": the bench then asks for the
// badge, because a picker that nobody recognises could verify his own picks.
func (b *Bench) person(who string) packing.PersonID {
	if badge, err := code.ParseCommand(who); err == nil && badge.Class == code.Badge {
		who = badge.Body
	}
	who = strings.TrimSpace(who)
	if _, ok := b.names[strings.ToUpper(who)]; ok {
		return packing.PersonID(strings.ToUpper(who))
	}
	var found packing.PersonID
	for id, name := range b.names {
		if who != "" && strings.EqualFold(name, who) {
			if found != "" {
				return ""
			}
			found = packing.PersonID(id)
		}
	}
	return found
}

// parcel is an upstream parcel as the rules have it. Personal data stays behind.
func (b *Bench) parcel(p upstream.Parcel) packing.Parcel {
	out := packing.Parcel{
		ID: ParcelID(p.Connection, p.Number), Connection: p.Connection, Number: p.Number, Order: p.Order,
		Nr: p.Nr, Of: p.Of, Tote: p.Tote, Wave: p.Wave, Carrier: p.Carrier, Waybill: p.Waybill,
		ShipByMs: p.ShipByMs, CreatedMs: p.CreatedMs, Content: p.Version,
		TellAt: b.tell[p.Connection], HasNote: p.Buyer.Note != "", Status: packing.Status(p.Status),
		Address: addressTag(p.Buyer),
	}
	if id := b.person(p.PickedBy); id != "" {
		out.PickedBy = []packing.PersonID{id}
	}
	switch p.Status {
	case upstream.Cancelled:
		out.Status, out.Cancel = packing.StatusPackable, packing.CancelFinal
	case upstream.CancelAsked:
		out.Status, out.Cancel = packing.StatusPackable, packing.CancelAsked
	}
	for _, l := range p.Lines {
		listing := l.Listing
		if listing == "" {
			listing = l.PlatformSKU
		}
		out.Lines = append(out.Lines, packing.Line{Listing: listing, Name: l.Name, Variation: l.Variation, Quantity: l.Quantity, Gift: l.Gift})
	}
	return out
}

// addressTag tells one address from another: a few bits for each of name, phone
// and address, which name nobody. A part that a platform hides or leaves out is
// empty: that is no change.
func addressTag(b upstream.Buyer) string {
	var parts []string
	for _, s := range []string{b.Name, b.Phone, b.Address} {
		s = strings.ToLower(strings.Join(strings.Fields(s), " "))
		if s == "" || strings.ContainsAny(s, "*＊") {
			parts = append(parts, "")
			continue
		}
		sum := sha256.Sum256([]byte(s))
		parts = append(parts, hex.EncodeToString(sum[:3]))
	}
	return strings.Join(parts, "/")
}
