CREATE TABLE notice_contents (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    details TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_notice_contents PRIMARY KEY (id),
    CONSTRAINT uq_notice_contents_kind_key UNIQUE (kind, key)
);
COMMENT ON TABLE notice_contents IS 'What the recipients of a notice get alike.';
COMMENT ON COLUMN notice_contents.key IS 'of a signal its natural key';
COMMENT ON COLUMN notice_contents.at IS 'earlier ones are delivered first';
COMMENT ON COLUMN notice_contents.details IS 'what is stored nowhere else';

CREATE TABLE subscriptions (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    address TEXT NOT NULL,
    channel TEXT NOT NULL,
    symbol TEXT NOT NULL,
    strategy TEXT NOT NULL,
    venue TEXT NOT NULL,
    start TIMESTAMP WITH TIME ZONE NOT NULL,
    min_confidence DOUBLE PRECISION NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_subscriptions PRIMARY KEY (id),
    CONSTRAINT uq_subscriptions_address_symbol_strategy_venue_channel UNIQUE (address, symbol, strategy, venue, channel)
);
CREATE INDEX ix_subscriptions_start ON subscriptions (start);
CREATE INDEX ix_subscriptions_symbol ON subscriptions (symbol);
COMMENT ON COLUMN subscriptions.channel IS 'empty: the configured one';
COMMENT ON COLUMN subscriptions.symbol IS '* for every symbol';
COMMENT ON COLUMN subscriptions.strategy IS '* for every strategy';
COMMENT ON COLUMN subscriptions.venue IS '* for every venue';
COMMENT ON COLUMN subscriptions.start IS 'bars that close later and posts from then on count';
COMMENT ON COLUMN subscriptions.min_confidence IS 'of signals, from 0 to 1';

CREATE TABLE score_subscriptions (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    address TEXT NOT NULL,
    channel TEXT NOT NULL,
    symbol TEXT NOT NULL,
    venue TEXT NOT NULL,
    threshold INTEGER,
    bull INTEGER NOT NULL,
    bear INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_score_subscriptions PRIMARY KEY (id),
    CONSTRAINT uq_score_subscriptions_address_symbol_venue UNIQUE (address, symbol, venue)
);
CREATE INDEX ix_score_subscriptions_symbol_venue ON score_subscriptions (symbol, venue);
COMMENT ON TABLE score_subscriptions IS 'Who is told of high scores of a pair.';
COMMENT ON COLUMN score_subscriptions.channel IS 'empty: the configured one';
COMMENT ON COLUMN score_subscriptions.threshold IS 'points; null: the tuned ones';
COMMENT ON COLUMN score_subscriptions.bull IS 'highest score told since it reached the threshold; 0: below it';

CREATE TABLE regular_mails (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    address TEXT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT ck_regular_mails_kind CHECK (kind IN ('update', 'digest')),
    every TEXT NOT NULL,
    hour INTEGER NOT NULL,
    start TIMESTAMP WITH TIME ZONE NOT NULL,
    channel TEXT NOT NULL,
    sent TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_regular_mails PRIMARY KEY (id),
    CONSTRAINT uq_regular_mails_address_kind UNIQUE (address, kind)
);
COMMENT ON TABLE regular_mails IS 'Updates and digests.';
COMMENT ON COLUMN regular_mails.every IS '4h, daily or weekly';
COMMENT ON COLUMN regular_mails.hour IS 'of the reader''s day, for daily and weekly ones';
COMMENT ON COLUMN regular_mails.start IS 'when it was asked for; hours count from then';
COMMENT ON COLUMN regular_mails.channel IS 'empty: the configured one';
COMMENT ON COLUMN regular_mails.sent IS 'the newest moment at which one was due that is queued';

CREATE TABLE recipients (
    address TEXT NOT NULL,
    zone TEXT NOT NULL,
    quiet_from INTEGER,
    quiet_to INTEGER,
    CONSTRAINT pk_recipients PRIMARY KEY (address)
);
COMMENT ON TABLE recipients IS 'How people like to be reached.';
COMMENT ON COLUMN recipients.zone IS 'IANA name';
COMMENT ON COLUMN recipients.quiet_from IS 'hour of their day from which nothing is delivered; null: always';

CREATE TABLE notices (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    dedupe_key TEXT NOT NULL,
    content_id BIGINT NOT NULL,
    recipient TEXT NOT NULL,
    channel TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    status TEXT NOT NULL CONSTRAINT ck_notices_status CHECK (status IN ('pending', 'sent', 'failed')),
    attempts INTEGER DEFAULT '0' NOT NULL,
    not_before TIMESTAMP WITH TIME ZONE,
    sender INTEGER,
    leased_until TIMESTAMP WITH TIME ZONE,
    last_error TEXT DEFAULT '' NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_notices PRIMARY KEY (id),
    CONSTRAINT uq_notices_dedupe_key UNIQUE (dedupe_key),
    CONSTRAINT fk_notices_content_id FOREIGN KEY(content_id) REFERENCES notice_contents (id)
);
CREATE INDEX ix_notices_recipient_id ON notices (recipient, id);
CREATE INDEX ix_notices_failed ON notices (id) WHERE status = 'failed';
CREATE INDEX ix_notices_pending ON notices (at, id) WHERE status = 'pending';
COMMENT ON TABLE notices IS 'The outbox: one row for each recipient of a content.';
COMMENT ON COLUMN notices.channel IS 'empty: the configured one';
COMMENT ON COLUMN notices.at IS 'of the content';
COMMENT ON COLUMN notices.not_before IS 'null: due at once, whatever a clock says';
COMMENT ON COLUMN notices.sender IS 'who is delivering it; an advisory lock shows that it is alive';
COMMENT ON COLUMN notices.leased_until IS 'when others may take it from the sender';

CREATE TABLE inbound_mails (
    mailbox TEXT NOT NULL,
    uid_validity BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    digest TEXT NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    handled_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_inbound_mails PRIMARY KEY (mailbox, uid_validity, uid)
);
CREATE INDEX ix_inbound_mails_handled_at ON inbound_mails (handled_at);
CREATE INDEX ix_inbound_mails_mailbox_digest ON inbound_mails (mailbox, digest);
CREATE INDEX ix_inbound_mails_sender_handled_at ON inbound_mails (sender, handled_at);
COMMENT ON TABLE inbound_mails IS 'Mails that were handled, each in the transaction of its effect and of the reply.';
COMMENT ON COLUMN inbound_mails.mailbox IS 'user and folder';
COMMENT ON COLUMN inbound_mails.uid_validity IS 'as IMAP has it';
COMMENT ON COLUMN inbound_mails.digest IS 'SHA-256 of the mail';
