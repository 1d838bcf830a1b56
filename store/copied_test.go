package store_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"packbench/packing"
	"packbench/store"
)

// TestCopiedWhileOpen: somebody copies the files of a running bench. Without
// its log it is an earlier state, whole; in the middle of writes it is whole or
// refused, and never passes as good when it is not.
func TestCopiedWhileOpen(t *testing.T) {
	if dir := os.Getenv("PACKBENCH_WRITER_TEST"); dir != "" {
		keepWriting(t, dir)
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestCopiedWhileOpen$")
	cmd.Env = append(os.Environ(), "PACKBENCH_WRITER_TEST="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	goOn, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
	acked := make(chan int, 1<<16)
	go func() {
		defer close(acked)
		for n := 0; ; {
			if _, err := fmt.Fscan(out, &n); err != nil {
				return
			}
			acked <- n
		}
	}()
	good, refused := 0, 0
	for i := range 9 {
		if _, err := goOn.Write([]byte{'\n'}); err != nil {
			t.Fatal(err)
		}
		for range 5 { // then it is in the middle of its burst
			if _, ok := <-acked; !ok {
				t.Fatal("the writer ended")
			}
		}
		copied := t.TempDir()
		names := []string{"packbench.db", "packbench.db-wal", "labels.db"}
		if i%3 == 0 {
			names = []string{"packbench.db", "labels.db"}
		}
		for _, name := range names {
			write(t, filepath.Join(copied, name), read(t, filepath.Join(dir, name)))
		}
		for range burst - 5 {
			<-acked
		}
		switch a, err := tryCopy(t, copied); {
		case err != nil:
			speaks(t, err, store.ErrDamaged)
			refused++
		case i%3 != 0 && a.Events == 0:
			t.Error("a copy with its log is empty")
		default:
			good++
		}
	}
	t.Logf("%d copies were whole, %d were refused", good, refused)
}

func tryCopy(t *testing.T, dir string) (store.Audit, error) {
	s, err := store.Open(dir, store.Options{Station: "bench-1", Reserve: -1})
	if err != nil {
		return store.Audit{}, err
	}
	defer s.Close()
	if err := s.Check(t.Context()); err != nil {
		return store.Audit{}, err
	}
	return clean(t, s), nil
}

// burst is how many commits the writer makes each time that it is asked.
const burst = 40

// keepWriting commits a burst for each byte that it gets, and says so after
// each commit, until it is killed.
func keepWriting(t *testing.T, dir string) {
	r := newRig(t, open(t, dir))
	for i := 0; ; i++ {
		if i%burst == 0 {
			if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
				return
			}
		}
		id := fmt.Sprint(i)
		r.do(packing.Arrived{Parcel: packing.Parcel{
			ID: packing.ParcelID("shop/" + id), Connection: "shop", Number: id, Order: "O" + id, Tote: "T" + id,
			Lines: []packing.Line{{Listing: "MUG", Name: strings.Repeat("mug ", 100), Quantity: 1}}, Status: packing.StatusPackable,
		}})
		fmt.Println(i)
	}
}
