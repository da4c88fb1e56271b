package memory

// Topics counts what the nodes subscribe to.
func (h *Hub) Topics() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.topics)
}

// Users counts those with devices.
func (r *Devices) Users() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.users)
}
