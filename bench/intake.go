package bench

import (
	"context"
	"fmt"
	"strings"

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
	if _, err := b.TakeParcels(ctx, c.Parcels); err != nil {
		return err
	}
	for _, cancel := range c.Cancels {
		if err := b.takeCancel(ctx, connection, cancel); err != nil {
			return err
		}
	}
	return b.opt.Store.SetCursor(ctx, connection, string(next))
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
	for _, id := range ids {
		if err := b.Submit(ctx, packing.CancelNews{Parcel: id, Cancel: kind}); err != nil {
			return err
		}
	}
	return nil
}

// intakeBatch parcels are stored in one transaction.
const intakeBatch = 100

// TakeParcels stores parcels as upstream or a file has them now.
func (b *Bench) TakeParcels(ctx context.Context, parcels []upstream.Parcel) (Intake, error) {
	var sum Intake
	for len(parcels) > 0 {
		n := min(len(parcels), intakeBatch)
		batch := parcels[:n]
		parcels = parcels[n:]
		err := b.do(ctx, func(ctx context.Context) error { return b.takeBatch(ctx, batch, &sum) })
		if err != nil {
			return sum, fmt.Errorf("store parcels: %w", err)
		}
	}
	return sum, nil
}

// takeBatch decides a batch on one state and commits it as one: news of
// parcels that nobody has open touch nothing but themselves. News of the
// parcel in focus go the usual way.
func (b *Bench) takeBatch(ctx context.Context, batch []upstream.Parcel, sum *Intake) error {
	personal := map[string]store.Personal{}
	for _, p := range batch {
		if p.Buyer != (upstream.Buyer{}) {
			personal[string(ParcelID(p.Connection, p.Number))] = store.Personal{Name: p.Buyer.Name, Phone: p.Buyer.Phone, Address: p.Buyer.Address, Note: p.Buyer.Note}
		}
	}
	if err := b.opt.Store.SavePersonal(ctx, personal, b.opt.Now().UnixMilli()); err != nil {
		return err
	}
	seen := map[packing.ParcelID]bool{}
	var events []packing.Event
	flush := func() error {
		if len(events) == 0 {
			return nil
		}
		err := b.commit(ctx, events)
		events, seen = nil, map[packing.ParcelID]bool{}
		return err
	}
	if err := b.reload(ctx); err != nil { // people may have been added since
		return err
	}
	for _, p := range batch {
		in := packing.Arrived{Parcel: b.parcel(p)}
		id := in.Parcel.ID
		if seen[id] || id == b.state.Bench.Focus {
			if err := flush(); err != nil {
				return err
			}
		}
		seen[id] = true
		facts, err := b.opt.Store.Facts(ctx, packing.Needs(b.state, in), b.state.Parcel)
		if err != nil {
			return err
		}
		more := packing.Decide(b.state, facts, b.policy, in, b.opt.Now())
		switch {
		case len(more) == 0:
			sum.Unchanged++
		case facts.Parcels[id] == nil:
			sum.New++
		default:
			sum.Updated++
		}
		events = append(events, more...)
		if id == b.state.Bench.Focus {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
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
