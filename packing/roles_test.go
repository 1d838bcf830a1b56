package packing_test

import (
	"strings"
	"testing"

	"packbench/packing"
)

// Who may do what, said once more and by hand: the table in the program must
// not change without this one.
func TestRolesByActions(t *testing.T) {
	const table = `
	              packer supervisor owner auditor nobody
	pack          yes    yes        yes   no      no
	picked        yes    yes        yes   no      no
	release       no     yes        yes   no      no
	override      no     yes        yes   no      no
	outbox        no     yes        yes   no      no
	reveal        no     yes        yes   no      no
	read          no     yes        yes   yes     no
	people        no     no         yes   no      no
	settings      no     no         yes   no      no
	restore       no     no         yes   no      no
	anything else no     no         no    no      no`
	actions, roles := parseTable(t, table)
	for action, row := range actions {
		for i, want := range row {
			if got := packing.Role(roles[i]).May(packing.Action(action)); got != want {
				t.Errorf("%s may %s: %v, want %v", roles[i], action, got, want)
			}
		}
	}
	for _, a := range packing.Actions() {
		if actions[string(a)] == nil {
			t.Errorf("action %s is not in the table", a)
		}
	}
	for _, r := range packing.Roles() {
		if !r.Known() {
			t.Errorf("role %s is not known", r)
		}
	}
	if packing.Role("").Known() || packing.Role("boss").Known() {
		t.Error("a role that nobody defined is known")
	}
}

// parseTable reads the table above: its columns, and a row of yes and no for
// each action.
func parseTable(t *testing.T, table string) (rows map[string][]bool, columns []string) {
	t.Helper()
	rows = map[string][]bool{}
	for _, line := range strings.Split(strings.TrimSpace(table), "\n") {
		fields := strings.Fields(line)
		if columns == nil {
			columns = fields
			continue
		}
		action := strings.Join(fields[:len(fields)-len(columns)], " ")
		for _, word := range fields[len(fields)-len(columns):] {
			if word != "yes" && word != "no" {
				t.Fatalf("%q is neither yes nor no", word)
			}
			rows[action] = append(rows[action], word == "yes")
		}
	}
	return rows, columns
}

// An auditor's badge opens nothing, picks nothing and lifts nothing.
func TestAuditorOnlyLooks(t *testing.T) {
	w, _, _ := ready(t, verifyFirst())
	want(t, w.badge("EYES"), "refused:no_right")
	w.scan("T1")
	w.command(packing.CmdHold)
	w.shelf("A1")
	w.scan("T1")
	w.command(packing.CmdRelease)
	want(t, w.badge("EYES"), "refused:not_supervisor")
	want(t, w.pin("EYES", true), "")
	w.command(packing.CmdAck)
	w.command(packing.CmdAck)
	p := *w.parcels["shop/2"]
	p.PickedBy = nil
	w.parcels["shop/2"] = &p
	want(t, w.scan("T2"), "picker_asked")
	want(t, w.badge("EYES"), "refused:no_right")
	want(t, w.badge("WANG"), "alert_passed picked opened")
}
