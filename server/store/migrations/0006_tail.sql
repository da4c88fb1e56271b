-- +goose Up
-- What orders the log's end for readers of it: by the transaction's number on PostgreSQL, counted on SQLite. 0 for what
-- came from elsewhere.
ALTER TABLE changes ADD COLUMN mark BIGINT NOT NULL DEFAULT 0;
CREATE INDEX changes_mark ON changes (mark);

-- +goose Down
DROP INDEX changes_mark;
ALTER TABLE changes DROP COLUMN mark;
