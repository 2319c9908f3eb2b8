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
    quote_volume DOUBLE PRECISION,
    trades DOUBLE PRECISION,
    taker_volume DOUBLE PRECISION,
    taker_quote_volume DOUBLE PRECISION,
    source TEXT NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_bars PRIMARY KEY (instrument_id, interval, opened_at))
 PARTITION BY RANGE (opened_at);
COMMENT ON TABLE bars IS 'As traded. Partitioned by year.';
COMMENT ON COLUMN bars.opened_at IS 'for daily bars 00:00 UTC of the session date, a label';

CREATE TABLE instruments (
    id INTEGER GENERATED ALWAYS AS IDENTITY,
    symbol TEXT NOT NULL,
    venue TEXT NOT NULL,
    CONSTRAINT pk_instruments PRIMARY KEY (id),
    CONSTRAINT uq_instruments_symbol_venue UNIQUE (symbol, venue)
);
COMMENT ON COLUMN instruments.symbol IS 'the name that it has now';
COMMENT ON COLUMN instruments.venue IS 'exchange_calendars code';

CREATE TABLE former_names (
    symbol TEXT NOT NULL,
    venue TEXT NOT NULL,
    until DATE NOT NULL,
    instrument_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_former_names PRIMARY KEY (symbol, venue, until),
    CONSTRAINT fk_former_names_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE former_names IS 'What instruments were called before they were renamed.';
COMMENT ON COLUMN former_names.until IS 'the first date of the next name; from then on this one is free';

CREATE TABLE series (
    instrument_id INTEGER NOT NULL,
    interval TEXT NOT NULL,
    first_opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    bars BIGINT NOT NULL,
    CONSTRAINT pk_series PRIMARY KEY (instrument_id, interval),
    CONSTRAINT fk_series_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE series IS 'How much is stored of each series: written in the transaction that adds or removes bars.';

CREATE TABLE corporate_actions (
    instrument_id INTEGER NOT NULL,
    ex_date DATE NOT NULL,
    kind TEXT NOT NULL
        CONSTRAINT ck_corporate_actions_kind CHECK (kind IN ('split', 'dividend', 'delisted', 'merged')),
    value DOUBLE PRECISION NOT NULL,
    target TEXT DEFAULT '' NOT NULL,
    source TEXT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_corporate_actions PRIMARY KEY (instrument_id, ex_date, kind),
    CONSTRAINT fk_corporate_actions_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON COLUMN corporate_actions.value IS 'new shares for one old, or cash per share';
COMMENT ON COLUMN corporate_actions.target IS 'the symbol that took its place';

CREATE TABLE withdrawn_actions (
    instrument_id INTEGER NOT NULL,
    ex_date DATE NOT NULL,
    kind TEXT NOT NULL
        CONSTRAINT ck_withdrawn_actions_kind CHECK (kind IN ('split', 'dividend', 'delisted', 'merged')),
    value DOUBLE PRECISION NOT NULL,
    target TEXT DEFAULT '' NOT NULL,
    source TEXT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    withdrawn_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_withdrawn_actions PRIMARY KEY (instrument_id, ex_date, kind, seen_at),
    CONSTRAINT fk_withdrawn_actions_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE withdrawn_actions IS
    'Versions of corporate actions that hold no longer: withdrawn, or told otherwise since.';
COMMENT ON COLUMN withdrawn_actions.value IS 'new shares for one old, or cash per share';
COMMENT ON COLUMN withdrawn_actions.target IS 'the symbol that took its place';

CREATE TABLE trading_rules (
    instrument_id INTEGER NOT NULL,
    base TEXT NOT NULL,
    quote TEXT NOT NULL,
    status TEXT NOT NULL,
    order_types TEXT[] NOT NULL,
    tick NUMERIC NOT NULL,
    lot NUMERIC NOT NULL,
    min_quantity NUMERIC NOT NULL,
    max_quantity NUMERIC NOT NULL,
    min_price NUMERIC NOT NULL,
    max_price NUMERIC NOT NULL,
    market_lot NUMERIC NOT NULL,
    market_min_quantity NUMERIC NOT NULL,
    market_max_quantity NUMERIC NOT NULL,
    min_notional NUMERIC NOT NULL,
    max_notional NUMERIC NOT NULL,
    average_minutes NUMERIC NOT NULL,
    bid_multiplier_down NUMERIC NOT NULL,
    bid_multiplier_up NUMERIC NOT NULL,
    ask_multiplier_down NUMERIC NOT NULL,
    ask_multiplier_up NUMERIC NOT NULL,
    max_orders NUMERIC NOT NULL,
    max_stop_orders NUMERIC NOT NULL,
    max_position NUMERIC NOT NULL,
    notional_for_market BOOLEAN NOT NULL,
    max_notional_for_market BOOLEAN NOT NULL,
    listed_at TIMESTAMP WITH TIME ZONE,
    delisted_at TIMESTAMP WITH TIME ZONE,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_trading_rules PRIMARY KEY (instrument_id),
    CONSTRAINT fk_trading_rules_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE trading_rules IS 'What a venue asks of orders, as of the newest refresh; a zero asks nothing.';
COMMENT ON COLUMN trading_rules.base IS 'what is traded';
COMMENT ON COLUMN trading_rules.quote IS 'what it is paid in';
COMMENT ON COLUMN trading_rules.status IS 'the venue''s own word';

CREATE TABLE fundamentals (
    instrument_id INTEGER NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    pe_ratio DOUBLE PRECISION,
    market_cap DOUBLE PRECISION,
    source TEXT NOT NULL,
    CONSTRAINT pk_fundamentals PRIMARY KEY (instrument_id, seen_at),
    CONSTRAINT fk_fundamentals_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE fundamentals IS 'Each counts from when it was seen until the next.';

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

CREATE TABLE listings (
    instrument_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    aliases TEXT[] NOT NULL,
    ambiguous TEXT[] NOT NULL,
    rank INTEGER,
    market_cap DOUBLE PRECISION,
    volume DOUBLE PRECISION,
    price DOUBLE PRECISION,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_listings PRIMARY KEY (instrument_id),
    CONSTRAINT fk_listings_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE listings IS 'Names of instruments; capitalisation, volume and price in US dollars.';
COMMENT ON COLUMN listings.ambiguous IS 'names that are everyday words too';

CREATE TABLE listing_history (
    instrument_id INTEGER NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    rank INTEGER,
    market_cap DOUBLE PRECISION,
    volume DOUBLE PRECISION,
    price DOUBLE PRECISION,
    CONSTRAINT pk_listing_history PRIMARY KEY (instrument_id, seen_at),
    CONSTRAINT fk_listing_history_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE listing_history IS 'What each refresh of the listings said, in US dollars.';
