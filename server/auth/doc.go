// Package auth decides whose a token is. The server asks it at the upgrade, at hello and at token.refresh; cmd/foyer signs
// tokens with it.
//
// What makes a token good is fixed by configuration, never by the token: HS256 goes with the shared secret alone,
// RS256, ES256 and EdDSA with the configured public keys alone, one algorithm for a kind of key. Key ids choose among
// those keys; addresses and keys inside a token are ignored. exp and sub are required, aud and iss where configured, and
// clocks may differ by Leeway.
//
// Refusals are *protocol.Error: token_invalid, token_expired, or unavailable while the provider's keys were never seen.
package auth
