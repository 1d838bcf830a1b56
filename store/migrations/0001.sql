-- The journal is the truth; parcels, codes, lines, benches, settings and the
-- outbox's rows are projections of it. Goods, people, personal data and cursors
-- are data of their own.
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
CREATE INDEX journal_parcel ON journal (parcel, seq) WHERE parcel <> '';

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
CREATE INDEX parcels_stage ON parcels (stage, urgency);
CREATE INDEX parcels_order ON parcels (order_no, connection);
CREATE INDEX parcels_ready ON parcels (urgency, id) WHERE ready = 1;

CREATE TABLE codes (
  key    TEXT NOT NULL,
  kind   TEXT NOT NULL,
  parcel TEXT NOT NULL,
  PRIMARY KEY (key, kind, parcel)
) STRICT, WITHOUT ROWID;
CREATE INDEX codes_parcel ON codes (parcel);

-- Lines of parcels that are picked or being verified: where else goods are due.
CREATE TABLE lines (
  listing    TEXT NOT NULL,
  connection TEXT NOT NULL,
  parcel     TEXT NOT NULL,
  PRIMARY KEY (listing, connection, parcel)
) STRICT, WITHOUT ROWID;
CREATE INDEX lines_parcel ON lines (parcel);

CREATE TABLE benches (
  station TEXT PRIMARY KEY,
  body    BLOB NOT NULL
) STRICT;

CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
  seq         INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  connection  TEXT NOT NULL,
  parcel      TEXT NOT NULL,
  operation   TEXT NOT NULL,
  version     INTEGER NOT NULL,
  payload     BLOB NOT NULL,
  sha256      BLOB NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  next_ms     INTEGER NOT NULL DEFAULT 0,
  state       TEXT NOT NULL DEFAULT 'pending',
  unknown     INTEGER NOT NULL DEFAULT 0,
  note        TEXT NOT NULL DEFAULT '',
  created_ms  INTEGER NOT NULL,
  answered_ms INTEGER NOT NULL DEFAULT 0,
  UNIQUE (connection, parcel, operation, version)
) STRICT;
CREATE INDEX outbox_open ON outbox (connection, seq) WHERE state <> 'done';
CREATE INDEX outbox_state ON outbox (state) WHERE state <> 'done';
CREATE INDEX outbox_parcel ON outbox (connection, parcel, seq) WHERE state <> 'done';

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
CREATE INDEX goods_codes_goods ON goods_codes (goods);

CREATE TABLE people (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  supervisor INTEGER NOT NULL,
  pin        TEXT NOT NULL -- PHC string of argon2id, '' = none
) STRICT;

-- Personal data lives here and nowhere else, and goes by erase_ms.
CREATE TABLE personal (
  parcel   TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  phone    TEXT NOT NULL,
  address  TEXT NOT NULL,
  note     TEXT NOT NULL,
  erase_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX personal_erase ON personal (erase_ms);
