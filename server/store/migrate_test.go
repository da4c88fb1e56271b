package store

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"foyer/server/store/testservice"
)

// migratingElsewhere makes the schema look as if another node were at its migrations until t ends, or until done is called.
func migratingElsewhere(t *testing.T, dsn string) (done func()) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	done = func() { _ = c.Close(context.Background()) }
	t.Cleanup(done)
	_, err = c.Exec(t.Context(), `SELECT pg_advisory_lock($1, hashtext(current_schema()))`, migrationsLock)
	require.NoError(t, err)
	return done
}

func migrateWithin(t *testing.T, dsn string, patience time.Duration) error {
	t.Helper()
	config, err := parsePostgres(dsn)
	require.NoError(t, err)
	db := openPool(config.ConnConfig, 2, Options{})
	defer db.Close()
	return migratePostgres(t.Context(), db, patience)
}

func TestANodeThatHasNothingToMigrateWaitsForNobody(t *testing.T) {
	dsn := testservice.PostgreSQL(t)
	require.NoError(t, migrateWithin(t, dsn, time.Minute))
	migratingElsewhere(t, dsn)
	s, err := Open(t.Context(), dsn, Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

func TestMigrationsOfOneInstallationDoNotKeepAnother(t *testing.T) {
	migratingElsewhere(t, testservice.PostgreSQL(t))
	require.NoError(t, migrateWithin(t, testservice.PostgreSQL(t), time.Second))
}

func TestANodeThatWaitsTooLongForAnothersMigrationsSaysSo(t *testing.T) {
	dsn := testservice.PostgreSQL(t)
	done := migratingElsewhere(t, dsn)
	require.ErrorContains(t, migrateWithin(t, dsn, 100*time.Millisecond), "another node has been migrating the database for 100ms")
	done()
	require.NoError(t, migrateWithin(t, dsn, time.Minute))
}
