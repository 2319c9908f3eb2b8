CREATE TABLE periods (
    watchlist TEXT NOT NULL,
    interval TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    stage TEXT NOT NULL CONSTRAINT ck_periods_stage CHECK (stage IN ('accepted', 'decided')),
    reached_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    notified_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_periods PRIMARY KEY (watchlist, interval, opened_at, stage)
);
CREATE INDEX ix_periods_to_notify ON periods (watchlist, interval, opened_at) WHERE stage = 'decided' AND notified_at IS NULL;
COMMENT ON TABLE periods IS 'Which periods of which watchlists have been through which stage.';
COMMENT ON COLUMN periods.notified_at IS 'when the notices about a decided period were queued';

CREATE TABLE period_runs (
    watchlist TEXT NOT NULL,
    interval TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    dag TEXT NOT NULL,
    run TEXT NOT NULL,
    begun_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_period_runs PRIMARY KEY (watchlist, interval, opened_at)
);
COMMENT ON TABLE period_runs IS 'The newest run of the scheduler that worked on a period.';
COMMENT ON COLUMN period_runs.run IS 'as the scheduler names it';

CREATE TABLE strategies (
    id INTEGER GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    params TEXT NOT NULL,
    CONSTRAINT pk_strategies PRIMARY KEY (id),
    CONSTRAINT uq_strategies_name_params UNIQUE (name, params)
);
COMMENT ON TABLE strategies IS 'Two settings of one strategy are two strategies.';
COMMENT ON COLUMN strategies.params IS 'canonical JSON';

CREATE TABLE strategy_failures (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    strategy TEXT NOT NULL,
    params TEXT NOT NULL,
    symbol TEXT NOT NULL,
    venue TEXT NOT NULL,
    interval TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    newest TIMESTAMP WITH TIME ZONE NOT NULL,
    error TEXT NOT NULL,
    over TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_strategy_failures PRIMARY KEY (id),
    CONSTRAINT uq_strategy_failures_key UNIQUE (strategy, params, symbol, venue, interval, since)
);
CREATE INDEX ix_strategy_failures_open ON strategy_failures (strategy) WHERE over IS NULL;
COMMENT ON TABLE strategy_failures IS 'Strategies that raised errors instead of deciding, a row for each streak.';
COMMENT ON COLUMN strategy_failures.params IS 'canonical JSON';
COMMENT ON COLUMN strategy_failures.since IS 'when the first period opened in which it failed';
COMMENT ON COLUMN strategy_failures.newest IS 'when the last one did';
COMMENT ON COLUMN strategy_failures.error IS 'of the last one';
COMMENT ON COLUMN strategy_failures.over IS 'when the period opened in which it decided again; null: it has not yet';

CREATE TABLE watchlists (
    name TEXT NOT NULL,
    venue TEXT NOT NULL,
    source TEXT NOT NULL,
    intervals TEXT[] NOT NULL,
    symbols TEXT[] NOT NULL,
    monitored TEXT[] DEFAULT '{}' NOT NULL,
    dropped TEXT[] DEFAULT '{}' NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_watchlists PRIMARY KEY (name)
);
COMMENT ON COLUMN watchlists.monitored IS 'series beside the configured ones, such as INJUSDT_4h';
COMMENT ON COLUMN watchlists.dropped IS 'configured series that are left out';
COMMENT ON TABLE watchlists IS 'What is watched; changed while the program runs.';

CREATE TABLE assignments (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    strategy_id INTEGER NOT NULL,
    instrument_id INTEGER NOT NULL,
    interval TEXT NOT NULL,
    watchlist TEXT NOT NULL,
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    limits JSONB NOT NULL,
    exits JSONB NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_assignments PRIMARY KEY (id),
    CONSTRAINT uq_assignments_strategy_id_instrument_id_interval_account UNIQUE (strategy_id, instrument_id, interval, account),
    CONSTRAINT fk_assignments_strategy_id FOREIGN KEY(strategy_id) REFERENCES strategies (id),
    CONSTRAINT fk_assignments_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id),
    CONSTRAINT fk_assignments_watchlist FOREIGN KEY(watchlist) REFERENCES watchlists (name)
);
COMMENT ON TABLE assignments IS 'Which strategy trades which series for which account.';
COMMENT ON COLUMN assignments.account IS 'it may be opened later';

CREATE TABLE recommendations (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    instrument_id INTEGER NOT NULL,
    interval TEXT NOT NULL,
    session DATE NOT NULL,
    strategy TEXT,
    params TEXT,
    reason TEXT NOT NULL,
    trials INTEGER NOT NULL,
    data_hash TEXT NOT NULL,
    report TEXT NOT NULL,
    reviewed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_recommendations PRIMARY KEY (id),
    CONSTRAINT uq_recommendations_instrument_id_interval_session UNIQUE (instrument_id, interval, session),
    CONSTRAINT fk_recommendations_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE recommendations IS 'What the reviews of strategies recommend.';
COMMENT ON COLUMN recommendations.strategy IS 'null: none survived';
COMMENT ON COLUMN recommendations.trials IS 'settings tried';
COMMENT ON COLUMN recommendations.report IS 'key in the object store';

CREATE TABLE signals (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    strategy_id INTEGER NOT NULL,
    instrument_id INTEGER NOT NULL,
    interval TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    side TEXT NOT NULL CONSTRAINT ck_signals_side CHECK (side IN ('buy', 'sell', 'hold')),
    confidence DOUBLE PRECISION NOT NULL,
    size DOUBLE PRECISION NOT NULL,
    close DOUBLE PRECISION NOT NULL,
    reason TEXT NOT NULL,
    inputs_hash TEXT NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    shares DOUBLE PRECISION,
    post_id BIGINT,
    available_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_signals PRIMARY KEY (id),
    CONSTRAINT fk_signals_strategy_id FOREIGN KEY(strategy_id) REFERENCES strategies (id),
    CONSTRAINT fk_signals_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id),
    CONSTRAINT fk_signals_post_id FOREIGN KEY(post_id) REFERENCES posts (id)
);
CREATE INDEX ix_signals_available_at ON signals (available_at) WHERE available_at IS NOT NULL;
CREATE INDEX ix_signals_instrument_id ON signals (instrument_id);
CREATE INDEX ix_signals_opened_at ON signals (opened_at);
CREATE UNIQUE INDEX uq_signals_at_close ON signals (strategy_id, instrument_id, interval, opened_at) WHERE post_id IS NULL;
CREATE UNIQUE INDEX uq_signals_on_post ON signals (strategy_id, instrument_id, interval, post_id) WHERE post_id IS NOT NULL;
COMMENT ON COLUMN signals.opened_at IS 'of the bar at whose close it was decided';
COMMENT ON COLUMN signals.shares IS 'the most to buy; null: as many as the budget buys';
COMMENT ON COLUMN signals.post_id IS 'what it was decided on; null: the bar''s close';
COMMENT ON COLUMN signals.available_at IS 'when the post could be known';

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
