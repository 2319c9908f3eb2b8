"""Fundamental figures by the moment when they were seen, no longer one a day."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BY_DAY = """
CREATE TEMPORARY TABLE kept ON COMMIT DROP AS
SELECT DISTINCT ON (instrument_id, seen_on) *
FROM (SELECT *, (seen_at AT TIME ZONE 'UTC')::date AS seen_on FROM fundamentals) AS dated
ORDER BY instrument_id, seen_on, seen_at;
DROP TABLE fundamentals;
CREATE TABLE fundamentals (
    instrument_id INTEGER NOT NULL,
    seen_on DATE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    pe_ratio DOUBLE PRECISION,
    market_cap DOUBLE PRECISION,
    source TEXT NOT NULL,
    CONSTRAINT pk_fundamentals PRIMARY KEY (instrument_id, seen_on),
    CONSTRAINT fk_fundamentals_instrument_id FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
INSERT INTO fundamentals SELECT instrument_id, seen_on, seen_at, pe_ratio, market_cap, source FROM kept;
COMMENT ON TABLE fundamentals IS 'As of the day they were seen.';
COMMENT ON COLUMN fundamentals.seen_on IS 'UTC day';
"""


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute(BY_DAY)  # a day keeps the first figures of it
