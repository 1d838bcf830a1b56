package webhook

import (
	"encoding/json"
	"slices"
	"strings"
)

// Many receivers answer everything with 200 and say in the body what they mean.
// A "no" there must not pass for a "yes": the parcel would count as told for ever.
// The other way round costs a look by a person, so what is unclear is a "no".

// agreeing are the words of a yes, as a whole answer or as a field of one.
var agreeing = []string{
	"ok", "okay", "done", "success", "successful", "successfully", "succeed", "succeeded", "accepted", "received", "queued", "created",
	"processed", "true", "1", "成功", "操作成功", "请求成功", "处理成功",
}

func agrees(word string) bool {
	return slices.Contains(agreeing, strings.ToLower(strings.TrimSpace(word)))
}

// refusing are the words of a no in a field that tells how things stand.
var refusing = []string{
	"error", "err", "fail", "failed", "failure", "false", "no", "ko", "rejected", "refused", "denied", "invalid", "forbidden", "unauthorized",
	"unsuccessful", "失败", "错误", "拒绝",
}

// refuses reports whether an answer with a good HTTP status says no in its body:
//
//	code, errcode, errno, ret …   anything but zeros, 200 to 299 or a word of yes;
//	                              a plain code of another kind is forgiven where
//	                              the answer also says success in words
//	error, errors, err            anything but empty, false, zeros
//	success, ok, succeeded        false, at any depth
//	status, state, result         false, a word of no, or a number from 400 on
//
// Codes and states count on the outside and in the wrappers that are usual for
// them only: further inside they are those of an order or of goods.
func refuses(body []byte) bool {
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return true
	}
	switch v := v.(type) {
	case nil:
		return false
	case map[string]any:
		return refusal(v, 0)
	case []any: // one answer for each event
		return slices.ContainsFunc(v, func(e any) bool {
			fields, ok := e.(map[string]any)
			return ok && refusal(fields, 0)
		})
	}
	return true // "failed", false, 0: no words of yes
}

// plainName is a field's name without the ways to write it: errCode, ERR_CODE.
func plainName(key string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(key))
}

// refusal reports whether the fields of an answer, or of a wrapper in it, say no.
func refusal(fields map[string]any, depth int) bool {
	if depth > maxDepth {
		return false
	}
	praised := false // says in words that it went well
	for key, value := range fields {
		switch plainName(key) {
		case "message", "msg", "errmsg", "status", "result", "success", "ok":
			praised = praised || agrees(scalar(value))
		}
	}
	for key, value := range fields {
		inner, isObject := value.(map[string]any)
		word := strings.ToLower(strings.TrimSpace(scalar(value)))
		no := false
		switch plainName(key) {
		case "success", "ok", "succeeded", "issuccess":
			no = word == "false" || word == "0" || slices.Contains(refusing, word)
		case "code":
			no = badCode(word) && !praised
		case "errcode", "errorcode", "errno", "ret", "retcode", "returncode", "resultcode", "statuscode":
			no = badCode(word)
		case "error", "errors", "err":
			no = badError(value)
		case "status", "state", "result":
			no = slices.Contains(refusing, word) || (isNumber(value) && len(word) == 3 && word >= "400") || (isObject && refusal(inner, depth+1))
		case "response", "meta", "head", "header":
			no = isObject && refusal(inner, depth+1)
		default:
			no = deniesInside(value, depth+1)
		}
		if no {
			return true
		}
	}
	return false
}

// deniesInside looks for a plain "success": false further inside.
func deniesInside(v any, depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return deniesInside(e, depth+1) })
	case map[string]any:
		for key, value := range v {
			if name := plainName(key); (name == "success" || name == "ok") && value == false {
				return true
			}
			if deniesInside(value, depth+1) {
				return true
			}
		}
	}
	return false
}

// scalar is a text, number or bool as text, "" for everything else.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "true"
		}
		return "false"
	}
	return ""
}

func isNumber(v any) bool {
	_, ok := v.(json.Number)
	return ok
}

// badCode reports whether a code, in lower case, is none of success. An empty one
// (null, too) says nothing.
func badCode(code string) bool {
	if strings.Trim(code, "0") == "" || (code != "1" && agrees(code)) {
		return false
	}
	return len(code) != 3 || code < "200" || code > "299"
}

// badError reports whether a field for errors holds one.
func badError(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case []any:
		return len(v) > 0
	case map[string]any:
		if code, ok := v["code"]; ok && scalar(code) != "" {
			return badCode(strings.ToLower(scalar(code)))
		}
		return len(v) > 0
	}
	word := strings.ToLower(strings.TrimSpace(scalar(v)))
	return strings.Trim(word, "0") != "" && word != "false" && word != "none" && word != "null" && (word == "1" || word == "true" || !agrees(word))
}
