package files

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// TestEveryMessageHasItsText compares the keys in the sources of upstream with
// the file of proposed texts, as long as that lies apart.
func TestEveryMessageHasItsText(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "assets", "text", "parts", "upstream.json"))
	if os.IsNotExist(err) {
		t.Skip("the texts were merged into assets/text; its own test holds them")
	}
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]struct{ ZH, EN string }
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	args := regexp.MustCompile(`\{[a-z]+\}`)
	used := map[string]bool{}
	for _, dir := range []string{".", "..", filepath.Join("..", "webhook")} {
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if matched, _ := filepath.Match("*_test.go", filepath.Base(name)); matched {
				continue
			}
			for _, m := range regexp.MustCompile(`"((?:import|upstream)\.[a-z0-9_]+)"`).FindAllSubmatch(source, -1) {
				used[string(m[1])] = true
			}
		}
	}
	for key := range used {
		if _, ok := texts[key]; !ok {
			t.Errorf("%s has no text", key)
		}
	}
	for key, text := range texts {
		zh, en := args.FindAllString(text.ZH, -1), args.FindAllString(text.EN, -1)
		slices.Sort(zh)
		slices.Sort(en)
		if !used[key] || !slices.Equal(zh, en) || text.ZH == "" || text.EN == "" {
			t.Errorf("%s: used %v, arguments %v and %v", key, used[key], zh, en)
		}
	}
}
