package assets

import "embed"

// Profiles holds what is known of each printer model, profiles/<id>.json, with
// the evidence; package printer reads them.
//
//go:embed profiles/*.json
var Profiles embed.FS
