// Package config holds every setting of the server: its name, its default, what it is for, and what makes it impossible.
//
// A setting is a flag (--limits.requests-per-second), an environment variable (FOYER_LIMITS_REQUESTS_PER_SECOND) and a
// member of the YAML file given with --config (limits: {requests-per-second: 20}), in that order of precedence; the three
// names always follow from one another. Unknown flags and file members are errors, unknown FOYER_ variables a warning.
//
// cmd/foyer parses into Settings and calls Check before anything starts. The reference in docs/ is generated from here.
package config
