-- What is known of each connection outlives a restart; outbox rows can be
-- withdrawn, and answered by a person; wrong PINs are counted.
CREATE TABLE connections (
  name     TEXT PRIMARY KEY,
  live     INTEGER NOT NULL DEFAULT 1, -- 0: it speaks by files only
  known_ms INTEGER NOT NULL DEFAULT 0, -- everything it said is known as of this time, ms UTC
  quiet_ms INTEGER NOT NULL DEFAULT 0, -- it asked to be left alone until then (429), ms UTC
  skew_ms  INTEGER NOT NULL DEFAULT 0  -- its clock minus ours, by the Date of its answers
) STRICT, WITHOUT ROWID;

CREATE TABLE pin_tries (
  person  TEXT PRIMARY KEY,
  failed  INTEGER NOT NULL, -- wrong ones since the last right one
  next_ms INTEGER NOT NULL  -- none is checked before this time, ms UTC
) STRICT, WITHOUT ROWID;

-- state: pending, parked, done, withdrawn, by_hand, replaced. edit counts how
-- often a person replaced the row by a corrected one. A recalled row must not
-- be sent (again): its parcel is held or cancelled.
CREATE TABLE outbox_2 (
  seq         INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  connection  TEXT NOT NULL,
  parcel      TEXT NOT NULL,
  operation   TEXT NOT NULL,
  version     INTEGER NOT NULL,
  edit        INTEGER NOT NULL DEFAULT 0,
  payload     BLOB NOT NULL,
  sha256      BLOB NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  next_ms     INTEGER NOT NULL DEFAULT 0,
  state       TEXT NOT NULL DEFAULT 'pending',
  unknown     INTEGER NOT NULL DEFAULT 0,
  recalled    INTEGER NOT NULL DEFAULT 0,
  note        TEXT NOT NULL DEFAULT '',
  created_ms  INTEGER NOT NULL,
  answered_ms INTEGER NOT NULL DEFAULT 0,
  UNIQUE (connection, parcel, operation, version, edit)
) STRICT;
INSERT INTO outbox_2 (seq, id, connection, parcel, operation, version, payload, sha256, attempts, next_ms, state, unknown, note, created_ms, answered_ms)
  SELECT seq, id, connection, parcel, operation, version, payload, sha256, attempts, next_ms, state, unknown, note, created_ms, answered_ms FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_2 RENAME TO outbox;
CREATE INDEX outbox_open ON outbox (connection, seq) WHERE state IN ('pending', 'parked');
CREATE INDEX outbox_state ON outbox (state) WHERE state IN ('pending', 'parked');
CREATE INDEX outbox_parcel ON outbox (connection, parcel, seq) WHERE state IN ('pending', 'parked');
CREATE INDEX outbox_of ON outbox (parcel);

-- The last four of an order are what people read out.
CREATE INDEX parcels_tail ON parcels (substr(order_no, -4));

-- Roles in place of one mark.
ALTER TABLE people ADD COLUMN role TEXT NOT NULL DEFAULT 'packer';
UPDATE people SET role = 'supervisor' WHERE supervisor = 1;
ALTER TABLE people DROP COLUMN supervisor;
