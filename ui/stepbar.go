package ui

import (
	"packbench/bench"
	"packbench/packing"
)

// stepState is how one step stands.
type stepState int

const (
	stepComing stepState = iota
	stepNow
	stepDone
)

// StepBar shows the parcel's steps, what is done and what is due.
type StepBar struct {
	Steps []StepMark
}

// StepMark is one step.
type StepMark struct {
	Title string
	State stepState
}

// stepsOf lists the steps of a bench: without a scale there is no weighing, and
// with labels ahead the label comes first.
func stepsOf(v *bench.View) []packing.Step {
	steps := []packing.Step{packing.StepVerify}
	if v.Flow == string(packing.LabelFirst) {
		steps = []packing.Step{packing.StepPrint, packing.StepProve, packing.StepVerify}
	}
	if v.Scale.State != "" {
		steps = append(steps, packing.StepWeigh)
	}
	if v.Flow != string(packing.LabelFirst) {
		steps = append(steps, packing.StepPrint, packing.StepProve)
	}
	return append(steps, packing.StepSeal)
}

// stepDoneIn tells whether the parcel's step is behind it. A proof that is due
// again is not.
func stepDoneIn(p *bench.ParcelView, step packing.Step) bool {
	if string(step) == p.Step {
		return false
	}
	switch step {
	case packing.StepVerify:
		for _, l := range p.Lines {
			if l.Verified < l.Quantity {
				return false
			}
		}
		return len(p.Lines) > 0
	case packing.StepWeigh:
		return p.WeightMg > 0 || p.WeightNote != ""
	case packing.StepPrint:
		return p.Label != nil && p.Label.State != string(packing.LabelStateRequested) && p.Label.State != string(packing.LabelStateUnknown)
	case packing.StepProve:
		return p.Label != nil && p.Label.State == string(packing.LabelStateProven)
	}
	return false
}

func (b StepBar) draw(p *pen, at box) {
	if len(b.Steps) == 0 {
		return
	}
	const gap = 24
	w := (at.W - gap*float32(len(b.Steps)-1)) / float32(len(b.Steps))
	for i, s := range b.Steps {
		cell := box{at.X + float32(i)*(w+gap), at.Y, w, at.H}
		ground, border, words, width := p.look.surface, p.look.line, p.look.quiet, float32(2)
		switch s.State {
		case stepNow:
			ground, border, words, width = p.look.chosen, p.look.blue, p.look.text, 4
		case stepDone:
			words = p.look.text
		}
		p.frame(cell, ground, border, width, 14)
		r := min(at.H*0.26, 24)
		icon, rest := cell.inset(18, 0).left(2*r + 8)
		x, y := icon.X+r, icon.Y+icon.H/2
		switch s.State {
		case stepDone:
			p.shape(checkShape, x, y, r, p.look.green, p.look.mark)
		case stepNow:
			p.shape(ringShape, x, y, r, p.look.blue, p.look.mark)
		default:
			p.shape(ringShape, x, y, r, p.look.line, p.look.mark)
		}
		p.text(rest, s.Title, 38, sizeStatus, words, atCentre)
	}
}
