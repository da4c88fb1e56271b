-- +goose Up
-- Stays that last are looked through now and then for those whose end nobody could tell.
CREATE INDEX stays_open ON stays (from_at, session_id, user_id) WHERE to_at = 0;
DROP INDEX stays_to;
CREATE INDEX stays_to ON stays (to_at) WHERE to_at > 0;

-- +goose Down
DROP INDEX stays_to;
CREATE INDEX stays_to ON stays (to_at);
DROP INDEX stays_open;
