"""The lists of orders and of the lines of books."""

from sqlalchemy import select

from algo_trading.adapters.postgres import account_rows as rows
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.lists.dates import within
from algo_trading.adapters.postgres.order_list import filled_parts
from algo_trading.adapters.postgres.pages import read_page
from algo_trading.adapters.postgres.schema.decisions import strategies
from algo_trading.adapters.postgres.schema.market import instruments
from algo_trading.adapters.postgres.schema.trading import accounts, ledger, orders
from algo_trading.domain.ledger import Entry
from algo_trading.queries.orders import OrderLine
from algo_trading.queries.pages import Page, PageRequest

ORDER_SORTS = {
    "period": orders.c.opened_at,
    "decided": orders.c.decided_at,
    "symbol": instruments.c.symbol.collate("C"),
    "side": orders.c.side,
    "strategy": strategies.c.name.collate("C"),
    "status": orders.c.status,
    "account": accounts.c.name.collate("C"),
}
ENTRY_SORTS = {
    "effective": ledger.c.effective_at,
    "booked": ledger.c.booked_at,
    "kind": ledger.c.kind,
    "amount": ledger.c.amount,
}


class PostgresOrderPages:
    """Orders, newest decision first.

    Filters: `symbol`, `venue`, `strategy`, `status`, `side`, `account`, `from`, `to` (dates of periods), `owner` (of
    the account).
    """

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def page(self, request: PageRequest) -> Page[OrderLine]:
        query = rows.select_orders().where(*within(orders.c.opened_at, request))
        for name, column in (
            ("strategy", strategies.c.name),
            ("status", orders.c.status),
            ("side", orders.c.side),
            ("account", accounts.c.name),
            ("owner", accounts.c.owner),
        ):
            if value := request.wanted(name):
                query = query.where(column == value)
        if symbol := request.wanted("symbol"):
            query = query.where(instruments.c.symbol == symbol.upper())
        if venue := request.wanted("venue"):
            query = query.where(instruments.c.venue == venue)
        with self._engine.connect() as connection:
            order = orders.c.decided_at.desc(), orders.c.id.desc()
            found, total = read_page(connection, query, request, ORDER_SORTS, order)
            parts = filled_parts(connection, [row.id for row in found])
        return Page([OrderLine(rows.order_of(row), parts.get(row.id)) for row in found], total)


class PostgresLedgerPages:
    """Lines of the book of one account (`account`), newest first. Filters: `kind`, `asset`, `from`, `to`."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def page(self, request: PageRequest) -> Page[Entry]:
        query = rows.select_entries().order_by(None).where(accounts.c.name == request.wanted("account"))
        query = query.where(*within(ledger.c.effective_at, request))
        for name, column in (("kind", ledger.c.kind), ("asset", ledger.c.asset)):
            if value := request.wanted(name):
                query = query.where(column == value)
        with self._engine.connect() as connection:
            found, total = read_page(connection, query, request, ENTRY_SORTS, (ledger.c.id.desc(),))
        return Page([rows.entry_of(row) for row in found], total)

    def owner(self, account: str) -> str | None:
        """Whose account it is; None where there is none of this name."""
        with self._engine.connect() as connection:
            found: str | None = connection.execute(select(accounts.c.owner).where(accounts.c.name == account)).scalar()
        return found
