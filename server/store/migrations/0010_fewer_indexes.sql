-- +goose Up
-- Nobody is looked for by what they don't have, or have not verified.
DROP INDEX users_username;
DROP INDEX users_email;
DROP INDEX users_phone;
CREATE INDEX users_username ON users (username_key) WHERE username_key <> '';
CREATE INDEX users_email ON users (email_key) WHERE email_verified = 1;
CREATE INDEX users_phone ON users (phone_key) WHERE phone_verified = 1;
-- Of the stays that ended, none began later than all ended.
DROP INDEX stays_from;

-- +goose Down
CREATE INDEX stays_from ON stays (from_at);
DROP INDEX users_phone;
DROP INDEX users_email;
DROP INDEX users_username;
CREATE INDEX users_phone ON users (phone_key);
CREATE INDEX users_email ON users (email_key);
CREATE INDEX users_username ON users (username_key);
