//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"foyer/cmd/foyer/demo"
	"foyer/cmd/foyer/demo/cluster"
)

// cluster runs the demo on several nodes.
func (c *demoCommand) cluster(ctx context.Context, to streams, color bool) (err error) {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	var telling sync.Mutex
	nodes, err := cluster.Start(ctx, cluster.Options{
		Program: program, Listen: c.Listen, Status: c.AdminListen, Nodes: 3, Again: demo.Again,
		Flags: []string{"--invitations.pair-gap", "5s", "--invitations.pair-max", "0"}, // so that inviting can be played with
		Tell: func(what string) {
			telling.Lock()
			defer telling.Unlock()
			fmt.Fprintf(to.out, "  %s  %s\n", time.Now().Format(time.TimeOnly), what)
		},
	})
	if err != nil {
		if ctx.Err() != nil { // stopped while it was starting
			return nil
		}
		return err
	}
	defer func() { err = errors.Join(err, nodes.Close()) }()
	url := "http://" + c.Listen
	return demo.Run(ctx, demo.Options{
		URL: url, Token: demo.DevTokens(url), Out: to.out, Color: color, Nodes: true,
		Ready: func() {
			shown := demo.Nodes{URL: url, Status: "http://" + c.AdminListen, Redis: nodes.RedisPID()}
			for _, n := range nodes.Nodes() {
				shown.Nodes = append(shown.Nodes, demo.Node{Name: n.Name, Address: n.Listen, PID: n.PID()})
			}
			demo.NodesBanner(to.out, shown, color)
		},
	})
}
