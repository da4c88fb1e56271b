-- +goose Up
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- One row for each known user: who they are, what they chose, and the revision of what they can see.
CREATE TABLE users (
    id                TEXT PRIMARY KEY,
    rev               BIGINT NOT NULL DEFAULT 0,
    name              TEXT NOT NULL DEFAULT '',
    username          TEXT NOT NULL DEFAULT '',
    avatar_url        TEXT NOT NULL DEFAULT '',
    email             TEXT NOT NULL DEFAULT '',
    email_verified    INTEGER NOT NULL DEFAULT 0,
    phone             TEXT NOT NULL DEFAULT '',
    phone_verified    INTEGER NOT NULL DEFAULT 0,
    name_key          TEXT NOT NULL DEFAULT '',
    username_key      TEXT NOT NULL DEFAULT '',
    email_key         TEXT NOT NULL DEFAULT '',
    phone_key         TEXT NOT NULL DEFAULT '',
    invitable_by      TEXT NOT NULL DEFAULT 'everyone',
    findable_by_name  INTEGER NOT NULL DEFAULT 1,
    findable_by_email INTEGER NOT NULL DEFAULT 0,
    email_reminders   INTEGER NOT NULL DEFAULT 1,
    recent_people     INTEGER NOT NULL DEFAULT 1,
    note              TEXT NOT NULL DEFAULT '',
    note_until        BIGINT NOT NULL DEFAULT 0,
    invisible         INTEGER NOT NULL DEFAULT 0,
    suspended         INTEGER NOT NULL DEFAULT 0,
    created_at        BIGINT NOT NULL DEFAULT 0,
    seen_at           BIGINT NOT NULL DEFAULT 0
);

-- What each user's devices were told, revision by revision: the log that resuming replays.
CREATE TABLE changes (
    user_id TEXT NOT NULL,
    rev     BIGINT NOT NULL,
    kind    TEXT NOT NULL,
    body    TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (user_id, rev)
);
CREATE INDEX changes_at ON changes (at);

-- What a client named with op_id was carried out, and how it was answered.
CREATE TABLE operations (
    user_id TEXT NOT NULL,
    op_id   TEXT NOT NULL,
    method  TEXT NOT NULL,
    digest  TEXT NOT NULL,
    result  TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (user_id, op_id)
);
CREATE INDEX operations_at ON operations (at);

-- +goose Down
DROP TABLE operations;
DROP TABLE changes;
DROP TABLE users;
DROP TABLE meta;
