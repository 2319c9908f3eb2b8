CREATE TABLE users (
    name TEXT NOT NULL,
    role TEXT NOT NULL CONSTRAINT ck_users_role CHECK (role IN ('owner', 'member')),
    address TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (name)
);
CREATE UNIQUE INDEX uq_users_address ON users (lower(address)) WHERE address <> '';
COMMENT ON TABLE users IS 'People who may log in.';
COMMENT ON COLUMN users.address IS 'for notices; empty: none';
COMMENT ON COLUMN users.password_hash IS 'argon2id';

CREATE TABLE sessions (
    digest TEXT NOT NULL,
    user_name TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (digest),
    CONSTRAINT fk_sessions_user_name FOREIGN KEY(user_name) REFERENCES users (name) ON DELETE CASCADE
);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);
CREATE INDEX ix_sessions_user_name ON sessions (user_name);
COMMENT ON COLUMN sessions.digest IS 'SHA-256 of the secret that the browser keeps';

CREATE TABLE api_tokens (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    digest TEXT NOT NULL,
    user_name TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT[] NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_api_tokens PRIMARY KEY (id),
    CONSTRAINT uq_api_tokens_digest UNIQUE (digest),
    CONSTRAINT fk_api_tokens_user_name FOREIGN KEY(user_name) REFERENCES users (name) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_api_tokens_name ON api_tokens (user_name, name) WHERE revoked_at IS NULL;
COMMENT ON TABLE api_tokens IS 'What programs show instead of a password.';
COMMENT ON COLUMN api_tokens.digest IS 'SHA-256 of the token';
COMMENT ON COLUMN api_tokens.expires_at IS 'null: never';

CREATE TABLE login_attempts (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    key TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_login_attempts PRIMARY KEY (id)
);
CREATE INDEX ix_login_attempts_at ON login_attempts (at);
CREATE INDEX ix_login_attempts_key_at ON login_attempts (key, at);
COMMENT ON TABLE login_attempts IS 'Those that have not succeeded, of the last minutes.';
COMMENT ON COLUMN login_attempts.key IS 'login name, or where the attempt came from';

CREATE TABLE api_answers (
    user_name TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    status INTEGER DEFAULT '0' NOT NULL,
    body BYTEA DEFAULT '' NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_api_answers PRIMARY KEY (user_name, key),
    CONSTRAINT fk_api_answers_user_name FOREIGN KEY(user_name) REFERENCES users (name) ON DELETE CASCADE
);
CREATE INDEX ix_api_answers_at ON api_answers (at);
COMMENT ON TABLE api_answers IS 'What requests with an idempotency key were answered, of the last day.';
COMMENT ON COLUMN api_answers.key IS 'the Idempotency-Key of the request';
COMMENT ON COLUMN api_answers.digest IS 'SHA-256 of the request';
COMMENT ON COLUMN api_answers.status IS '0: it is being worked on';

CREATE TABLE signing_keys (
    purpose TEXT NOT NULL,
    key BYTEA NOT NULL,
    CONSTRAINT pk_signing_keys PRIMARY KEY (purpose)
);
COMMENT ON TABLE signing_keys IS 'Keys with which links of mails are signed, made when they are first needed.';

CREATE TABLE join_requests (
    address TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_join_requests PRIMARY KEY (address)
);
CREATE INDEX ix_join_requests_asked_at ON join_requests (asked_at);
COMMENT ON TABLE join_requests IS 'People who want to become users.';
COMMENT ON COLUMN join_requests.address IS 'in lower case';
COMMENT ON COLUMN join_requests.confirmed_at IS 'when somebody who reads its mails said so; null: not yet';

CREATE TABLE symbol_requests (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    symbol TEXT NOT NULL,
    venue TEXT NOT NULL,
    watchlist TEXT NOT NULL,
    user_name TEXT NOT NULL,
    address TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome TEXT NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_symbol_requests PRIMARY KEY (id),
    CONSTRAINT fk_symbol_requests_user_name FOREIGN KEY(user_name) REFERENCES users (name) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_symbol_requests_open ON symbol_requests (symbol, venue, user_name) WHERE finished_at IS NULL;
CREATE INDEX ix_symbol_requests_user_name_asked_at ON symbol_requests (user_name, asked_at);
COMMENT ON TABLE symbol_requests IS 'Symbols that people ask for and that were not tracked.';
COMMENT ON COLUMN symbol_requests.address IS 'where the outcome is told';
COMMENT ON COLUMN symbol_requests.finished_at IS 'null: its history is to be loaded and backtested';
