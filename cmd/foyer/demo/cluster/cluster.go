//go:build unix

package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"foyer/server/freeport"
	"foyer/server/store/pgserver"
)

// Options say what to run.
type Options struct {
	// Program is the foyer to run nodes of.
	Program string
	// Listen is where the load balancer takes devices, Status where it shows how the nodes are.
	Listen, Status string
	// Nodes is how many.
	Nodes int
	// Flags are more of serve's flags.
	Flags []string
	// Again is how long after its end a node is started anew.
	Again time.Duration
	// Tell is given what happens to nodes, and what is being started.
	Tell func(what string)
}

// Cluster is running nodes and what is beneath them.
type Cluster struct {
	o        Options
	dir      string
	secret   string
	postgres *pgserver.Server
	redis    *program
	balancer *program
	address  string // Redis's
	nodes    []*Node
	keeping  sync.WaitGroup
	stop     context.CancelFunc
}

// startWithin is how long all of it may take until it answers, on a busy machine.
const startWithin = 2 * time.Minute

// Start starts everything and returns when devices are welcome.
func Start(ctx context.Context, o Options) (c *Cluster, err error) {
	programs, err := find("redis-server", "haproxy")
	if err != nil {
		return nil, err
	}
	for _, address := range []string{o.Listen, o.Status} {
		if err := free(ctx, address); err != nil {
			return nil, err
		}
	}
	dir, err := os.MkdirTemp("", "foyer-demo-")
	if err != nil {
		return nil, err
	}
	keep, stop := context.WithCancel(ctx)
	c = &Cluster{o: o, dir: dir, secret: rand.Text() + rand.Text(), stop: stop}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := c.beneath(ctx, programs["redis-server"]); err != nil {
		return c, err
	}
	if err := c.startNodes(ctx); err != nil {
		return c, err
	}
	if err := c.balance(ctx, programs["haproxy"]); err != nil {
		return c, err
	}
	for _, n := range c.nodes {
		c.keeping.Go(func() { c.keep(keep, n) })
	}
	return c, nil
}

// find returns where the programs are. Debian has some of them where only root looks.
func find(names ...string) (map[string]string, error) {
	found, missing := map[string]string{}, []string(nil)
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			path, err = exec.LookPath(filepath.Join("/usr/sbin", name))
		}
		if err != nil {
			missing = append(missing, name)
		}
		found[name] = path
	}
	if missing != nil {
		return nil, fmt.Errorf("not installed: %s. Run make demo-cluster, which installs what is missing, or as root: apt-get install redis-server postgresql haproxy", strings.Join(missing, ", "))
	}
	return found, nil
}

// free makes sure that nobody else has an address.
func free(ctx context.Context, address string) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return l.Close()
}

// beneath starts PostgreSQL and Redis.
func (c *Cluster) beneath(ctx context.Context, redis string) error {
	c.o.Tell("starting PostgreSQL and Redis")
	addresses, err := freeAddresses(ctx, 1)
	if err != nil {
		return err
	}
	c.address = addresses[0]
	_, port, _ := strings.Cut(c.address, ":")
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		c.postgres, err = pgserver.Start(ctx)
		return err
	})
	group.Go(func() (err error) {
		c.redis, err = start(command{
			name: "redis-server", path: redis, dir: c.dir, log: c.log("redis"),
			args: []string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", c.dir},
		})
		if err != nil {
			return err
		}
		return c.redis.await(ctx, func(ctx context.Context) error { return reachable(ctx, c.address) })
	})
	return group.Wait()
}

// startNodes starts all nodes at once; whichever is first brings the database up to date.
func (c *Cluster) startNodes(ctx context.Context) error {
	c.o.Tell(fmt.Sprintf("starting %d nodes", c.o.Nodes))
	addresses, err := freeAddresses(ctx, 2*c.o.Nodes)
	if err != nil {
		return err
	}
	for i := range c.o.Nodes {
		c.nodes = append(c.nodes, &Node{Name: fmt.Sprintf("node-%d", i+1), Listen: addresses[2*i], Admin: addresses[2*i+1]})
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, n := range c.nodes {
		group.Go(func() error { return c.run(ctx, n) })
	}
	return group.Wait()
}

// balance starts the load balancer.
func (c *Cluster) balance(ctx context.Context, haproxy string) error {
	c.o.Tell("starting the load balancer")
	file := filepath.Join(c.dir, "haproxy.cfg")
	if err := writeBalancer(file, c.o.Listen, c.o.Status, c.nodes); err != nil {
		return err
	}
	var err error
	c.balancer, err = start(command{name: "haproxy", path: haproxy, args: []string{"-db", "-f", file}, dir: c.dir, log: c.log("haproxy")})
	if err != nil {
		return err
	}
	err = c.balancer.await(ctx, func(ctx context.Context) error { return answers(ctx, c.o.Listen, "/tablet/") })
	return c.explain(err, "haproxy")
}

// log is the file that gets what a program says.
func (c *Cluster) log(name string) string { return filepath.Join(c.dir, name+".log") }

// explain adds what a program said to why it did not start.
func (c *Cluster) explain(err error, name string) error {
	if err == nil {
		return nil
	}
	said, _ := os.ReadFile(c.log(name)) // nothing, if it can't be read
	return fmt.Errorf("%w\n%s", err, said[max(0, len(said)-2000):])
}

// RedisPID is Redis's process.
func (c *Cluster) RedisPID() int { return c.redis.pid }

// Nodes returns the nodes.
func (c *Cluster) Nodes() []*Node { return c.nodes }

// Close ends everything, the nodes in an orderly way, and removes what they left. It may be called twice.
func (c *Cluster) Close() error {
	c.stop()
	c.keeping.Wait()
	var nodes sync.WaitGroup
	for _, n := range c.nodes {
		if p := n.running(); p != nil {
			nodes.Go(func() { p.stop(10 * time.Second) })
		}
	}
	nodes.Wait()
	for _, p := range []*program{c.balancer, c.redis} {
		if p != nil {
			p.end()
		}
	}
	var err error
	if c.postgres != nil {
		err = c.postgres.Close()
	}
	return errors.Join(err, os.RemoveAll(c.dir))
}

// freeAddresses returns addresses on loopback that nobody has.
func freeAddresses(ctx context.Context, n int) (found []string, err error) {
	for range n {
		address, err := freeport.Address(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, address)
	}
	return found, nil
}

func reachable(ctx context.Context, address string) error {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return c.Close()
}

func answers(ctx context.Context, address, path string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, response.Status)
	}
	return nil
}
