package webhook

import (
	"net/http"
	"testing"

	"packbench/upstream"
)

// TestYesAndNoInABody: what receivers answer with 200 and mean.
func TestYesAndNoInABody(t *testing.T) {
	ours := sentBy(testOp)
	for body, want := range map[string]upstream.Kind{
		// A yes, in the ways that shops' and marketplaces' systems say it.
		`{"id":17,"status":"ok"}`:                                                     upstream.Done,
		`{"success":true,"data":{"id":"evt_1"}}`:                                      upstream.Done,
		`{"id":"2b1c8f0e-4f0e-4d53-9a53-6a1d7f1f9c11"}`:                               upstream.Done,
		`{"code":0,"msg":"success","request_id":"abc-123"}`:                           upstream.Done,
		`{"code":0,"request_id":"01JD0000000000000000000009"}`:                        upstream.Done,
		`{"code":"0000","message":"操作成功"}`:                                            upstream.Done,
		`{"code":200,"data":null}`:                                                    upstream.Done,
		`{"code":10000,"msg":"Success"}`:                                              upstream.Done,
		`{"code":1,"msg":"ok"}`:                                                       upstream.Done,
		`{"code":"SUCCESS"}`:                                                          upstream.Done,
		`{"errcode":0,"errmsg":"ok"}`:                                                 upstream.Done,
		`{"error":null,"errors":[],"result":true}`:                                    upstream.Done,
		`{"error":{"code":"ok","message":"","log_id":"x"}}`:                           upstream.Done,
		`{"error":false,"status":200}`:                                                upstream.Done,
		`{"data":{"code":"MUG","status":"error in print","state":17}}`:                upstream.Done, // goods, not an answer
		`{"id":"01JD0000000000000000000001","event_id":"01JD0000000000000000000007"}`: upstream.Done,
		`[{"success":true}]`:                                                          upstream.Done,
		`{}`:                                                                          upstream.Done,
		`null`:                                                                        upstream.Done,
		`"OK"`:                                                                        upstream.Done,
		// A no.
		`{"errcode":40013,"errmsg":"bad"}`:                      upstream.Unknown,
		`{"errcode":40013,"errmsg":"ok"}`:                       upstream.Unknown,
		`{"code":500,"message":"failed"}`:                       upstream.Unknown,
		`{"code":"E17"}`:                                        upstream.Unknown,
		`{"code":-1,"msg":"success","success":false}`:           upstream.Unknown,
		`{"errCode":"1001"}`:                                    upstream.Unknown,
		`{"ret":-1}`:                                            upstream.Unknown,
		`{"error":"no such shop"}`:                              upstream.Unknown,
		`{"error":{"code":7,"message":"no such shop"}}`:         upstream.Unknown,
		`{"errors":[{"field":"waybill"}]}`:                      upstream.Unknown,
		`{"error":true}`:                                        upstream.Unknown,
		`{"success":"false"}`:                                   upstream.Unknown,
		`{"Success":false}`:                                     upstream.Unknown,
		`{"data":{"success":false}}`:                            upstream.Unknown,
		`{"status":"error"}`:                                    upstream.Unknown,
		`{"status":"FAILED","id":"01JD0000000000000000000001"}`: upstream.Unknown,
		`{"status":503}`:                                        upstream.Unknown,
		`{"response":{"code":9}}`:                               upstream.Unknown,
		`{"result":false}`:                                      upstream.Unknown,
		`[{"success":true},{"status":"rejected"}]`:              upstream.Unknown,
		`"failed"`: upstream.Unknown,
		`false`:    upstream.Unknown,
		// Another event's.
		`{"id":"01JD0000000000000000000002"}`:         upstream.Unknown,
		`{"data":{"tracking_number":"X2"},"code":0}`:  upstream.Unknown,
		`{"webhook_id":"01JD0000000000000000000002"}`: upstream.Unknown,
	} {
		got := classify(http.StatusOK, http.Header{}, []byte(body), ours, testNow)
		if got.Kind != want || got.Strange != (want == upstream.Unknown) {
			t.Errorf("%s: %+v, want %s", body, got, want)
		}
	}
	for body, want := range map[string]string{
		`{"errcode":40013,"errmsg":"bad shop"}`:             "bad shop",
		`{"code":500,"msg":"订单不存在"}`:                        "订单不存在",
		`{"error":{"code":7,"message":"no such shop"}}`:     "no such shop",
		`{"success":false,"error":"shop closed","title":1}`: "shop closed",
	} {
		if got := classify(http.StatusOK, http.Header{}, []byte(body), ours, testNow); got.Words != want {
			t.Errorf("%s: words %q, want %q", body, got.Words, want)
		}
	}
	// Only a page or rubbish is nobody's answer.
	for body, strange := range map[string]bool{"<html>": false, "\x00\x9f{\"id\":": false, `{"id":`: false, "thanks for your event": true} {
		if got := classify(http.StatusOK, http.Header{}, []byte(body), ours, testNow); got.Kind != upstream.Unknown || got.Strange != strange {
			t.Errorf("%q: %+v", body, got)
		}
	}
	// A request id is no echo: the conflict stays one.
	if got := classify(http.StatusConflict, http.Header{}, []byte(`{"request_id":"`+testOp.ID+`"}`), ours, testNow); got.Kind != upstream.Conflict {
		t.Errorf("409 with our request id: %+v", got)
	}
}

// FuzzRefuses: whatever the body, it is judged, and what is no JSON is no yes.
func FuzzRefuses(f *testing.F) {
	for _, seed := range []string{`{"code":0}`, `{"error":{"code":[]}}`, `[[[{"ok":false}]]]`, `"x"`, `{"status":{"status":{"code":1}}}`, "\xff", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if got := agreed("HTTP 200", body, sentBy(testOp)); got.Kind != upstream.Done && got.Kind != upstream.Unknown {
			t.Fatalf("%+v", got)
		}
	})
}
