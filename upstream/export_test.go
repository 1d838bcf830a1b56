package upstream

// What the tests outside the package share with those within.

type (
	MemOutbox = memOutbox
	MemSink   = memSink
)

func NewMemOutbox() *MemOutbox { return newMemOutbox() }

func (m *memOutbox) Add(connection, parcel, id string, payload []byte) {
	seq := m.add(connection, parcel, 0)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows[seq].ID, m.rows[seq].Payload = id, payload
}

// Open counts the rows that aren't done.
func (m *memOutbox) Open() (pending, parked int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		switch r.state {
		case "pending":
			pending++
		case "parked":
			parked++
		}
	}
	return pending, parked
}

func (m *memSink) Got() []Parcel {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.got
}
