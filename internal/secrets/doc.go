// Package secrets keeps a station's few secrets: the keys of connections and the
// pepper of PINs. They are in no database, no backup of it and no log.
//
// Words:
//
//   - vault: the secrets of one data directory.
//   - place: where a secret lies. From best to least: a credential that systemd
//     hands to the service (LoadCredential=packbench.NAME:PATH, read only); the
//     keyring of the person who is signed in; a sealed file.
//   - sealed: encrypted (XChaCha20-Poly1305) into a file of the data directory
//     that only its owner reads, with a key that lies outside the data directory.
//   - stub: the file that stands in the data directory for a secret in the
//     keyring, so that a keyring that is locked is not taken for an empty one.
//
// What sealing is worth, plainly: it is obfuscation against backups. Whoever
// copies the data directory, or finds an old disk image of it, can read nothing.
// Whoever can read the files of the account that packs, or is administrator of
// the computer, can read everything, because the program can.
//
// Linux programs without a desktop session have no keyring; any answer of it but
// "not found" counts as that, and so does silence for three seconds.
//
// Two settings of the environment, for machines that are set up by hand:
// PACKBENCH_KEYRING=off never asks the keyring; PACKBENCH_KEYS=DIR is where the
// sealing key lies.
package secrets
