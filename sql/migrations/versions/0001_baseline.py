"""The whole schema of the first release, a file of SQL for each subject."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SUBJECTS = ("market", "text", "decisions", "trading", "notices", "quality", "scores", "audit", "people")
FIRST_YEAR, LAST_YEAR = 2000, 2040


def upgrade() -> None:
    for subject in SUBJECTS:
        op.execute(Path(__file__).with_suffix("").joinpath(f"{subject}.sql").read_text(encoding="utf-8"))
    # One partition a year, and one for all that lies before and one for all after.
    op.execute(f"CREATE TABLE bars_older PARTITION OF bars FOR VALUES FROM (MINVALUE) TO ('{FIRST_YEAR}-01-01Z')")
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        op.execute(
            f"CREATE TABLE bars_y{year} PARTITION OF bars FOR VALUES FROM ('{year}-01-01Z') TO ('{year + 1}-01-01Z')"
        )
    op.execute(f"CREATE TABLE bars_newer PARTITION OF bars FOR VALUES FROM ('{LAST_YEAR + 1}-01-01Z') TO (MAXVALUE)")


def downgrade() -> None:
    for table in (
        "join_requests",
        "symbol_requests",
        "signing_keys",
        "api_answers",
        "login_attempts",
        "api_tokens",
        "sessions",
        "users",
        "audit",
        "tuned_thresholds",
        "candle_ranks",
        "candle_scores",
        "quarantine",
        "quality_results",
        "imported_files",
        "stream_offsets",
        "inbound_mails",
        "notices",
        "recipients",
        "regular_mails",
        "score_subscriptions",
        "subscriptions",
        "notice_contents",
        "approvals",
        "submissions",
        "order_events",
        "fills",
        "positions",
        "orders",
        "ledger",
        "cash",
        "account_checks",
        "account_clocks",
        "accounts",
        "kill_switch",
        "backtests",
        "strategy_failures",
        "signals",
        "recommendations",
        "assignments",
        "watchlists",
        "strategies",
        "period_runs",
        "periods",
        "mentions",
        "posts",
        "feeds",
        "listing_history",
        "listings",
        "trading_rules",
        "indicators",
        "fundamentals",
        "withdrawn_actions",
        "corporate_actions",
        "series",
        "former_names",
        "instruments",
        "bars",
    ):
        op.drop_table(table)
