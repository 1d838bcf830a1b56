package packing

// Input is one thing that happens at the bench, taken one at a time.
type Input interface{ isInput() }

// Scan is a barcode that somebody scanned. Key is the form in which codes are
// compared; Class and Body are set for the program's own command codes.
type Scan struct {
	Key       string
	Shown     string // what may be shown of it, as it was scanned
	Length    int    // characters as scanned
	Symbology string
	Device    string
	AtMs      int64 // when the scanner's last byte came, ms UTC
	Class     Class
	Body      string
}

// Class is the kind of one of our own codes, or empty.
type Class string

// The classes of command codes.
const (
	ClassNone     Class = ""
	ClassCommand  Class = "C"
	ClassBadge    Class = "B"
	ClassTote     Class = "T"
	ClassLocation Class = "L"
)

// Command is the body of a command code.
type Command string

// The commands of the sheet; each has a key too.
const (
	CmdAck      Command = "ACK"
	CmdPick     Command = "PICK"     // the scans that follow close picks
	CmdPack     Command = "PACK"     // back to verifying
	CmdHold     Command = "HOLD"     // put the open parcel aside
	CmdRelease  Command = "RELEASE"  // supervisor lifts the holds of the parcel scanned next or open
	CmdOverride Command = "OVERRIDE" // supervisor lets the weight pass
	CmdPrint    Command = "PRINT"    // ask for the label again after nothing came out
	CmdBadLabel Command = "BADLABEL" // the label is spoiled: torn, print another
	CmdNoLabel  Command = "NOLABEL"  // none came out: the answer to "unknown"
	CmdAhead    Command = "AHEAD"    // label-first: print a batch of labels ahead
	CmdEndAhead Command = "ENDAHEAD" // label-first: end the batch, name the orphans
	CmdSignOut  Command = "OUT"
)

// Commands lists every command, in the order of the printed sheet.
func Commands() []Command {
	return []Command{
		CmdAck, CmdPick, CmdPack, CmdHold, CmdBadLabel, CmdNoLabel, CmdPrint,
		CmdAhead, CmdEndAhead, CmdOverride, CmdRelease, CmdSignOut,
	}
}

// Weight is a settled reading of the scale. Load counts the loads: one load
// serves one parcel.
type Weight struct {
	Mg   int64
	Load int64
}

// PrintReport is what the printer's driver says of a job.
type PrintReport struct {
	Job    JobID
	State  PrintState
	Reason string // message key
}

// PrintState is how far a print job came.
type PrintState string

// Failed means for certain that no byte went out.
const (
	PrintSent      PrintState = "sent"
	PrintConfirmed PrintState = "confirmed"
	PrintFailed    PrintState = "failed"
	PrintUnknown   PrintState = "unknown"
)

// PrinterFault is a change of the printer's known state; empty = ready or unknown.
type PrinterFault struct{ Fault string }

// Arrived is what upstream or a file says of a parcel.
type Arrived struct {
	Parcel Parcel
	// Whole is the id under which a cancel of the whole order is kept that came
	// before its parcels; "" = the parcel's own.
	Whole ParcelID
}

// LabelCame is a label file for a parcel, read and rendered.
type LabelCame struct {
	Parcel ParcelID
	File   LabelFile
}

// CancelNews says that the buyer wants out, or is.
type CancelNews struct {
	Parcel ParcelID
	Cancel Cancel
}

// PINChecked is the answer to a supervisor's PIN, checked outside.
type PINChecked struct {
	Person PersonID
	Asked  Ask // the question that it answers
	OK     bool
}

// ClockNews is what was found of this PC's clock.
type ClockNews struct {
	Clock  ClockState
	SkewMs int64 // the other clock minus ours, ms
}

// Restart is the first input after a start: jobs that were on their way are
// now unknown.
type Restart struct{}

// Tick is the clock; label-first uses it to go on printing ahead.
type Tick struct{}

func (Scan) isInput()         {}
func (Weight) isInput()       {}
func (PrintReport) isInput()  {}
func (PrinterFault) isInput() {}
func (Arrived) isInput()      {}
func (LabelCame) isInput()    {}
func (CancelNews) isInput()   {}
func (PINChecked) isInput()   {}
func (ClockNews) isInput()    {}
func (Restart) isInput()      {}
func (Tick) isInput()         {}
