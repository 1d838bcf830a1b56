package code

import "testing"

func TestClassifyBest(t *testing.T) {
	ack, err := FormatCommand(Command, "ACK")
	if err != nil {
		t.Fatal(err)
	}
	tote, err := FormatCommand(Tote, "17")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		raw, kind, name, value string
		check                  Check
	}{
		{ack, KindCommand, "Packbench", "ACK", CheckValid},
		{lower(tote), KindTote, "Packbench", "17", CheckValid},
		{"PBBANNA7Z", KindBadge, "Packbench", "ANNA7", CheckInvalid},
		{"4006381333931", KindGTIN, "EAN-13", "04006381333931", CheckValid},
		{"]E0012345678905", KindGTIN, "UPC-A", "00012345678905", CheckValid},
		{"4006381333932", KindGTIN, "EAN-13", "", CheckInvalid},
		{"]C04006381333932", KindTracking, "韵达 Yunda", "4006381333932", CheckNone},
		{"60120172242323", KindTracking, "DHL E-Commerce (14)", "60120172242323", CheckNone},
		{"96385074", KindGTIN, "EAN-8", "00000096385074", CheckValid},
		{"96385075", KindGTIN, "EAN-8", "", CheckInvalid},
		{"04252614", KindGTIN, "UPC-E", "00042100005264", CheckValid},
		{"01234565", KindGTIN, "EAN-8", "00000001234565", CheckValid},
		{"2012345678903", KindGTIN, "EAN-13, in-store", "02012345678903", CheckValid},
		{"9780306406157", KindGTIN, "EAN-13, ISBN", "09780306406157", CheckValid},
		{"106141412345678908", KindSSCC, "SSCC", "106141412345678908", CheckValid},
		{"]C100106141412345678908", KindSSCC, "GS1 (00)", "106141412345678908", CheckValid},
		{"]d20109521234543213\x1d10LOT", KindGTIN, "GS1 (01)", "09521234543213", CheckValid},
		{"(01)09521234543213(10)A", KindGTIN, "GS1 (01)", "09521234543213", CheckValid},
		{"]C110LOT7", KindGS1, "GS1", "", CheckNone},
		{"https://id.example.com/01/9521234543213/10/A?17=261231", KindGTIN, "GS1 (01)", "09521234543213", CheckValid},
		{"https://shop.example.com/x?y=1", KindURL, "shop.example.com", "https://shop.example.com/x?y=1", CheckNone},
		{"RB123456785GB", KindTracking, "S10 GB, registered", "RB123456785GB", CheckValid},
		{"MUG-RED-L", KindText, "", "MUG-RED-L", CheckNone},
		{"", KindText, "", "", CheckNone},
		// Twelve digits that are right as UPC-A and as FedEx: goods, unless the
		// symbology is one that goods don't use.
		{"600123456861", KindGTIN, "UPC-A", "00600123456861", CheckValid},
		{"]C0600123456861", KindTracking, "FedEx Express (12)", "600123456861", CheckValid},
	} {
		classes := Classify(test.raw)
		best := classes[0]
		if best.Kind != test.kind || best.Name != test.name || best.Value != test.value || best.Check != test.check {
			t.Errorf("Classify(%q)[0] = %+v, want %s %q %q %s", test.raw, best, test.kind, test.name, test.value, test.check)
		}
		if last := classes[len(classes)-1]; last.Kind != KindText {
			t.Errorf("Classify(%q) doesn't end with text: %+v", test.raw, last)
		}
	}
}

func TestClassifySymbology(t *testing.T) {
	for raw, want := range map[string]string{
		"]E04006381333931": "EAN/UPC", "4006381333931": "EAN-13", "]E496385074": "EAN-8", "]C0X1": "Code 128", "]d1X1": "Data Matrix", "X1": "",
	} {
		if got := Classify(raw)[0].Symbology; got != want {
			t.Errorf("Classify(%q)[0].Symbology = %q, want %q", raw, got, want)
		}
	}
}

func FuzzClassify(f *testing.F) {
	for _, seed := range []string{"", "1Z5R89390357567127", "420", "]C100106141412345678908", "https://x/01/1", "(01)", "%0", "SPXTH", "TG1", "JDV", "RB123456785GB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		classes := Classify(raw)
		if len(classes) == 0 || classes[len(classes)-1].Kind != KindText {
			t.Fatalf("Classify(%q) = %v", raw, classes)
		}
		for _, class := range classes {
			if class.Check == "" || class.Kind == "" || class.Hint && class.Kind != KindTracking {
				t.Errorf("Classify(%q): %+v", raw, class)
			}
			if class.Kind == KindTracking && (class.Carrier == "" || class.Check == CheckInvalid) {
				t.Errorf("Classify(%q): %+v", raw, class)
			}
		}
	})
}
