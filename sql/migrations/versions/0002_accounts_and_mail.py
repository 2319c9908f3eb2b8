"""Accounts with their orders, subscriptions and the outbox."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    for table in ("outbox", "subscriptions", "entries", "fills", "orders", "positions", "accounts"):
        op.drop_table(table)
