package bench

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"packbench/internal/privacy"
	"packbench/internal/secrets"
)

// Names of what lies in a station's vault.
const (
	secretPepper     = "pin-pepper"
	secretConnection = "connection-" // + name
)

// OpenVault opens the secrets of a data directory, and takes over what an
// earlier version kept there as plain text. Every secret that comes out of it
// is hidden in logs from then on. An error beside a vault says that something
// could not be taken over; it stays where it was.
func OpenVault(dataDir string) (*secrets.Vault, error) {
	v, err := secrets.Open(dataDir, secrets.Options{Found: privacy.Remember})
	if err != nil {
		return nil, err
	}
	return v, v.TakeOver(func(file string) string { return secretConnection + file })
}

// SaveSecret stores a connection's secret in the vault of a data directory.
func SaveSecret(dataDir, connection, secret string) error {
	v, err := OpenVault(dataDir)
	if v == nil {
		return err
	}
	return saveSecret(v, connection, secret)
}

// SaveSecret stores a connection's secret in the station's vault.
func (s *Station) SaveSecret(connection, secret string) error {
	if s.Vault == nil {
		return errNoVault
	}
	return saveSecret(s.Vault, connection, secret)
}

var errNoVault = errors.New("the secrets of the data directory can't be opened")

func saveSecret(v *secrets.Vault, connection, secret string) error {
	if connection == "" || strings.ContainsAny(connection, "/\\.") {
		return fmt.Errorf("save secret: %q is no connection name", connection)
	}
	return v.Set(secretConnection+connection, strings.TrimSpace(secret))
}

// secret is a connection's secret.
func (s *Station) secret(connection string) (string, error) {
	if s.Vault == nil {
		return "", errNoVault
	}
	return s.Vault.Get(secretConnection + connection)
}

// LoadPepper is the pepper of the vault, made the first time. A pepper that is
// there and can't be read is an error, and is never replaced by another: every
// PIN would be lost.
func LoadPepper(v *secrets.Vault) (Pepper, error) {
	text, err := v.Get(secretPepper)
	if errors.Is(err, secrets.ErrNotFound) {
		return RenewPepper(v)
	}
	if err != nil {
		return Pepper{}, fmt.Errorf("load pepper: %w", err)
	}
	key, err := hex.DecodeString(text)
	if err != nil { // says nothing of what it found
		return Pepper{}, errors.New("load pepper: it is no hexadecimal number")
	}
	return NewPepper(key)
}

// RenewPepper makes a new pepper. Every PIN that was made with the old one has
// to be set anew.
func RenewPepper(v *secrets.Vault) (Pepper, error) {
	key := make([]byte, pepperBytes)
	if _, err := rand.Read(key); err != nil {
		return Pepper{}, fmt.Errorf("make pepper: %w", err)
	}
	if err := v.Set(secretPepper, hex.EncodeToString(key)); err != nil {
		return Pepper{}, fmt.Errorf("make pepper: %w", err)
	}
	return NewPepper(key)
}

// openSecrets opens the vault and the pepper. Whatever is wrong with them,
// packing goes on: connections wait for somebody, and PINs say why they can't be
// checked.
func (s *Station) openSecrets(opt StationOptions) {
	v, err := OpenVault(s.Store.Dir)
	if err != nil {
		opt.Log.Error("open secrets", "error", err)
	}
	if v == nil {
		return
	}
	s.Vault = v
	opt.Log.Info("secrets lie here", "place", string(v.Where()), "new", string(v.Keeps()))
	if s.Pepper, err = LoadPepper(v); err != nil {
		opt.Log.Error("load pepper", "error", err)
	}
}
