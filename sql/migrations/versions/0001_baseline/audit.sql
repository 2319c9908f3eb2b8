CREATE TABLE audit (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail JSONB NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (id)
);
CREATE INDEX ix_audit_subject ON audit (subject);
COMMENT ON TABLE audit IS 'What people changed by hand; only added to.';
COMMENT ON COLUMN audit.action IS 'thing.verb, such as account.live';
COMMENT ON COLUMN audit.subject IS 'what it was done to';
