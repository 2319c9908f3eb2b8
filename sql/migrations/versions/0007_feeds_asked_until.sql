ALTER TABLE feeds ADD COLUMN asked_until TIMESTAMP WITH TIME ZONE;
COMMENT ON COLUMN feeds.asked_until IS 'end of what was asked for so far';
