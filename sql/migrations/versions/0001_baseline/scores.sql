CREATE TABLE candle_scores (
    instrument_id INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    price DOUBLE PRECISION NOT NULL,
    bull INTEGER NOT NULL,
    bear INTEGER NOT NULL,
    maximum INTEGER NOT NULL,
    scored_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_candle_scores PRIMARY KEY (instrument_id, at),
    CONSTRAINT fk_candle_scores_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE candle_scores IS 'How unusual the candles of a pair were.';
COMMENT ON COLUMN candle_scores.at IS 'close of the newest candle that had closed';
COMMENT ON COLUMN candle_scores.maximum IS 'the highest that a score could be';

CREATE TABLE candle_ranks (
    instrument_id INTEGER NOT NULL,
    interval TEXT NOT NULL,
    change DOUBLE PRECISION NOT NULL,
    amplitude DOUBLE PRECISION NOT NULL,
    max_up DOUBLE PRECISION NOT NULL,
    max_down DOUBLE PRECISION NOT NULL,
    rank_change DOUBLE PRECISION,
    rank_amplitude DOUBLE PRECISION,
    rank_max_up DOUBLE PRECISION,
    rank_max_down DOUBLE PRECISION,
    bull_points INTEGER NOT NULL,
    bear_points INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    average_change DOUBLE PRECISION,
    average_amplitude DOUBLE PRECISION,
    average_max_up DOUBLE PRECISION,
    average_max_down DOUBLE PRECISION,
    CONSTRAINT pk_candle_ranks PRIMARY KEY (instrument_id, interval),
    CONSTRAINT fk_candle_ranks_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE candle_ranks IS 'The ranks of the newest score of each pair.';
COMMENT ON COLUMN candle_ranks.change IS 'per cent, as the other figures';
COMMENT ON COLUMN candle_ranks.rank_max_up IS 'null while the change is negative';
COMMENT ON COLUMN candle_ranks.rank_max_down IS 'null while the change is positive';
COMMENT ON COLUMN candle_ranks.closed IS 'candles that it was ranked among';
COMMENT ON COLUMN candle_ranks.average_change IS 'of the closed candles, as the other averages';

CREATE TABLE tuned_thresholds (
    instrument_id INTEGER NOT NULL,
    timeframes TEXT[] NOT NULL,
    usable_from TIMESTAMP WITH TIME ZONE NOT NULL,
    tuned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    bull INTEGER,
    bear INTEGER,
    maximum INTEGER NOT NULL,
    trials INTEGER NOT NULL,
    gain DOUBLE PRECISION NOT NULL,
    hold DOUBLE PRECISION NOT NULL,
    deflated_sharpe DOUBLE PRECISION,
    objection TEXT NOT NULL,
    CONSTRAINT pk_tuned_thresholds PRIMARY KEY (instrument_id, timeframes, usable_from),
    CONSTRAINT fk_tuned_thresholds_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE tuned_thresholds IS 'Thresholds of scores tuned on history.';
COMMENT ON COLUMN tuned_thresholds.usable_from IS 'they count from then on, until newer ones do';
COMMENT ON COLUMN tuned_thresholds.tuned_at IS 'close of the last candle that it rests on';
COMMENT ON COLUMN tuned_thresholds.bull IS 'null: no bear score ever led to a buy';
COMMENT ON COLUMN tuned_thresholds.trials IS 'pairs of thresholds tried';
COMMENT ON COLUMN tuned_thresholds.gain IS 'out of sample';
COMMENT ON COLUMN tuned_thresholds.hold IS 'of the coin in the same time';
COMMENT ON COLUMN tuned_thresholds.objection IS 'why they are not to be used; empty: they are';
