-- A figure that was wrong is corrected by one that was seen later, also on the same day.
-- The table is made anew, so that it is the same as one that was made so from the beginning.
CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT * FROM fundamentals;
DROP TABLE fundamentals;
CREATE TABLE fundamentals (
    instrument_id INTEGER NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    pe_ratio DOUBLE PRECISION,
    market_cap DOUBLE PRECISION,
    source TEXT NOT NULL,
    CONSTRAINT pk_fundamentals PRIMARY KEY (instrument_id, seen_at),
    CONSTRAINT fk_fundamentals_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
INSERT INTO fundamentals SELECT instrument_id, seen_at, pe_ratio, market_cap, source FROM kept;
COMMENT ON TABLE fundamentals IS 'Each counts from when it was seen until the next.';
