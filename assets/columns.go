package assets

import "embed"

// Columns holds, as columns/<id>.json, which columns of which file mean what:
// names, localised values, markets. Strict JSON, read by upstream/files.
//
//go:embed columns/*.json
var Columns embed.FS
