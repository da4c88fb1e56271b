-- +goose Up
-- Shared places. Who is in them is the Registry's to know.
CREATE TABLE sessions (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    name_key      TEXT NOT NULL, -- what a search can begin with, each after a line break
    visibility    TEXT NOT NULL,
    capacity      INTEGER NOT NULL,
    locked        INTEGER NOT NULL,
    password_hash TEXT NOT NULL,
    persistent    INTEGER NOT NULL,
    metadata      TEXT NOT NULL,
    tick_hz       INTEGER NOT NULL,
    created_at    BIGINT NOT NULL,
    creator       TEXT NOT NULL, -- '' for one made by the server API
    heir          INTEGER NOT NULL,
    rules_rev     BIGINT NOT NULL
);
CREATE INDEX sessions_listed ON sessions (created_at, id) WHERE visibility <> 'private';
CREATE INDEX sessions_creator ON sessions (creator);
CREATE INDEX sessions_passing ON sessions (id) WHERE persistent = 0;

CREATE TABLE session_bans (
    session_id TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    banned_by  TEXT NOT NULL,
    reason     TEXT NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (session_id, user_id)
);
CREATE INDEX session_bans_at ON session_bans (session_id, at, user_id);

-- Who was where and when; to_at is 0 while the stay lasts.
CREATE TABLE stays (
    session_id TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    from_at    BIGINT NOT NULL,
    to_at      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (session_id, user_id, from_at)
);
CREATE INDEX stays_user ON stays (user_id, from_at);
CREATE INDEX stays_to ON stays (to_at);
CREATE INDEX stays_from ON stays (from_at);

-- Who was in a session when the only node drained, until the next start.
CREATE TABLE session_members (
    session_id TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    number     INTEGER NOT NULL,
    role       TEXT NOT NULL,
    former     TEXT NOT NULL,
    attributes TEXT NOT NULL,
    muted      INTEGER NOT NULL,
    devices    TEXT NOT NULL,
    joined_at  BIGINT NOT NULL,
    saved_at   BIGINT NOT NULL,
    PRIMARY KEY (session_id, user_id)
);

-- +goose Down
DROP TABLE session_members;
DROP TABLE stays;
DROP TABLE session_bans;
DROP TABLE sessions;
