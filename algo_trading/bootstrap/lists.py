"""The lists of the pages."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from algo_trading.bootstrap.people import People

if TYPE_CHECKING:
    from algo_trading.queries.alerts import AlertLine
    from algo_trading.queries.indicators import IndicatorLine
    from algo_trading.queries.instruments import InstrumentList
    from algo_trading.queries.ledger import LedgerPages
    from algo_trading.queries.orders import OrderLine
    from algo_trading.queries.pages import PagedList
    from algo_trading.queries.posts import PostPages
    from algo_trading.queries.quality import HeldRow, VerdictPages
    from algo_trading.queries.signals import SignalPages


class Lists(People):
    """Lists that are filtered, sorted and cut into pages in the database."""

    @cached_property
    def instrument_list(self) -> InstrumentList:
        from algo_trading.adapters.postgres.lists.instruments import PostgresInstrumentList

        return PostgresInstrumentList(self.database, self.clock)

    @cached_property
    def signal_pages(self) -> SignalPages:
        from algo_trading.adapters.postgres.lists.signals import PostgresSignalPages

        return PostgresSignalPages(self.database)

    @cached_property
    def alert_pages(self) -> PagedList[AlertLine]:
        from algo_trading.adapters.postgres.lists.alerts import PostgresAlertPages

        return PostgresAlertPages(self.database)

    @cached_property
    def indicator_pages(self) -> PagedList[IndicatorLine]:
        from algo_trading.adapters.postgres.lists.indicators import PostgresIndicatorPages

        return PostgresIndicatorPages(self.database)

    @cached_property
    def post_pages(self) -> PostPages:
        from algo_trading.adapters.postgres.lists.posts import PostgresPostPages

        return PostgresPostPages(self.database)

    @cached_property
    def order_pages(self) -> PagedList[OrderLine]:
        from algo_trading.adapters.postgres.lists.trades import PostgresOrderPages

        return PostgresOrderPages(self.database)

    @cached_property
    def ledger_pages(self) -> LedgerPages:
        from algo_trading.adapters.postgres.lists.trades import PostgresLedgerPages

        return PostgresLedgerPages(self.database)

    @cached_property
    def verdict_pages(self) -> VerdictPages:
        from algo_trading.adapters.postgres.lists.quality import PostgresVerdictPages

        return PostgresVerdictPages(self.database)

    @cached_property
    def quarantine_pages(self) -> PagedList[HeldRow]:
        from algo_trading.adapters.postgres.lists.quality import PostgresQuarantinePages

        return PostgresQuarantinePages(self.database)
