CREATE TABLE accounts (
    id INTEGER GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    venue TEXT NOT NULL,
    start_session DATE NOT NULL,
    cursor_session DATE,
    cash NUMERIC(20, 2) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (id),
    CONSTRAINT uq_accounts_name UNIQUE (name)
);

CREATE TABLE outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    dedupe_key TEXT NOT NULL,
    address TEXT NOT NULL,
    signal_key TEXT NOT NULL,
    session DATE NOT NULL,
    status TEXT NOT NULL CONSTRAINT ck_outbox_status CHECK (status IN ('pending', 'sent', 'failed')),
    attempts INTEGER DEFAULT '0' NOT NULL,
    not_before TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_error TEXT DEFAULT '' NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_outbox PRIMARY KEY (id),
    CONSTRAINT uq_outbox_dedupe_key UNIQUE (dedupe_key)
);
CREATE INDEX ix_outbox_pending ON outbox (not_before) WHERE status = 'pending';

CREATE TABLE subscriptions (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    address TEXT NOT NULL,
    symbol TEXT NOT NULL,
    strategy TEXT NOT NULL,
    venue TEXT NOT NULL,
    start_session DATE NOT NULL,
    cursor_session DATE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_subscriptions PRIMARY KEY (id),
    CONSTRAINT uq_subscriptions_address_symbol_strategy_venue UNIQUE (address, symbol, strategy, venue)
);
COMMENT ON COLUMN subscriptions.symbol IS '* for every symbol';
COMMENT ON COLUMN subscriptions.strategy IS '* for every strategy';

CREATE TABLE entries (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    account_id INTEGER NOT NULL,
    session DATE NOT NULL,
    kind TEXT NOT NULL CONSTRAINT ck_entries_kind CHECK (kind IN ('fill', 'split', 'dividend')),
    strategy TEXT NOT NULL,
    params TEXT NOT NULL,
    instrument_id INTEGER NOT NULL,
    cash NUMERIC(20, 2) NOT NULL,
    quantity NUMERIC(24, 8) NOT NULL,
    CONSTRAINT pk_entries PRIMARY KEY (id),
    CONSTRAINT uq_entries_account_id_session_kind_strategy_params_inst_169f UNIQUE (account_id, session, kind, strategy, params, instrument_id),
    CONSTRAINT fk_entries_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
    CONSTRAINT fk_entries_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE entries IS 'The accounts'' books.';

CREATE TABLE orders (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    account_id INTEGER NOT NULL,
    client_order_id TEXT NOT NULL,
    strategy TEXT NOT NULL,
    params TEXT NOT NULL,
    instrument_id INTEGER NOT NULL,
    side TEXT NOT NULL CONSTRAINT ck_orders_side CHECK (side IN ('buy', 'sell')),
    budget NUMERIC(20, 2),
    decided_session DATE NOT NULL,
    status TEXT NOT NULL CONSTRAINT ck_orders_status CHECK (status IN ('pending', 'filled', 'refused')),
    reason TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_orders PRIMARY KEY (id),
    CONSTRAINT fk_orders_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
    CONSTRAINT uq_orders_client_order_id UNIQUE (client_order_id),
    CONSTRAINT fk_orders_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
CREATE INDEX ix_orders_account_id_pending ON orders (account_id) WHERE status = 'pending';

CREATE TABLE positions (
    account_id INTEGER NOT NULL,
    strategy TEXT NOT NULL,
    params TEXT NOT NULL,
    instrument_id INTEGER NOT NULL,
    quantity NUMERIC(24, 8) NOT NULL CONSTRAINT ck_positions_quantity CHECK (quantity > 0),
    CONSTRAINT pk_positions PRIMARY KEY (account_id, strategy, params, instrument_id),
    CONSTRAINT fk_positions_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
    CONSTRAINT fk_positions_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);

CREATE TABLE fills (
    order_id BIGINT NOT NULL,
    session DATE NOT NULL,
    quantity NUMERIC(24, 8) NOT NULL,
    price NUMERIC(20, 6) NOT NULL,
    commission NUMERIC(20, 2) NOT NULL,
    CONSTRAINT pk_fills PRIMARY KEY (order_id),
    CONSTRAINT fk_fills_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);
