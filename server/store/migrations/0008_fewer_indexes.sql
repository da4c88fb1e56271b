-- +goose Up
-- Unseen ones are counted among those shown.
DROP INDEX invitations_unseen;
DROP INDEX invitations_received;
CREATE INDEX invitations_received ON invitations (recipient_id, showing, sent_at, id, seen) WHERE showing > 0;
-- sqlite only
-- Rows are in the order in which they came.
DROP INDEX operations_at;
DROP INDEX changes_at;
DROP INDEX changes_mark;
-- end

-- +goose Down
-- sqlite only
CREATE INDEX changes_mark ON changes (mark);
CREATE INDEX changes_at ON changes (at);
CREATE INDEX operations_at ON operations (at);
-- end
DROP INDEX invitations_received;
CREATE INDEX invitations_received ON invitations (recipient_id, showing, sent_at, id) WHERE showing > 0;
CREATE INDEX invitations_unseen ON invitations (recipient_id) WHERE showing = 1 AND seen = 0;
