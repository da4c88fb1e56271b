-- +goose Up
-- When the user last stopped being invisible.
ALTER TABLE users ADD COLUMN visible_at BIGINT NOT NULL DEFAULT 0;

CREATE INDEX users_username ON users (username_key);
CREATE INDEX users_email ON users (email_key);
CREATE INDEX users_phone ON users (phone_key);

-- What a search by name can match: for each user who lets themselves be found so, the folded name, the rest of it from
-- each later word on, and the folded username. Bytes, so that both databases compare them alike.
CREATE TABLE user_words (
    word    BYTEA NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (word, user_id)
);
CREATE INDEX user_words_user ON user_words (user_id, word);

-- Who was in a session at the same time as somebody else.
CREATE INDEX stays_session ON stays (session_id, from_at, to_at, user_id);

-- +goose Down
DROP INDEX stays_session;
DROP TABLE user_words;
DROP INDEX users_phone;
DROP INDEX users_email;
DROP INDEX users_username;
ALTER TABLE users DROP COLUMN visible_at;
