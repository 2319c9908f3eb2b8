"""The list of signals."""

from sqlalchemy import select

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.lists.dates import within
from algo_trading.adapters.postgres.pages import read_page
from algo_trading.adapters.postgres.schema.decisions import assignments, signals, strategies
from algo_trading.adapters.postgres.schema.market import instruments
from algo_trading.adapters.postgres.signals import BY_NAME, select_signals, signal_of
from algo_trading.domain.signal import Side, Signal
from algo_trading.queries.pages import Page, PageRequest

SORTS = {
    "period": signals.c.opened_at,
    "symbol": instruments.c.symbol.collate("C"),
    "side": signals.c.side,
    "close": signals.c.close,
    "strategy": strategies.c.name.collate("C"),
    "confidence": signals.c.confidence,
}


class PostgresSignalPages:
    """Signals, newest first; holds where `side` asks for them.

    Filters: `symbol`, `venue`, `strategy`, `side` (buy, sell, hold, all), `account` (that an assignment trades for),
    `from`, `to` (dates).
    """

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def page(self, request: PageRequest) -> Page[Signal]:
        query = select_signals().where(*within(signals.c.opened_at, request))
        side = request.wanted("side")
        if side in set(Side):
            query = query.where(signals.c.side == side)
        elif side != "all":
            query = query.where(signals.c.side != str(Side.HOLD))
        if symbol := request.wanted("symbol"):
            query = query.where(instruments.c.symbol == symbol.upper())
        if venue := request.wanted("venue"):
            query = query.where(instruments.c.venue == venue)
        if strategy := request.wanted("strategy"):
            query = query.where(strategies.c.name == strategy)
        if account := request.wanted("account"):
            traded = select(assignments.c.id).where(
                assignments.c.account == account,
                assignments.c.strategy_id == signals.c.strategy_id,
                assignments.c.instrument_id == signals.c.instrument_id,
                assignments.c.interval == signals.c.interval,
            )
            query = query.where(traded.exists())
        with self._engine.connect() as connection:
            rows, total = read_page(connection, query, request, SORTS, (signals.c.opened_at.desc(), *BY_NAME))
        return Page([signal_of(row) for row in rows], total)

    def strategies(self) -> list[str]:
        """Names of strategies that have decided something."""
        query = select(strategies.c.name).distinct().order_by(strategies.c.name)
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())
