"""What reviews of strategies recommend, and what they chose from; signals are read by instrument."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.drop_index("ix_signals_instrument_id")
    for table in ("backtests", "recommendations"):
        op.drop_table(table)
