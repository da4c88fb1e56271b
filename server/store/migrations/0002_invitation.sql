-- +goose Up
-- All that is between two users, lo being the smaller id. The state is 0 none, 1 pending, 2 hidden, 3 connected;
-- sender says whose invitation it is in 1 and 2: 0 lo, 1 hi. A view is what one of the two sees: 0 none, 1 invitation
-- sent, 2 invitation received, 3 connected, 4 blocked by this one.
CREATE TABLE pairs (
    lo            TEXT NOT NULL,
    hi            TEXT NOT NULL,
    state         INTEGER NOT NULL,
    sender        INTEGER NOT NULL,
    since         BIGINT NOT NULL,
    lo_view       INTEGER NOT NULL,
    lo_invitation TEXT NOT NULL,
    lo_blocked    BIGINT NOT NULL,
    lo_suppressed BIGINT NOT NULL,
    lo_declined   TEXT NOT NULL,
    lo_withdrew   INTEGER NOT NULL,
    hi_view       INTEGER NOT NULL,
    hi_invitation TEXT NOT NULL,
    hi_blocked    BIGINT NOT NULL,
    hi_suppressed BIGINT NOT NULL,
    hi_declined   TEXT NOT NULL,
    hi_withdrew   INTEGER NOT NULL,
    PRIMARY KEY (lo, hi)
);
CREATE INDEX pairs_hi ON pairs (hi, lo);
CREATE INDEX pairs_lo_close ON pairs (lo, lo_view, hi) WHERE lo_view >= 3;
CREATE INDEX pairs_hi_close ON pairs (hi, hi_view, lo) WHERE hi_view >= 3;
CREATE INDEX pairs_lo_blocks ON pairs (lo, hi) WHERE lo_blocked + hi_blocked > 0;
CREATE INDEX pairs_hi_blocks ON pairs (hi, lo) WHERE lo_blocked + hi_blocked > 0;

-- Invitations, open and past. lo and hi name the pair, and recipient_id is set, once the recipient is known. fate is
-- what became of it for its sender: 0 open, 1 accepted, 2 withdrawn, 3 expired; showing is what its recipient sees:
-- 0 nothing, 1 shown, 2 waiting behind another of the same sender, 3 declined, 4 accepted, 5 gone after having been shown.
CREATE TABLE invitations (
    id           TEXT PRIMARY KEY,
    sender_id    TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    lo           TEXT NOT NULL,
    hi           TEXT NOT NULL,
    target       TEXT NOT NULL,
    address      TEXT NOT NULL,
    channel      TEXT NOT NULL,
    message      TEXT NOT NULL,
    session_id   TEXT NOT NULL,
    sent_at      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    fate         INTEGER NOT NULL,
    resolved_at  BIGINT NOT NULL,
    showing      INTEGER NOT NULL,
    declined_at  BIGINT NOT NULL,
    seen         INTEGER NOT NULL,
    received_rev BIGINT NOT NULL
);
CREATE INDEX invitations_sent ON invitations (sender_id, sent_at, id);
CREATE INDEX invitations_sent_open ON invitations (sender_id, sent_at, id) WHERE fate = 0;
CREATE INDEX invitations_target ON invitations (sender_id, target, sent_at);
CREATE UNIQUE INDEX invitations_open ON invitations (sender_id, target) WHERE fate = 0;
CREATE INDEX invitations_pair ON invitations (lo, hi) WHERE fate = 0;
CREATE INDEX invitations_received ON invitations (recipient_id, showing, sent_at, id) WHERE showing > 0;
CREATE INDEX invitations_unseen ON invitations (recipient_id) WHERE showing = 1 AND seen = 0;
CREATE INDEX invitations_due ON invitations (expires_at) WHERE fate = 0;
CREATE INDEX invitations_unclaimed ON invitations (target) WHERE fate = 0 AND recipient_id = '';
CREATE INDEX invitations_over ON invitations (resolved_at) WHERE fate > 0;

-- What staff did to users, by whom and why.
CREATE TABLE audit (
    id      TEXT PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason  TEXT NOT NULL,
    count   INTEGER NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, at);

-- +goose Down
DROP TABLE audit;
DROP TABLE invitations;
DROP TABLE pairs;
