CREATE TABLE imported_files (
    fingerprint TEXT NOT NULL,
    path TEXT NOT NULL,
    read INTEGER NOT NULL,
    imported_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_imported_files PRIMARY KEY (fingerprint)
);

CREATE TABLE quality_results (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    suite TEXT NOT NULL,
    source TEXT NOT NULL,
    batch TEXT NOT NULL,
    evaluated INTEGER NOT NULL,
    passed INTEGER NOT NULL,
    expectations JSONB NOT NULL,
    gaps JSONB NOT NULL,
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

CREATE TABLE stream_offsets (
    stream TEXT NOT NULL,
    position BIGINT NOT NULL,
    moved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_stream_offsets PRIMARY KEY (stream)
);
COMMENT ON TABLE stream_offsets IS 'How far each source that pushes has been read.';
COMMENT ON COLUMN stream_offsets.position IS 'a number of the stream''s own that grows with it';
