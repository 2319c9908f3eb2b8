CREATE TABLE recommendations (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    instrument_id INTEGER NOT NULL,
    session DATE NOT NULL,
    strategy TEXT,
    params TEXT,
    reason TEXT NOT NULL,
    trials INTEGER NOT NULL,
    data_hash TEXT NOT NULL,
    report TEXT NOT NULL,
    reviewed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_recommendations PRIMARY KEY (id),
    CONSTRAINT uq_recommendations_instrument_id_session UNIQUE (instrument_id, session),
    CONSTRAINT fk_recommendations_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE recommendations IS 'What the reviews of strategies recommend.';
COMMENT ON COLUMN recommendations.strategy IS 'null: none survived';
COMMENT ON COLUMN recommendations.trials IS 'settings tried';
COMMENT ON COLUMN recommendations.report IS 'key in the object store';

CREATE TABLE backtests (
    recommendation_id BIGINT NOT NULL,
    rank INTEGER NOT NULL,
    strategy TEXT NOT NULL,
    params TEXT NOT NULL,
    first_session DATE NOT NULL,
    last_session DATE NOT NULL,
    statistics JSONB NOT NULL,
    deflated_sharpe DOUBLE PRECISION,
    objection TEXT NOT NULL,
    CONSTRAINT pk_backtests PRIMARY KEY (recommendation_id, rank),
    CONSTRAINT fk_backtests_recommendation_id FOREIGN KEY(recommendation_id) REFERENCES recommendations (id)
);
COMMENT ON TABLE backtests IS 'What the recommendations were chosen from.';
COMMENT ON COLUMN backtests.rank IS '0 is the best';
COMMENT ON COLUMN backtests.statistics IS 'out of sample';
COMMENT ON COLUMN backtests.objection IS 'why it is not recommended';

CREATE INDEX ix_signals_instrument_id ON signals (instrument_id);
