package assets

import "embed"

// Text holds the texts for people, text/<language>.json: flat objects of key →
// text with {argument} and {@key} placeholders. Package text reads them.
//
//go:embed text/*.json
var Text embed.FS
