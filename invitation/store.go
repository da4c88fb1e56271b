package invitation

// Store is where pairs and invitations are kept.
type Store interface{}
