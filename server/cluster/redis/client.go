package redis

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"foyer/protocol"
	"foyer/server/cluster"
)

// clusterLanes is how many hash tags keys and channels are spread over in a Redis Cluster: a node needs one connection
// for each that it listens to.
const clusterLanes = 64

const (
	dialWithin = time.Second
	callWithin = 2 * time.Second
	// reloadEvery is how often it is asked for which slots are on which servers: a server that is gone doesn't say it.
	reloadEvery = time.Second
)

// Client is one node's way to Redis. It dials when it has to, so Open succeeds with Redis out of reach.
type Client struct {
	rdb     redis.UniversalClient
	prefix  string
	lanes   uint32
	sharded bool
	breaker *breaker
	current atomic.Pointer[generation] // by which values are written; nil for who is no Node
}

// Options tune a Client.
type Options struct {
	// Prefix begins every key and channel, so that installations can share a Redis; "foyer:" when empty.
	Prefix string
}

// Open makes a Client of a URL: redis://… or rediss://… for one server, with ?master_name=… for Sentinel, and several
// separated by commas, or one with ?addr=…, for a Redis Cluster.
func Open(address string, o Options) (*Client, error) {
	silence()
	c := &Client{prefix: o.Prefix, lanes: 1, breaker: &breaker{lines: map[*line]struct{}{}}}
	if c.prefix == "" {
		c.prefix = "foyer:"
	}
	off := &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	first, query, several, err := split(address)
	switch {
	case err != nil:
		return nil, err
	case several || query.Has("addr") && !query.Has("master_name"):
		opts, err := redis.ParseClusterURL(first)
		if err != nil {
			return nil, unreadable(err)
		}
		opts.MaxRetries, opts.ContextTimeoutEnabled, opts.DialTimeout, opts.ReadTimeout, opts.MaintNotificationsConfig = -1, true, dialWithin, callWithin, off
		opts.Dialer = c.breaker.dialer(opts.TLSConfig)
		opts.DialerRetries, opts.ClusterStateReloadInterval = 1, reloadEvery
		c.rdb, c.lanes, c.sharded = redis.NewClusterClient(opts), clusterLanes, true
	case query.Has("master_name"):
		opts, err := redis.ParseFailoverURL(first)
		if err != nil {
			return nil, unreadable(err)
		}
		opts.MaxRetries, opts.ContextTimeoutEnabled, opts.DialTimeout, opts.ReadTimeout = -1, true, dialWithin, callWithin
		opts.Dialer = c.breaker.dialer(opts.TLSConfig)
		opts.DialerRetries = 1
		c.rdb = redis.NewFailoverClient(opts)
	default:
		opts, err := redis.ParseURL(first)
		if err != nil {
			return nil, unreadable(err)
		}
		opts.MaxRetries, opts.ContextTimeoutEnabled, opts.DialTimeout, opts.ReadTimeout, opts.MaintNotificationsConfig = -1, true, dialWithin, callWithin, off
		opts.DialerRetries, opts.Dialer = 1, c.breaker.dialer(opts.TLSConfig)
		c.rdb = redis.NewClient(opts)
	}
	c.rdb.AddHook(c.breaker)
	return c, nil
}

// silence ends the library's own log: what it has to say comes as errors too.
var silence = sync.OnceFunc(func() { redis.SetLogger(quiet{}) })

type quiet struct{}

// Printf writes nothing.
func (quiet) Printf(context.Context, string, ...any) {}

// split makes one URL of several: the first, with the others' hosts as addr.
func split(address string) (first string, query url.Values, several bool, err error) {
	list := strings.Split(address, ",")
	u, err := url.Parse(strings.TrimSpace(list[0]))
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Host == "" {
		return "", nil, false, errors.New("no address of the form redis://HOST:PORT")
	}
	query = u.Query()
	for _, other := range list[1:] {
		o, err := url.Parse(strings.TrimSpace(other))
		if err != nil || o.Scheme != u.Scheme || o.Host == "" {
			return "", nil, false, errors.New("several addresses need the form redis://HOST:PORT,redis://HOST:PORT")
		}
		query.Add("addr", o.Host)
	}
	u.RawQuery = query.Encode()
	return u.String(), query, len(list) > 1, nil
}

// unreadable says that an address is none, without repeating it: it may have a password.
func unreadable(err error) error {
	var text *url.Error
	if errors.As(err, &text) {
		err = text.Err
	}
	return fmt.Errorf("address of Redis: %w", err)
}

// Close gives the connections back.
func (c *Client) Close() error { return c.rdb.Close() }

// Ping reports whether Redis answers.
func (c *Client) Ping(ctx context.Context) error { return c.rdb.Ping(ctx).Err() }

// channel is where a topic's messages are published.
func (c *Client) channel(t cluster.Topic) string { return c.tagged(c.lane(string(t)), string(t)) }

// lane spreads names over the hash tags.
func (c *Client) lane(name string) uint32 {
	if c.lanes == 1 {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return h.Sum32() % c.lanes
}

// tagged is a name within a lane. The tag stands first, so that braces in the name count for nothing.
func (c *Client) tagged(lane uint32, name string) string {
	return c.prefix + "{" + strconv.Itoa(int(lane)) + "}" + name
}

// key is a key in the same lane as the topic's channel, so that one script can write it and publish.
func (c *Client) key(kind string, t cluster.Topic) string {
	return c.tagged(c.lane(string(t)), kind+":"+string(t))
}

// topic undoes channel.
func (c *Client) topic(channel string) cluster.Topic {
	_, name, _ := strings.Cut(strings.TrimPrefix(channel, c.prefix), "}")
	return cluster.Topic(name)
}

// unreachable makes the refusal of an error that Redis, or the way to it, is the cause of.
func unreachable(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w: redis: %w", protocol.Refuse(protocol.Unavailable), err)
}
