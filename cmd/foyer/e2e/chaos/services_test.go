package chaos

import (
	"bytes"
	"context"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// serviceFaults are those of a Redis and a PostgreSQL that are there and do not do as they are asked.
var serviceFaults = []fault{
	// It comes back with what it had saved some time ago.
	{name: "redis-old", on: single, touches: "redis", within: soon, run: func(w *world, _ *node, rng *rand.Rand) {
		w.tellRedis("SAVE")
		wait(between(rng, time.Second, 12*time.Second))
		w.redis.Kill()
		wait(between(rng, 0, 2*time.Second))
		w.redis.Restart()
		wait(6 * time.Second)
	}},
	{name: "redis-flush", on: single, touches: "redis", within: soon, run: func(w *world, _ *node, _ *rand.Rand) {
		w.tellRedis("FLUSHALL")
		wait(5 * time.Second)
	}},
	{name: "redis-full", on: single, touches: "redis", within: soon, run: func(w *world, _ *node, _ *rand.Rand) {
		w.tellRedis("CONFIG SET maxmemory 100")
		wait(6 * time.Second)
		w.tellRedis("CONFIG SET maxmemory 0")
		wait(5 * time.Second)
	}},
	{name: "redis-forbids", on: single, touches: "redis", within: soon, run: func(w *world, _ *node, rng *rand.Rand) {
		w.tellRedis("ACL SETUSER default " + []string{"resetkeys", "resetchannels", "-@write", "-eval -evalsha"}[rng.IntN(4)])
		wait(5 * time.Second)
		w.tellRedis("ACL SETUSER default allkeys allchannels +@all")
		wait(5 * time.Second)
	}},
	{name: "redis-hangs-up", on: single, touches: "redis", within: soon, run: func(w *world, _ *node, rng *rand.Rand) {
		for range 12 {
			w.ask("CLIENT KILL TYPE " + []string{"normal", "pubsub"}[rng.IntN(2)])
			wait(between(rng, 0, 500*time.Millisecond))
		}
		wait(5 * time.Second)
	}},
	// The line of one node is slow, and breaks all the time.
	{name: "redis-drags", on: single, touches: "redis", within: soon, one: true, run: func(_ *world, n *node, _ *rand.Rand) {
		n.redis.slow.Store(int64(200 * time.Millisecond))
		wait(10 * time.Second)
		n.redis.heal()
		wait(5 * time.Second)
	}},
	// One of PostgreSQL's own processes is killed: it ends all others, and recovers.
	{name: "sql-backend-kill", touches: "sql", run: func(w *world, _ *node, rng *rand.Rand) {
		for range 2 {
			require.NoError(w.t, syscall.Kill(w.backend(), syscall.SIGKILL))
			wait(between(rng, time.Second, 3*time.Second))
		}
		wait(2 * time.Second)
	}},
	{name: "sql-away-from-one", touches: "sql", one: true, run: func(_ *world, n *node, rng *rand.Rand) {
		n.sql.sever()
		wait(between(rng, 3*time.Second, 9*time.Second))
		n.sql.heal()
		wait(3 * time.Second)
	}},
	{name: "sql-hangs-up", touches: "sql", run: func(w *world, _ *node, rng *rand.Rand) {
		for range 8 {
			w.tellSQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'foyer' AND pid <> pg_backend_pid()")
			wait(between(rng, 0, 600*time.Millisecond))
		}
		wait(2 * time.Second)
	}},
	{name: "sql-read-only", touches: "sql", run: func(w *world, _ *node, _ *rand.Rand) {
		w.tellSQL("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
		wait(8 * time.Second)
		w.tellSQL("SET default_transaction_read_only = off", "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")
		wait(3 * time.Second)
	}},
	{name: "sql-locked", touches: "sql", run: func(w *world, _ *node, rng *rand.Rand) {
		table := []string{"pairs", "changes", "users", "invitations"}[rng.IntN(4)]
		w.tellSQL("BEGIN", "LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE", "SELECT pg_sleep(4)", "COMMIT")
		wait(2 * time.Second)
	}},
	// Statements and commits fail for many reasons.
	{name: "sql-errors", touches: "sql", run: func(w *world, _ *node, _ *rand.Rand) {
		w.tellSQL(`CREATE OR REPLACE FUNCTION chaos() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF random() < 0.1 THEN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END IF;
	IF random() < 0.1 THEN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END IF;
	IF random() < 0.1 THEN RAISE EXCEPTION 'serialization' USING ERRCODE = '40001'; END IF;
	RETURN NEW;
END $$`,
			"CREATE CONSTRAINT TRIGGER chaos_late AFTER INSERT ON changes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chaos()",
			"CREATE TRIGGER chaos_now BEFORE INSERT ON changes FOR EACH ROW EXECUTE FUNCTION chaos()")
		wait(5 * time.Second)
		w.tellSQL("DROP TRIGGER chaos_late ON changes", "DROP TRIGGER chaos_now ON changes")
		wait(2 * time.Second)
	}},
}

func init() { faults = append(faults, serviceFaults...) }

// backend returns a process that serves a node.
func (w *world) backend() (pid int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	for ; ; wait(50 * time.Millisecond) {
		c, err := pgx.Connect(ctx, w.postgres.URL)
		if err == nil {
			err = c.QueryRow(ctx, "SELECT pid FROM pg_stat_activity WHERE usename = 'foyer' AND pid <> pg_backend_pid() LIMIT 1").Scan(&pid)
			_ = c.Close(ctx)
		}
		if err == nil {
			return pid
		}
		require.NoError(w.t, ctx.Err(), "no process of PostgreSQL serves a node")
	}
}

// healthySoon is so long a time in which all nodes have to find that nothing is amiss, after Redis was away.
func (w *world) healthySoon(soon time.Duration) {
	w.t.Helper()
	back := time.Now()
	for _, n := range w.nodes {
		if !eventually(soon+slack-time.Since(back), func() bool { return bytes.Contains(n.read("/readyz"), []byte(`"status":"ok"`)) }) && !w.tooSlow() {
			w.violate("health", "%s does not find all well %s after Redis was back: %s", n.name, soon, n.read("/readyz"))
		}
	}
	w.say("all nodes were healthy %.1f s after Redis was back", time.Since(back).Seconds())
	wait(time.Until(back.Add(5 * time.Second)))
}

// tellRedis has Redis carry out what can't fail.
func (w *world) tellRedis(line string) {
	w.t.Helper()
	require.Equal(w.t, "+OK", w.ask(line), line)
}

// ask returns the first line of Redis' answer.
func (w *world) ask(line string) string {
	w.t.Helper()
	answer, err := w.redis.Command(line)
	require.NoError(w.t, err)
	return answer
}

// tellSQL has PostgreSQL carry out statements on one connection.
func (w *world) tellSQL(statements ...string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, w.postgres.URL)
	require.NoError(w.t, err)
	defer func() { _ = c.Close(ctx) }()
	for _, s := range statements {
		_, err := c.Exec(ctx, s)
		require.NoError(w.t, err, s)
	}
}
