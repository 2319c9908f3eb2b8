"""How far mentions are decided on."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.drop_table("decided_mentions")
    op.drop_index("ix_signals_post")
    op.drop_column("mentions", "number")
