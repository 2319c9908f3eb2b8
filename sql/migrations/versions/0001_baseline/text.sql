CREATE TABLE feeds (
    name TEXT NOT NULL,
    newest_at TIMESTAMP WITH TIME ZONE,
    newest_id TEXT NOT NULL,
    token TEXT NOT NULL,
    tried_at TIMESTAMP WITH TIME ZONE NOT NULL,
    error TEXT NOT NULL,
    asked_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_feeds PRIMARY KEY (name)
);
COMMENT ON TABLE feeds IS 'How far each feed has been read.';
COMMENT ON COLUMN feeds.newest_at IS 'publication of the newest post read';
COMMENT ON COLUMN feeds.token IS 'what the server wants back';
COMMENT ON COLUMN feeds.error IS 'of the last try; empty: it worked';
COMMENT ON COLUMN feeds.asked_until IS 'end of what was asked for so far';

CREATE TABLE posts (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    platform TEXT NOT NULL,
    platform_id TEXT NOT NULL,
    feed TEXT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT ck_posts_kind CHECK (kind IN ('post', 'article')),
    author TEXT NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    url TEXT NOT NULL,
    language TEXT NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    sentiment DOUBLE PRECISION,
    topic TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_posts PRIMARY KEY (id),
    CONSTRAINT uq_posts_platform_platform_id UNIQUE (platform, platform_id)
);
CREATE INDEX ix_posts_platform_author ON posts (platform, author);
CREATE INDEX ix_posts_published_at ON posts (published_at);
CREATE INDEX ix_posts_unread ON posts (available_at) WHERE read_at IS NULL;
COMMENT ON TABLE posts IS 'Posts and news articles, written once.';
COMMENT ON COLUMN posts.platform_id IS 'the platform''s own';
COMMENT ON COLUMN posts.feed IS 'that brought it first';
COMMENT ON COLUMN posts.available_at IS 'the later of published and seen';
COMMENT ON COLUMN posts.language IS 'ISO 639-1, und: not determined';
COMMENT ON COLUMN posts.read_at IS 'when it was understood; null: waits';
COMMENT ON COLUMN posts.sentiment IS 'of the whole text, -1 to 1';

CREATE TABLE mentions (
    post_id BIGINT NOT NULL,
    instrument_id INTEGER NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    matched TEXT NOT NULL,
    kind TEXT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    sentiment DOUBLE PRECISION NOT NULL,
    topic TEXT NOT NULL,
    impact DOUBLE PRECISION NOT NULL,
    influencer BOOLEAN NOT NULL,
    option_direction TEXT
        CONSTRAINT ck_mentions_option_direction CHECK (option_direction IN ('bullish', 'bearish')),
    strikes DOUBLE PRECISION[] NOT NULL,
    expiries DATE[] NOT NULL,
    CONSTRAINT pk_mentions PRIMARY KEY (post_id, instrument_id),
    CONSTRAINT fk_mentions_post_id FOREIGN KEY(post_id) REFERENCES posts (id),
    CONSTRAINT fk_mentions_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
CREATE INDEX ix_mentions_instrument_id_available_at ON mentions (instrument_id, available_at);
COMMENT ON TABLE mentions IS 'What a post says about an instrument.';
COMMENT ON COLUMN mentions.available_at IS 'of the post';
COMMENT ON COLUMN mentions.sentiment IS 'about this instrument, -1 to 1';
COMMENT ON COLUMN mentions.option_direction IS 'what options named with it bet on; null: none are named';
COMMENT ON COLUMN mentions.strikes IS 'of those options, in the currency of the instrument';
