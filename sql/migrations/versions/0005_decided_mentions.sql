-- Mentions are numbered in the order in which they were stored, and how far each is decided on is kept.
ALTER TABLE mentions ADD COLUMN number BIGINT GENERATED ALWAYS AS IDENTITY;
ALTER TABLE mentions ADD CONSTRAINT uq_mentions_number UNIQUE (number);
COMMENT ON COLUMN mentions.number IS 'in the order of storing';
CREATE INDEX ix_signals_post ON signals (post) WHERE post <> '';

CREATE TABLE decided_mentions (
    strategy TEXT NOT NULL,
    params TEXT NOT NULL,
    instrument_id INTEGER NOT NULL,
    since TIMESTAMP WITH TIME ZONE,
    up_to BIGINT NOT NULL,
    CONSTRAINT pk_decided_mentions PRIMARY KEY (strategy, params, instrument_id),
    CONSTRAINT fk_decided_mentions_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE decided_mentions IS
    'Up to which mention each one has a signal; derived, so that nobody need look at them again.';
COMMENT ON COLUMN decided_mentions.since IS 'availability from which on this holds; null: always';
COMMENT ON COLUMN decided_mentions.up_to IS 'number of a mention';
