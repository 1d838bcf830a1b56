package printer

import "sync"

// mailbox carries reports to a reader that may be slow or absent: put never
// waits and nothing is dropped. A goroutine exists only while something is
// waiting to be read.
type mailbox struct {
	out chan Report

	mu      sync.Mutex
	waiting []Report
	pumping bool
}

func (m *mailbox) put(r Report) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting = append(m.waiting, r)
	if !m.pumping {
		m.pumping = true
		go m.pump()
	}
}

func (m *mailbox) pump() {
	for {
		m.mu.Lock()
		if len(m.waiting) == 0 {
			m.waiting = nil
			m.pumping = false
			m.mu.Unlock()
			return
		}
		r := m.waiting[0]
		m.waiting = m.waiting[1:]
		m.mu.Unlock()
		m.out <- r
	}
}
