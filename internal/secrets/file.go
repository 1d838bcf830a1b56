package secrets

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// makePrivate makes a directory that only its owner opens, and takes the rights
// of others from one that exists.
func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		if err := os.Chmod(dir, 0o700); err != nil {
			return fmt.Errorf("make directory private: %w", err)
		}
	}
	return nil
}

// writeNew writes a file under a name of its own, durable, for its owner only.
func writeNew(path string, data []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "new.*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// writeWhole replaces a file at once: after a power cut it is the old or the
// new one.
func writeWhole(path string, data []byte) error {
	name, err := writeNew(path, data)
	if err != nil {
		return fmt.Errorf("write secret file: %w", err)
	}
	if err := os.Rename(name, path); err != nil {
		return fmt.Errorf("write secret file: %w", errors.Join(err, os.Remove(name)))
	}
	return syncDir(filepath.Dir(path))
}

// writeOnce makes a file that must not exist yet, else fs.ErrExist.
func writeOnce(path string, data []byte) error {
	name, err := writeNew(path, data)
	if err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	err = os.Link(name, path)
	if err != nil && !errors.Is(err, os.ErrExist) { // a disk without links
		var f *os.File
		if f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			_, err = f.Write(data)
			err = errors.Join(err, f.Sync(), f.Close())
		}
	}
	if err := errors.Join(err, os.Remove(name)); err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // it has no such thing
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return nil
}

// shred overwrites a file and removes it. On a disk that writes elsewhere each
// time (SSD, copy-on-write) the old bytes may stay for a while: a secret that lay
// there openly should be changed at its other end.
func shred(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.Write(make([]byte, info.Size()))
		if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// plainBytes is the largest plain file that is taken for a secret.
const plainBytes = 64 << 10

// TakeOver moves the plain files of an earlier version into the vault; legacy
// says what the secret in the file of a name is called now, "" = it is none of
// ours. A power cut leaves both, and the next start does the rest. A secret that
// was set since wins over the plain file.
func (v *Vault) TakeOver(legacy func(file string) string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	found, err := os.ReadDir(v.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("take over plain secrets: %w", err)
	}
	var errs []error
	for _, f := range found {
		if !f.Type().IsRegular() || strings.Contains(f.Name(), ".") {
			continue
		}
		name := legacy(f.Name())
		if name == "" || checkName(name) != nil {
			continue
		}
		if err := v.takeOne(filepath.Join(v.dir, f.Name()), name); err != nil {
			errs = append(errs, fmt.Errorf("take over plain secret %q: %w", f.Name(), err))
		}
	}
	return errors.Join(errs...)
}

func (v *Vault) takeOne(path, name string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > plainBytes {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	secret := strings.TrimSpace(string(data))
	if secret == "" {
		return nil
	}
	v.opt.Found(secret)
	if _, err := v.get(name); errors.Is(err, ErrNotFound) {
		if err := v.set(name, secret); err != nil {
			return err
		}
		if back, err := v.get(name); err != nil || back != secret {
			return fmt.Errorf("it can't be read back: %w", errors.Join(err, ErrUnreadable))
		}
	} else if err != nil {
		return nil // can't tell yet which is the newer one: keep both
	}
	return shred(path)
}
