CREATE TABLE accounts (
    id INTEGER GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    broker TEXT NOT NULL,
    currency TEXT NOT NULL,
    mode TEXT NOT NULL CONSTRAINT ck_accounts_mode CHECK (mode IN ('paper', 'live')),
    owner TEXT NOT NULL,
    start TIMESTAMP WITH TIME ZONE NOT NULL,
    position_fraction NUMERIC(38, 18) NOT NULL,
    commission NUMERIC(38, 18) NOT NULL,
    commission_fixed NUMERIC(38, 18) NOT NULL,
    slippage_bps NUMERIC(38, 18) NOT NULL,
    interest NUMERIC(38, 18) NOT NULL,
    borrow NUMERIC(38, 18) NOT NULL,
    participation NUMERIC(38, 18),
    shorts BOOLEAN NOT NULL,
    max_order NUMERIC(38, 18),
    max_day NUMERIC(38, 18),
    max_total NUMERIC(38, 18),
    rules JSONB DEFAULT '{}' NOT NULL,
    sizer TEXT DEFAULT '' NOT NULL,
    version BIGINT DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (id),
    CONSTRAINT uq_accounts_name UNIQUE (name)
);
COMMENT ON COLUMN accounts.broker IS 'the plug-in that trades for it';
COMMENT ON COLUMN accounts.start IS 'periods that opened before it never trade';
COMMENT ON COLUMN accounts.interest IS 'that cash earns in a year';
COMMENT ON COLUMN accounts.borrow IS 'that short positions cost in a year';
COMMENT ON COLUMN accounts.participation IS 'of a bar''s volume that one fill may take';
COMMENT ON COLUMN accounts.max_order IS 'that an entry may spend';
COMMENT ON COLUMN accounts.max_day IS 'that the entries of a UTC day may spend';
COMMENT ON COLUMN accounts.max_total IS 'that all that is held may have cost';
COMMENT ON COLUMN accounts.rules IS 'approvals and exposure';
COMMENT ON COLUMN accounts.sizer IS 'what says how much an entry takes';
COMMENT ON COLUMN accounts.version IS 'steps that were stored';

CREATE TABLE kill_switch (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    engaged BOOLEAN NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    by TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_kill_switch PRIMARY KEY (id)
);
COMMENT ON TABLE kill_switch IS 'While the newest row is engaged no entry is sent; only added to.';

CREATE TABLE account_clocks (
    account_id INTEGER NOT NULL,
    venue TEXT NOT NULL,
    interval TEXT NOT NULL,
    start TIMESTAMP WITH TIME ZONE NOT NULL,
    cursor TIMESTAMP WITH TIME ZONE,
    begun TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_account_clocks PRIMARY KEY (account_id, venue, interval),
    CONSTRAINT fk_account_clocks_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
COMMENT ON TABLE account_clocks IS 'How far accounts have come in the periods of venues.';
COMMENT ON COLUMN account_clocks.cursor IS 'when the newest processed period opened';
COMMENT ON COLUMN account_clocks.begun IS 'the period whose actions and orders on posts are done with';

CREATE TABLE account_checks (
    account_id INTEGER NOT NULL,
    checked_at TIMESTAMP WITH TIME ZONE,
    found JSONB NOT NULL,
    actions_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_account_checks PRIMARY KEY (account_id),
    CONSTRAINT fk_account_checks_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
COMMENT ON TABLE account_checks IS 'The newest verification of each account''s book.';
COMMENT ON COLUMN account_checks.checked_at IS 'null: not verified yet';
COMMENT ON COLUMN account_checks.found IS 'a sentence on each difference';
COMMENT ON COLUMN account_checks.actions_at IS
    'of the newest change of a corporate action that was taken into account';

CREATE TABLE cash (
    account_id INTEGER NOT NULL,
    asset TEXT NOT NULL,
    amount NUMERIC(38, 18) NOT NULL,
    CONSTRAINT pk_cash PRIMARY KEY (account_id, asset),
    CONSTRAINT fk_cash_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
COMMENT ON TABLE cash IS 'What the ledger''s lines of each asset add up to.';

CREATE TABLE ledger (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    account_id INTEGER NOT NULL,
    kind TEXT NOT NULL CONSTRAINT ck_ledger_kind CHECK (kind IN ('deposit', 'withdrawal', 'fill', 'commission', 'split', 'dividend', 'interest', 'borrow', 'delisted', 'merged', 'correction')),
    cause TEXT NOT NULL,
    asset TEXT NOT NULL,
    strategy_id INTEGER,
    instrument_id INTEGER,
    interval TEXT,
    amount NUMERIC(38, 18) NOT NULL,
    effective_at TIMESTAMP WITH TIME ZONE NOT NULL,
    booked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_ledger PRIMARY KEY (id),
    CONSTRAINT fk_ledger_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
    CONSTRAINT fk_ledger_strategy_id FOREIGN KEY(strategy_id) REFERENCES strategies (id),
    CONSTRAINT fk_ledger_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
CREATE UNIQUE INDEX uq_ledger_asset ON ledger (account_id, kind, cause, asset) WHERE strategy_id IS NULL;
CREATE UNIQUE INDEX uq_ledger_holding ON ledger (account_id, kind, cause, asset, strategy_id, instrument_id, interval) WHERE strategy_id IS NOT NULL;
COMMENT ON TABLE ledger IS 'The books of accounts; only added to. Its sums are cash and positions.';
COMMENT ON COLUMN ledger.cause IS 'execution, corporate action ...';
COMMENT ON COLUMN ledger.asset IS 'of cash; empty: the instrument';

CREATE TABLE orders (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    account_id INTEGER NOT NULL,
    client_order_id TEXT NOT NULL,
    strategy_id INTEGER NOT NULL,
    instrument_id INTEGER NOT NULL,
    interval TEXT NOT NULL,
    side TEXT NOT NULL CONSTRAINT ck_orders_side CHECK (side IN ('buy', 'sell')),
    type TEXT NOT NULL CONSTRAINT ck_orders_type CHECK (type IN ('market', 'limit', 'stop', 'stop-limit', 'target', 'oco')),
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    quantity NUMERIC(38, 18),
    budget NUMERIC(38, 18),
    limit_price NUMERIC(38, 18),
    stop_price NUMERIC(38, 18),
    closes BOOLEAN NOT NULL,
    signal_key TEXT NOT NULL,
    status TEXT NOT NULL CONSTRAINT ck_orders_status CHECK (status IN ('held', 'new', 'submitted', 'open', 'partly filled', 'filled', 'cancelled', 'rejected', 'expired')),
    filled NUMERIC(38, 18) NOT NULL,
    reason TEXT NOT NULL,
    valid_until TIMESTAMP WITH TIME ZONE,
    exits DOUBLE PRECISION[] NOT NULL,
    triggered BOOLEAN NOT NULL,
    terms JSONB,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_orders PRIMARY KEY (id),
    CONSTRAINT fk_orders_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
    CONSTRAINT uq_orders_client_order_id UNIQUE (client_order_id),
    CONSTRAINT fk_orders_strategy_id FOREIGN KEY(strategy_id) REFERENCES strategies (id),
    CONSTRAINT fk_orders_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
CREATE INDEX ix_orders_account_id_waiting ON orders (account_id) WHERE status IN ('held', 'new', 'submitted', 'open', 'partly filled');
CREATE INDEX ix_orders_decided_at ON orders (decided_at);
COMMENT ON COLUMN orders.opened_at IS 'of the period that it was decided for';
COMMENT ON COLUMN orders.quantity IS 'null: as much as the budget buys, or the whole position';
COMMENT ON COLUMN orders.closes IS 'the whole position';
COMMENT ON COLUMN orders.signal_key IS 'empty: an exit';
COMMENT ON COLUMN orders.valid_until IS 'when it must have been sent';
COMMENT ON COLUMN orders.terms IS 'prices and rules on which an entry is sent; null: any';

CREATE TABLE positions (
    account_id INTEGER NOT NULL,
    strategy_id INTEGER NOT NULL,
    instrument_id INTEGER NOT NULL,
    interval TEXT NOT NULL,
    quantity NUMERIC(38, 18) NOT NULL CONSTRAINT ck_positions_quantity CHECK (quantity <> 0),
    entry_price NUMERIC(38, 18) NOT NULL,
    best_price NUMERIC(38, 18) NOT NULL,
    opened_by TEXT NOT NULL,
    exits DOUBLE PRECISION[] NOT NULL,
    entered_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_positions PRIMARY KEY (account_id, strategy_id, instrument_id, interval),
    CONSTRAINT fk_positions_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
    CONSTRAINT fk_positions_strategy_id FOREIGN KEY(strategy_id) REFERENCES strategies (id),
    CONSTRAINT fk_positions_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
COMMENT ON TABLE positions IS 'What the ledger''s lines of each holding add up to, and where it is left.';
COMMENT ON COLUMN positions.best_price IS 'since the entry';
COMMENT ON COLUMN positions.opened_by IS 'client_order_id';
COMMENT ON COLUMN positions.exits IS 'stop, target and trailing stop; hours it may be held';

CREATE TABLE fills (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    account_id INTEGER NOT NULL,
    order_id BIGINT NOT NULL,
    execution_id TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    quantity NUMERIC(38, 18) NOT NULL,
    price NUMERIC(38, 18) NOT NULL,
    value NUMERIC(38, 18) NOT NULL,
    commission NUMERIC(38, 18) NOT NULL,
    commission_asset TEXT NOT NULL,
    CONSTRAINT pk_fills PRIMARY KEY (id),
    CONSTRAINT uq_fills_account_id_execution_id UNIQUE (account_id, execution_id),
    CONSTRAINT fk_fills_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
    CONSTRAINT fk_fills_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);
CREATE INDEX ix_fills_order_id ON fills (order_id);
COMMENT ON TABLE fills IS 'Executions, each booked once.';
COMMENT ON COLUMN fills.execution_id IS 'the broker''s own';

CREATE TABLE order_events (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    order_id BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    status TEXT NOT NULL CONSTRAINT ck_order_events_status CHECK (status IN ('held', 'new', 'submitted', 'open', 'partly filled', 'filled', 'cancelled', 'rejected', 'expired')),
    quantity NUMERIC(38, 18),
    filled NUMERIC(38, 18) NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_order_events PRIMARY KEY (id),
    CONSTRAINT fk_order_events_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);
CREATE INDEX ix_order_events_order_id ON order_events (order_id);
COMMENT ON TABLE order_events IS 'How orders stood from a moment on; only added to.';

CREATE TABLE submissions (
    order_id BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    error TEXT NOT NULL,
    CONSTRAINT pk_submissions PRIMARY KEY (order_id),
    CONSTRAINT fk_submissions_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);
COMMENT ON TABLE submissions IS 'How the sending of orders went.';
COMMENT ON COLUMN submissions.error IS 'of the last attempt; empty: it worked';

CREATE TABLE approvals (
    order_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answer TEXT CONSTRAINT ck_approvals_answer CHECK (answer IN ('approved', 'rejected', 'timed out')),
    answered_at TIMESTAMP WITH TIME ZONE,
    answered_by TEXT,
    answered_from TEXT,
    CONSTRAINT pk_approvals PRIMARY KEY (order_id),
    CONSTRAINT fk_approvals_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);
COMMENT ON TABLE approvals IS 'Orders that wait, or waited, for a person; the first answer counts.';
COMMENT ON COLUMN approvals.reason IS 'why a person is asked';
COMMENT ON COLUMN approvals.answered_from IS 'the command line, the web, a mail, Airflow';
