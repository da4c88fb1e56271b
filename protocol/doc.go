// Package protocol has Foyer's words and its wire: ids, requests, results, notifications, errors and the codec.
package protocol
