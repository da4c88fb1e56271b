-- +goose Up
-- Messages to addresses that are still to be sent: one row for each open invitation to an address. step counts what
-- has been sent, so 0 is the first mail and 1 the first reminder.
CREATE TABLE outbox (
    invitation_id TEXT PRIMARY KEY,
    step          INTEGER NOT NULL,
    due_at        BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (due_at);

-- +goose Down
DROP TABLE outbox;
