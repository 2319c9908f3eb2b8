"""Posts and what they say about instruments; signals and orders that rest on them."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    for table in ("mentions", "posts", "feeds", "listings", "fundamentals"):
        op.drop_table(table)
    op.drop_column("orders", "quantity")
    # Without the column, several signals of a session would share a key.
    op.execute("DELETE FROM signals WHERE post <> ''")
    op.drop_constraint("uq_signals_strategy_params_instrument_id_interval_session_post", "signals")
    for column in ("shares", "post", "available_at"):
        op.drop_column("signals", column)
    op.create_unique_constraint(
        "uq_signals_strategy_params_instrument_id_interval_session",
        "signals",
        ["strategy", "params", "instrument_id", "interval", "session"],
    )
