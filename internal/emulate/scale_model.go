package emulate

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// scaleMotion is how many weights are in motion after a change of load.
const scaleMotion = 3

// scaleAnswer is one line that a scale sends.
type scaleAnswer struct {
	text       string
	stable     bool // a stable weight
	milligrams int64
}

// scaleModel is what an MT-SICS scale knows and answers, without its line.
// Weights are in milligrams.
type scaleModel struct {
	capacity, division int64

	load, before int64 // on the pan, and what was there before the change
	moving       int   // weights in motion still to show
	jitter       int64 // never at rest, up to so much either way; 0 = at rest
	zero, tare   int64 // subtracted from the load
	display      string
	streaming    bool
	random       *rand.Rand // seeded: each run shakes alike
}

func newScaleModel(capacity, division int64) *scaleModel {
	return &scaleModel{capacity: capacity, division: division, random: rand.New(rand.NewPCG(1, 2))}
}

// put changes the load.
func (m *scaleModel) put(mg int64) {
	m.display = ""
	if mg == m.load {
		return
	}
	m.before, m.load, m.moving = m.load, mg, scaleMotion
}

// shake begins jitter, or ends it with 0.
func (m *scaleModel) shake(mg int64) {
	if mg == 0 && m.jitter != 0 {
		m.before, m.moving = m.load, scaleMotion
	}
	m.jitter = mg
}

// atRest reports whether the next weight is a stable one.
func (m *scaleModel) atRest() bool { return m.moving == 0 && m.jitter == 0 }

// weigh is the next weight to show, as S S, S D, S + or S -.
func (m *scaleModel) weigh() scaleAnswer {
	switch {
	case m.display == "overload", m.load > m.capacity:
		return scaleAnswer{text: "S +"}
	case m.display == "underload":
		return scaleAnswer{text: "S -"}
	}
	stable := m.atRest()
	mg := m.load
	if m.moving > 0 {
		mg -= (m.load - m.before) * int64(m.moving) / (scaleMotion + 1)
		m.moving--
	}
	if m.jitter > 0 {
		mg += m.random.Int64N(2*m.jitter+1) - m.jitter
	}
	mg = m.rounded(mg - m.zero - m.tare)
	state := "D"
	if stable {
		state = "S"
	}
	return scaleAnswer{text: "S " + state + m.shown(mg), stable: stable, milligrams: mg}
}

// rounded is mg as the display can show it, half away from zero.
func (m *scaleModel) rounded(mg int64) int64 {
	half := m.division / 2
	if mg < 0 {
		half = -half
	}
	return (mg + half) / m.division * m.division
}

// shown is a weight as it stands in an answer: ten places and the unit.
func (m *scaleModel) shown(mg int64) string {
	decimals := 3
	for step := m.division; decimals > 0 && step%10 == 0; step /= 10 {
		decimals--
	}
	sign := ""
	if mg < 0 {
		sign, mg = "-", -mg
	}
	number := fmt.Sprintf("%s%d", sign, mg/1000)
	if decimals > 0 {
		number += "." + fmt.Sprintf("%03d", mg%1000)[:decimals]
	}
	return fmt.Sprintf(" %10s g", number)
}

// streamed is the next weight of a stream, none if there is no stream.
func (m *scaleModel) streamed() []scaleAnswer {
	if !m.streaming {
		return nil
	}
	return []scaleAnswer{m.weigh()}
}

// answer is what a scale sends back for one command of MT-SICS.
func (m *scaleModel) answer(command string) []scaleAnswer {
	say := func(texts ...string) []scaleAnswer {
		var answers []scaleAnswer
		for _, text := range texts {
			answers = append(answers, scaleAnswer{text: text})
		}
		return answers
	}
	switch command {
	case "": // the LF behind a CR
		return nil
	case "SI", "SIU":
		m.streaming = false
		return []scaleAnswer{m.weigh()}
	case "S", "SU":
		m.streaming = false
		if m.jitter > 0 && m.display == "" {
			return say("S I") // never came to rest
		}
		m.moving = 0 // it waits
		return []scaleAnswer{m.weigh()}
	case "SIR", "SIRU":
		m.streaming = true
		return []scaleAnswer{m.weigh()}
	case "@":
		m.streaming, m.tare = false, 0
		return say(`I4 A "EMULATED1"`)
	case "Z", "ZI":
		return say(m.setZero(command))
	case "T", "TI":
		if command == "T" && !m.atRest() {
			return say("T I")
		}
		m.tare = m.load - m.zero
		state := "S"
		if !m.atRest() {
			state = "D"
		}
		return say(command + " " + state + m.shown(m.rounded(m.tare)))
	case "TA":
		return say("TA A" + m.shown(m.rounded(m.tare)))
	case "TAC":
		m.tare = 0
		return say("TAC A")
	case "I0":
		return say(`I0 B 0 "I0"`, `I0 B 0 "I1"`, `I0 B 0 "I2"`, `I0 B 0 "I3"`, `I0 B 0 "I4"`, `I0 B 0 "S"`, `I0 B 0 "SI"`,
			`I0 B 0 "SIR"`, `I0 B 0 "Z"`, `I0 B 0 "ZI"`, `I0 B 0 "@"`, `I0 B 1 "T"`, `I0 B 1 "TA"`, `I0 B 1 "TAC"`, `I0 A 1 "TI"`)
	case "I1":
		return say(`I1 A "01" "2.30" "2.20" "" ""`)
	case "I2":
		return say(fmt.Sprintf(`I2 A "EMULATED %d g"`, m.capacity/1000))
	case "I3":
		return say(`I3 A "1.00"`)
	case "I4":
		return say(`I4 A "EMULATED1"`)
	}
	if strings.HasPrefix(command, "S") || strings.HasPrefix(command, "T") || strings.HasPrefix(command, "I") {
		return say("EL") // known letter, unknown rest
	}
	return say("ES")
}

// setZero is the answer to Z or ZI. A scale takes as zero only what is within
// two hundredths of its capacity.
func (m *scaleModel) setZero(command string) string {
	switch {
	case command == "Z" && !m.atRest():
		return "Z I"
	case m.load > m.capacity/50:
		return command + " +"
	case m.load < -m.capacity/50:
		return command + " -"
	}
	m.zero, m.tare = m.load, 0
	if command == "ZI" {
		if m.atRest() {
			return "ZI S"
		}
		return "ZI D"
	}
	return "Z A"
}
