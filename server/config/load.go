package config

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"foyer/server/auth"
)

// File is the --config flag: a YAML file of settings.
type File = kong.ConfigFlag

// Prefix begins the name of every environment variable of a setting.
const Prefix = "FOYER"

// Options are what a kong parser needs so that flags are settings: their environment variables and the file.
func Options() []kong.Option {
	return []kong.Option{kong.DefaultEnvars(Prefix), kong.Configuration(readFile), kong.ValueFormatter(describe)}
}

// describe is a flag's help with its default and its variable.
func describe(v *kong.Value) string {
	var notes []string
	if v.HasDefault && v.Default != "" {
		notes = append(notes, "default "+v.Default)
	}
	for _, name := range v.Tag.Envs {
		notes = append(notes, "$"+name)
	}
	if len(notes) == 0 {
		return v.Help
	}
	return v.Help + " (" + strings.Join(notes, "; ") + ")"
}

// UnknownVariables returns the environment's FOYER_ variables that are no setting of the program's, sorted.
func UnknownVariables(app *kong.Application, environ []string) []string {
	known := map[string]bool{}
	for _, flag := range flags(app.Node) {
		for _, name := range flag.Envs {
			known[name] = true
		}
	}
	var unknown []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, Prefix+"_") && !known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// Complete fills in what stands in files and what the machine knows: secrets given by file, and the node's name.
func (s *Settings) Complete() error {
	if err := s.Auth.Complete(); err != nil {
		return err
	}
	if err := ReadStore(&s.Store, s.StoreFile); err != nil {
		return err
	}
	if s.RedisFile != "" {
		if s.Redis != "" {
			return fmt.Errorf("--redis and --redis-file: give one of them")
		}
		if err := FromFile(&s.Redis, "redis-file", s.RedisFile); err != nil {
			return err
		}
	}
	if s.Node == "" {
		host, err := os.Hostname()
		if err != nil {
			return fmt.Errorf("--node: the host has no name: %w", err)
		}
		s.Node = host
	}
	return nil
}

// ReadStore reads the database's address from a file, if there is one.
func ReadStore(store *string, file string) error {
	switch {
	case file == "":
		return nil
	case *store != defaultStore:
		return fmt.Errorf("--store and --store-file: give one of them")
	}
	return FromFile(store, "store-file", file)
}

// Defaults are the settings of a server that was told nothing but what the environment says.
func Defaults() (Settings, error) {
	var s Settings
	if err := kong.ApplyDefaults(&s, Options()...); err != nil {
		return Settings{}, fmt.Errorf("settings: %w", err)
	}
	return s, nil
}

const defaultStore = "sqlite:foyer.db"

// Complete reads the secret if it stands in a file.
func (a *Auth) Complete() error {
	if a.SecretFile == "" {
		return nil
	}
	if a.Secret != "" {
		return fmt.Errorf("--auth-secret and --auth-secret-file: give one of them")
	}
	return FromFile(&a.Secret, "auth-secret-file", a.SecretFile)
}

// Options are what the server checks tokens with; the file of public keys is read.
func (a *Auth) Options() (auth.Options, error) {
	o := auth.Options{Secret: []byte(a.Secret), Address: a.JWKS, Issuer: a.Issuer, Audience: a.Audience}
	if a.Keys == "" {
		return o, nil
	}
	text, err := os.ReadFile(a.Keys)
	if err != nil {
		return o, fmt.Errorf("--auth-keys: %w", err)
	}
	if o.Keys, err = auth.ReadKeys(text); err != nil {
		return o, fmt.Errorf("--auth-keys: %s: %w", a.Keys, err)
	}
	return o, nil
}

// FromFile reads the value of a setting from a file, without its last line break. flag is what the setting is called.
func FromFile(into *string, flag, path string) error {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("--%s: %w", flag, err)
	}
	*into = strings.TrimRight(string(text), "\r\n")
	if *into == "" {
		return fmt.Errorf("--%s: %s is empty", flag, path)
	}
	return nil
}
