package main

import (
	"errors"
	"fmt"
	"time"

	"foyer/server/auth"
	"foyer/server/config"
)

type tokenCommand struct {
	User     string        `env:"-" required:"" placeholder:"ID" help:"The user's id (sub)."`
	Name     string        `env:"-" placeholder:"NAME" help:"The name that others see."`
	Username string        `env:"-" placeholder:"NAME" help:"The username by which others can invite (preferred_username)."`
	Email    string        `env:"-" placeholder:"ADDRESS" help:"An e-mail address, taken as verified."`
	Phone    string        `env:"-" placeholder:"NUMBER" help:"A phone number, taken as verified."`
	Picture  string        `env:"-" placeholder:"URL" help:"Address of an avatar."`
	Features []string      `env:"-" placeholder:"NAME" help:"The only optional features this user has; all unless given. \"none\" for none."`
	Roles    []string      `env:"-" placeholder:"NAME" help:"Roles of this user."`
	TTL      time.Duration `name:"ttl" env:"-" default:"15m" placeholder:"DURATION" help:"How long the token is good."`
	Auth     config.Auth   `embed:"" prefix:"auth-"`
}

// Run prints the token alone, so that it can be put into a variable.
func (c *tokenCommand) Run(to streams) error {
	if err := c.Auth.Complete(); err != nil {
		return err
	}
	if c.Auth.Secret == "" {
		return errors.New("no secret to sign with: set FOYER_AUTH_SECRET to the server's (openssl rand -hex 32 makes one)")
	}
	if c.TTL <= 0 {
		return fmt.Errorf("--ttl %s: has to be longer than 0", c.TTL)
	}
	claims := auth.Claims{
		Subject: c.User, Name: c.Name, Username: c.Username, Email: c.Email, EmailVerified: c.Email != "", Phone: c.Phone, PhoneVerified: c.Phone != "",
		Picture: c.Picture, Features: c.Features, Roles: c.Roles,
	}
	if len(c.Features) == 1 && c.Features[0] == "none" {
		claims.Features = []string{}
	}
	token, err := auth.Sign(auth.Options{Secret: []byte(c.Auth.Secret), Issuer: c.Auth.Issuer, Audience: c.Auth.Audience}, claims, c.TTL)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(to.out, token)
	return err
}
