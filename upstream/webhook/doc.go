// Package webhook is the generic connector that any ERP or warehouse system can
// serve: events out and changes in over signed HTTP, in the form of Standard
// Webhooks 1.0 (github.com/standard-webhooks/standard-webhooks).
//
//	POST {url}                        one event; the body is the op's frozen payload
//	GET  {base}/v1/changes?cursor=…   {"changes":[…],"next":"…"}
//	GET  {base}/v1/events/{id}        what became of the event with that webhook-id
//
// Every request carries webhook-id, webhook-timestamp (unix seconds) and
// webhook-signature: "v1," + base64(HMAC-SHA256(secret, id.timestamp.body)), the
// secret being the base64 after "whsec_". A GET signs the empty body. The
// webhook-id of an event is the op's ULID and stays the same on every try: the
// receiver's idempotency key.
//
// What an answer means:
//
//	2xx                 done, if it is empty, says ok, or is JSON that says no "no"
//	                    and names no other event's id and no other waybill; else
//	                    unknown: it is read back, and after five such answers a
//	                    person must look, with the receiver's words
//	409                 already done if its JSON names our id or our waybill and no
//	                    other waybill; else a conflict for a person
//	401                 the secret is read anew, and the clock compared; if that
//	                    changes nothing: sign-in needed, the connection waits
//	410                 the receiver switched the endpoint off: the same
//	429, 503            the whole connection is quiet for Retry-After (seconds or
//	                    date, at most 1 h); a 429 without one: 30 s
//	425                 not taken; again later
//	408, 5xx, cut, late unknown: it is read back before it is sent again
//	no connection       offline; nothing was sent
//	3xx, other 4xx      needs a person, in the receiver's own words
//
// Ids are looked for in the fields id, webhook_id and event_id (a ULID that isn't
// ours is another event's; ids of other forms are the receiver's own), waybills in
// waybill, waybill_no, tracking_number and tracking_no. A "no" is a field success
// or ok that is false, a code or errcode other than 0 or 2xx, an error, a status
// that says error or failed. A read-back is 404 (any body but HTML) for an event
// that isn't there, or JSON with its id.
//
// A receiver that serves only the POST is fine too (no base): it has no changes,
// and because it drops a webhook-id that it has seen, sending the same again is
// safe. What may have arrived there can't be asked for, so if its parcel is
// cancelled then, a person must ask.
//
// A change is an order with its parcel as it is now, or a cancellation:
//
//	{"type":"order","number":"P1","order":"O1","nr":1,"of":1,"more_orders":[],
//	 "tote":"","wave":"","picked_by":"","carrier":"UPS","waybill":"1Z…",
//	 "status":"packable","status_text":"",
//	 "lines":[{"listing":"MUG","platform_sku":"17…","name":"","variation":"","quantity":2,"gift":false}],
//	 "ship_by":"2026-11-21T10:00:00Z","created":"…","paid":"…","cod":false,
//	 "buyer":{"name":"","phone":"","address":"","note":""},"seller_note":"",
//	 "money":{"minor":2999,"currency":"USD"}}
//	{"type":"cancel","number":"P1","order":"O1","asked":true,"at":"2026-11-20T10:00:00Z"}
//
// Reading is strict about what is used and tolerant about the rest: unknown
// fields are ignored, an identifier may be a plain JSON integer, a time may be
// RFC 3339 or unix milliseconds. A change that can't be used is refused by name
// and doesn't hold up those behind it.
package webhook
