-- +goose Up
-- Greater with each change of a user's note or invisibility: nodes tell by it which of two they know is the newer one.
ALTER TABLE users ADD COLUMN shown_rev BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE users DROP COLUMN shown_rev;
