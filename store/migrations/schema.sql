CREATE TABLE benches (
  station TEXT PRIMARY KEY,
  body    BLOB NOT NULL
) STRICT;

CREATE TABLE codes (
  key    TEXT NOT NULL,
  kind   TEXT NOT NULL,
  parcel TEXT NOT NULL,
  PRIMARY KEY (key, kind, parcel)
) STRICT, WITHOUT ROWID;

CREATE TABLE connections (
  name     TEXT PRIMARY KEY,
  live     INTEGER NOT NULL DEFAULT 1, -- 0: it speaks by files only
  known_ms INTEGER NOT NULL DEFAULT 0, -- everything it said is known as of this time, ms UTC
  quiet_ms INTEGER NOT NULL DEFAULT 0, -- it asked to be left alone until then (429), ms UTC
  skew_ms  INTEGER NOT NULL DEFAULT 0  -- its clock minus ours, by the Date of its answers
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
  connection TEXT PRIMARY KEY,
  cursor     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE goods (
  id            TEXT PRIMARY KEY,
  connection    TEXT NOT NULL, -- '' = every connection
  sku           TEXT NOT NULL,
  name_zh       TEXT NOT NULL,
  name_en       TEXT NOT NULL,
  spec          TEXT NOT NULL,
  weight_mg     INTEGER NOT NULL,
  weight_source TEXT NOT NULL,
  location      TEXT NOT NULL,
  picture       TEXT NOT NULL,
  UNIQUE (sku, connection)
) STRICT;

CREATE TABLE goods_codes (
  key   TEXT NOT NULL,
  goods TEXT NOT NULL,
  units INTEGER NOT NULL,
  PRIMARY KEY (key, goods)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
  seq     INTEGER PRIMARY KEY,
  ulid    TEXT NOT NULL,
  at_ms   INTEGER NOT NULL,
  station TEXT NOT NULL,
  person  TEXT NOT NULL,
  parcel  TEXT NOT NULL,
  kind    TEXT NOT NULL,
  v       INTEGER NOT NULL,
  cause   TEXT NOT NULL,
  payload BLOB NOT NULL,
  prev    BLOB NOT NULL,
  hash    BLOB NOT NULL
) STRICT;

CREATE TABLE lines (
  listing    TEXT NOT NULL,
  connection TEXT NOT NULL,
  parcel     TEXT NOT NULL,
  PRIMARY KEY (listing, connection, parcel)
) STRICT, WITHOUT ROWID;

CREATE TABLE "outbox" (
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

CREATE TABLE parcels (
  id         TEXT PRIMARY KEY,
  connection TEXT NOT NULL,
  number     TEXT NOT NULL,
  order_no   TEXT NOT NULL,
  tote       TEXT NOT NULL,
  stage      TEXT NOT NULL,
  urgency    INTEGER NOT NULL, -- ship-by, ms UTC; unknown sorts last
  ready      INTEGER NOT NULL, -- 1: packable, picked, printable, no label yet: may be printed ahead
  body       BLOB NOT NULL
) STRICT;

CREATE TABLE people (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  pin        TEXT NOT NULL -- PHC string of argon2id, '' = none
, role TEXT NOT NULL DEFAULT 'packer') STRICT;

CREATE TABLE personal (
  parcel   TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  phone    TEXT NOT NULL,
  address  TEXT NOT NULL,
  note     TEXT NOT NULL,
  erase_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE pin_tries (
  person  TEXT PRIMARY KEY,
  failed  INTEGER NOT NULL, -- wrong ones since the last right one
  next_ms INTEGER NOT NULL  -- none is checked before this time, ms UTC
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX codes_parcel ON codes (parcel);

CREATE INDEX goods_codes_goods ON goods_codes (goods);

CREATE INDEX journal_parcel ON journal (parcel, seq) WHERE parcel <> '';

CREATE INDEX lines_parcel ON lines (parcel);

CREATE INDEX outbox_of ON outbox (parcel);

CREATE INDEX outbox_open ON outbox (connection, seq) WHERE state IN ('pending', 'parked');

CREATE INDEX outbox_parcel ON outbox (connection, parcel, seq) WHERE state IN ('pending', 'parked');

CREATE INDEX outbox_state ON outbox (state) WHERE state IN ('pending', 'parked');

CREATE INDEX parcels_order ON parcels (order_no, connection);

CREATE INDEX parcels_ready ON parcels (urgency, id) WHERE ready = 1;

CREATE INDEX parcels_stage ON parcels (stage, urgency);

CREATE INDEX parcels_tail ON parcels (substr(order_no, -4));

CREATE INDEX personal_erase ON personal (erase_ms);
