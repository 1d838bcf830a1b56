package packing

// Step is what the parcel in focus needs next.
type Step string

// The steps, in their order.
const (
	StepVerify Step = "verify"
	StepWeigh  Step = "weigh"
	StepPrint  Step = "print" // no label out: the bench asks for one, or waits for its file
	StepProve  Step = "prove"
	StepSeal   Step = "seal" // nothing is missing
)

// NextStep says what the parcel needs next under a policy. A cancel or a
// supervisor's hold does not change the step; it keeps the last one from being
// taken.
func NextStep(p *Parcel, pol Policy, nowMs int64) Step {
	if !p.AllVerified() {
		return StepVerify
	}
	if pol.WeighGate && p.Weighing == nil {
		return StepWeigh
	}
	l := p.Label()
	if l == nil {
		return StepPrint
	}
	if l.State != LabelStateProven || p.ProofDue {
		return StepProve
	}
	// Stick-first: the opening scan proved the label; if the bag lay about too
	// long since then, it is asked again.
	// A clock that went back proves nothing either.
	if pol.Flow == LabelFirst && (nowMs-l.ProvenMs > pol.ProofFreshMs || nowMs < l.ProvenMs) {
		return StepProve
	}
	return StepSeal
}
