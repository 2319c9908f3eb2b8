"""Accounts, their orders, and their books."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from algo_trading.adapters.postgres.schema.base import Time, instrument_ref, metadata, row_id, strategy_ref, written_at
from algo_trading.domain.ledger import EntryKind
from algo_trading.domain.order import OrderStatus, OrderType

Amount = Numeric(38, 18)  # money, prices and quantities, of shares as of coins


def _one_of(name: str, values: type[OrderStatus] | type[OrderType] | type[EntryKind]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{name} IN ({listed})", name=name)


def _account_ref(*, primary_key: bool = False) -> Column[int]:
    return Column("account_id", ForeignKey("accounts.id"), nullable=False, primary_key=primary_key)


accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("broker", Text, nullable=False, comment="the plug-in that trades for it"),
    Column("currency", Text, nullable=False),
    Column("mode", Text, CheckConstraint("mode IN ('paper', 'live')", name="mode"), nullable=False),
    Column("owner", Text, nullable=False),
    Column("start", Time, nullable=False, comment="periods that opened before it never trade"),
    Column("position_fraction", Amount, nullable=False),
    Column("commission", Amount, nullable=False),
    Column("commission_fixed", Amount, nullable=False),
    Column("slippage_bps", Amount, nullable=False),
    Column("interest", Amount, nullable=False, comment="that cash earns in a year"),
    Column("borrow", Amount, nullable=False, comment="that short positions cost in a year"),
    Column("participation", Amount, comment="of a bar's volume that one fill may take"),
    Column("shorts", Boolean, nullable=False),
    Column("max_order", Amount, comment="that an entry may spend"),
    Column("max_day", Amount, comment="that the entries of a UTC day may spend"),
    Column("max_total", Amount, comment="that all that is held may have cost"),
    Column("rules", JSONB, nullable=False, server_default=text("'{}'"), comment="approvals and exposure"),
    Column("sizer", Text, nullable=False, server_default="", comment="what says how much an entry takes"),
    Column("version", BigInteger, nullable=False, server_default=text("0"), comment="steps that were stored"),
    written_at(),
)


kill_switch = Table(
    "kill_switch",
    metadata,
    row_id(),
    Column("engaged", Boolean, nullable=False),
    Column("at", Time, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    comment="While the newest row is engaged no entry is sent; only added to.",
)


account_clocks = Table(
    "account_clocks",
    metadata,
    _account_ref(primary_key=True),
    Column("venue", Text, primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("start", Time, nullable=False),
    Column("cursor", Time, comment="when the newest processed period opened"),
    Column("begun", Time, comment="the period whose actions and orders on posts are done with"),
    comment="How far accounts have come in the periods of venues.",
)


account_checks = Table(
    "account_checks",
    metadata,
    _account_ref(primary_key=True),
    Column("checked_at", Time, comment="null: not verified yet"),
    Column("found", JSONB, nullable=False, comment="a sentence on each difference"),
    Column("actions_at", Time, comment="of the newest change of a corporate action that was taken into account"),
    comment="The newest verification of each account's book.",
)


cash = Table(
    "cash",
    metadata,
    _account_ref(primary_key=True),
    Column("asset", Text, primary_key=True),
    Column("amount", Amount, nullable=False),
    comment="What the ledger's lines of each asset add up to.",
)


positions = Table(
    "positions",
    metadata,
    _account_ref(primary_key=True),
    Column("strategy_id", ForeignKey("strategies.id"), primary_key=True),
    instrument_ref(primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("quantity", Amount, CheckConstraint("quantity <> 0", name="quantity"), nullable=False),
    Column("entry_price", Amount, nullable=False),
    Column("best_price", Amount, nullable=False, comment="since the entry"),
    Column("opened_by", Text, nullable=False, comment="client_order_id"),
    Column("exits", ARRAY(Double), nullable=False, comment="stop, target and trailing stop; hours it may be held"),
    Column("entered_at", Time),
    comment="What the ledger's lines of each holding add up to, and where it is left.",
)


orders = Table(
    "orders",
    metadata,
    row_id(),
    _account_ref(),
    Column("client_order_id", Text, nullable=False, unique=True),
    strategy_ref(),
    instrument_ref(),
    Column("interval", Text, nullable=False),
    Column("side", Text, CheckConstraint("side IN ('buy', 'sell')", name="side"), nullable=False),
    Column("type", Text, _one_of("type", OrderType), nullable=False),
    Column("opened_at", Time, nullable=False, comment="of the period that it was decided for"),
    Column("decided_at", Time, nullable=False),
    Column("quantity", Amount, comment="null: as much as the budget buys, or the whole position"),
    Column("budget", Amount),
    Column("limit_price", Amount),
    Column("stop_price", Amount),
    Column("closes", Boolean, nullable=False, comment="the whole position"),
    Column("signal_key", Text, nullable=False, comment="empty: an exit"),
    Column("status", Text, _one_of("status", OrderStatus), nullable=False),
    Column("filled", Amount, nullable=False),
    Column("reason", Text, nullable=False),
    Column("valid_until", Time, comment="when it must have been sent"),
    Column("exits", ARRAY(Double), nullable=False),
    Column("triggered", Boolean, nullable=False),
    Column("terms", JSONB(none_as_null=True), comment="prices and rules on which an entry is sent; null: any"),
    written_at(),
    Index(
        "ix_orders_account_id_waiting",
        "account_id",
        postgresql_where=text("status IN ('held', 'new', 'submitted', 'open', 'partly filled')"),
    ),
    Index(None, "decided_at"),
)


order_events = Table(
    "order_events",
    metadata,
    row_id(),
    Column("order_id", ForeignKey("orders.id"), nullable=False, index=True),
    Column("at", Time, nullable=False),
    Column("status", Text, _one_of("status", OrderStatus), nullable=False),
    Column("quantity", Amount),
    Column("filled", Amount, nullable=False),
    Column("reason", Text, nullable=False),
    comment="How orders stood from a moment on; only added to.",
)


submissions = Table(
    "submissions",
    metadata,
    Column("order_id", ForeignKey("orders.id"), primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False, comment="of the last attempt; empty: it worked"),
    comment="How the sending of orders went.",
)


approvals = Table(
    "approvals",
    metadata,
    Column("order_id", ForeignKey("orders.id"), primary_key=True),
    Column("reason", Text, nullable=False, comment="why a person is asked"),
    Column("asked_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("answer", Text, CheckConstraint("answer IN ('approved', 'rejected', 'timed out')", name="answer")),
    Column("answered_at", Time),
    Column("answered_by", Text),
    Column("answered_from", Text, comment="the command line, the web, a mail, Airflow"),
    comment="Orders that wait, or waited, for a person; the first answer counts.",
)


fills = Table(
    "fills",
    metadata,
    row_id(),
    _account_ref(),
    Column("order_id", ForeignKey("orders.id"), nullable=False, index=True),
    Column("execution_id", Text, nullable=False, comment="the broker's own"),
    Column("at", Time, nullable=False),
    Column("quantity", Amount, nullable=False),
    Column("price", Amount, nullable=False),
    Column("value", Amount, nullable=False),
    Column("commission", Amount, nullable=False),
    Column("commission_asset", Text, nullable=False),
    UniqueConstraint("account_id", "execution_id"),
    comment="Executions, each booked once.",
)


ledger = Table(
    "ledger",
    metadata,
    row_id(),
    _account_ref(),
    Column("kind", Text, _one_of("kind", EntryKind), nullable=False),
    Column("cause", Text, nullable=False, comment="execution, corporate action ..."),
    Column("asset", Text, nullable=False, comment="of cash; empty: the instrument"),
    strategy_ref(nullable=True),
    Column("instrument_id", ForeignKey("instruments.id")),
    Column("interval", Text),
    Column("amount", Amount, nullable=False),
    Column("effective_at", Time, nullable=False),
    Column("booked_at", Time, nullable=False),
    Index(
        "uq_ledger_holding",
        *("account_id", "kind", "cause", "asset", "strategy_id", "instrument_id", "interval"),
        unique=True,
        postgresql_where=text("strategy_id IS NOT NULL"),
    ),
    Index(
        "uq_ledger_asset",
        *("account_id", "kind", "cause", "asset"),
        unique=True,
        postgresql_where=text("strategy_id IS NULL"),
    ),
    comment="The books of accounts; only added to. Its sums are cash and positions.",
)
