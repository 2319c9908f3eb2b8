CREATE TABLE imported_files (
    fingerprint TEXT NOT NULL,
    path TEXT NOT NULL,
    read INTEGER NOT NULL,
    imported_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_imported_files PRIMARY KEY (fingerprint)
);

CREATE TABLE instruments (
    id INTEGER GENERATED ALWAYS AS IDENTITY,
    symbol TEXT NOT NULL,
    venue TEXT NOT NULL,
    CONSTRAINT pk_instruments PRIMARY KEY (id),
    CONSTRAINT uq_instruments_symbol_venue UNIQUE (symbol, venue)
);
COMMENT ON COLUMN instruments.venue IS 'exchange_calendars code';

CREATE TABLE quality_results (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    suite TEXT NOT NULL,
    source TEXT NOT NULL,
    batch TEXT NOT NULL,
    evaluated INTEGER NOT NULL,
    passed INTEGER NOT NULL,
    expectations JSONB NOT NULL,
    holes JSONB NOT NULL,
    errors JSONB NOT NULL,
    judged_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_quality_results PRIMARY KEY (id),
    CONSTRAINT uq_quality_results_suite_source_batch UNIQUE (suite, source, batch)
);

CREATE TABLE quarantine (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    place TEXT NOT NULL,
    symbol TEXT NOT NULL,
    session TEXT NOT NULL,
    reason TEXT NOT NULL,
    row JSONB NOT NULL,
    fingerprint TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_quarantine PRIMARY KEY (id),
    CONSTRAINT uq_quarantine_fingerprint UNIQUE (fingerprint)
);
CREATE INDEX ix_quarantine_reason ON quarantine (reason);
COMMENT ON COLUMN quarantine.place IS 'file and line, or request';
COMMENT ON COLUMN quarantine.session IS 'as it came';
COMMENT ON COLUMN quarantine.fingerprint IS 'hash of source, place, reason and row';

CREATE TABLE sessions (
    venue TEXT NOT NULL,
    session DATE NOT NULL,
    stage TEXT NOT NULL CONSTRAINT ck_sessions_stage CHECK (stage IN ('ingested', 'decided')),
    reached_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (venue, session, stage)
);
COMMENT ON TABLE sessions IS 'Which sessions have been through which stage.';

CREATE TABLE bars (
    instrument_id INTEGER NOT NULL,
    interval TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    open DOUBLE PRECISION NOT NULL,
    high DOUBLE PRECISION NOT NULL,
    low DOUBLE PRECISION NOT NULL,
    close DOUBLE PRECISION NOT NULL,
    volume DOUBLE PRECISION NOT NULL,
    source TEXT NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_bars PRIMARY KEY (instrument_id, interval, opened_at)
)
 PARTITION BY RANGE (opened_at);
COMMENT ON TABLE bars IS 'As traded. Partitioned by year.';
COMMENT ON COLUMN bars.opened_at IS 'for daily bars 00:00 UTC of the session date, a label';

CREATE TABLE corporate_actions (
    instrument_id INTEGER NOT NULL,
    ex_date DATE NOT NULL,
    kind TEXT NOT NULL CONSTRAINT ck_corporate_actions_kind CHECK (kind IN ('split', 'dividend')),
    value DOUBLE PRECISION NOT NULL,
    source TEXT NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_corporate_actions PRIMARY KEY (instrument_id, ex_date, kind),
    CONSTRAINT fk_corporate_actions_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON COLUMN corporate_actions.value IS 'new shares for one old, or cash per share';

CREATE TABLE indicators (
    instrument_id INTEGER NOT NULL,
    interval TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sma_7 DOUBLE PRECISION,
    sma_21 DOUBLE PRECISION,
    sma_50 DOUBLE PRECISION,
    sma_100 DOUBLE PRECISION,
    sma_200 DOUBLE PRECISION,
    ema_12 DOUBLE PRECISION,
    ema_26 DOUBLE PRECISION,
    rsi_14 DOUBLE PRECISION,
    macd DOUBLE PRECISION,
    macd_signal DOUBLE PRECISION,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_indicators PRIMARY KEY (instrument_id, interval, opened_at),
    CONSTRAINT fk_indicators_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE indicators IS 'What each session saw, on closes adjusted as of that session.';

CREATE TABLE signals (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    strategy TEXT NOT NULL,
    params TEXT NOT NULL,
    instrument_id INTEGER NOT NULL,
    interval TEXT NOT NULL,
    session DATE NOT NULL,
    side TEXT NOT NULL CONSTRAINT ck_signals_side CHECK (side IN ('buy', 'sell', 'hold')),
    confidence DOUBLE PRECISION NOT NULL,
    size DOUBLE PRECISION NOT NULL,
    close DOUBLE PRECISION NOT NULL,
    reason TEXT NOT NULL,
    inputs_hash TEXT NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_signals PRIMARY KEY (id),
    CONSTRAINT uq_signals_strategy_params_instrument_id_interval_session UNIQUE (strategy, params, instrument_id, interval, session),
    CONSTRAINT fk_signals_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
CREATE INDEX ix_signals_session ON signals (session);
