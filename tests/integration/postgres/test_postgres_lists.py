"""What people read of signals, orders and bars, on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from algo_trading.adapters.postgres.accounts import PostgresAccounts
from algo_trading.adapters.postgres.bars import PostgresBars
from algo_trading.adapters.postgres.corporate_actions import PostgresCorporateActions
from algo_trading.adapters.postgres.order_list import PostgresOrderList
from algo_trading.adapters.postgres.signals import PostgresSignals
from algo_trading.adapters.postgres.symbol_list import PostgresSymbolList
from algo_trading.adapters.postgres.watchlists import PostgresSetup
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.domain.time import Interval, midnight
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.queries.orders import FilledPart, OrderLine
from algo_trading.queries.selection import Selection
from algo_trading.queries.symbols import SymbolLine
from algo_trading.repositories.watchlists import SetupChanges
from algo_trading.services.prices import ReadPrices
from contracts.accounts import NEXT, an_account, an_execution, an_order, opening, storing
from contracts.bars import bar_row, bar_rows
from contracts.signals import a_signal

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import Database

pytestmark = pytest.mark.integration

IBM, MSFT = Instrument("IBM"), Instrument("MSFT")
FAST, SLOW = StrategyId("fast", "{}"), StrategyId("slow", "{}")
DAYS = [date(2013, 1, 2), date(2013, 1, 3), date(2013, 1, 4)]


class TestSignals:
    @pytest.fixture
    def signals(self, database: Database) -> PostgresSignals:
        repository = PostgresSignals(database)
        repository.add(
            [
                a_signal(side, instrument, midnight(day), strategy)
                for day in DAYS
                for strategy in (FAST, SLOW)
                for instrument, side in ((IBM, Side.BUY), (MSFT, Side.HOLD))
            ]
        )
        repository.add([a_signal(Side.SELL, MSFT, midnight(date(2013, 1, 7)), FAST)])
        return repository

    def listed(self, signals: PostgresSignals, limit: int = 20, **selection: object) -> list[tuple[str, str, str]]:
        found = signals.listed(Selection(**selection), limit)  # type: ignore[arg-type]  # fields by name
        return [(one.period, one.strategy.name, one.series.symbol) for one in found]

    def test_buys_and_sells_come_newest_first(self, signals: PostgresSignals) -> None:
        assert self.listed(signals, 3) == [
            ("2013-01-07", "fast", "MSFT"),
            ("2013-01-04", "fast", "IBM"),
            ("2013-01-04", "slow", "IBM"),
        ]
        assert signals.newest(20) == signals.listed(Selection(), 20)

    def test_they_can_be_selected(self, signals: PostgresSignals) -> None:
        assert self.listed(signals, symbol="MSFT") == [("2013-01-07", "fast", "MSFT")]
        assert len(self.listed(signals, strategy="slow")) == 3
        assert self.listed(signals, strategy="fast", first=DAYS[1], last=DAYS[1]) == [("2013-01-03", "fast", "IBM")]
        assert self.listed(signals, first=date(2013, 1, 5)) == [("2013-01-07", "fast", "MSFT")]
        assert self.listed(signals, symbol="KO") == []

    def test_those_of_an_account(self, signals: PostgresSignals, database: Database) -> None:
        watchlist = Watchlist("stocks", "XNYS", "sample", (Interval.DAY,), ("IBM", "MSFT"))
        one = Assignment(SLOW, Series(IBM), "stocks", "mine", "owner")
        other = Assignment(FAST, Series(MSFT, Interval.HOUR_1), "stocks", "mine", "owner")
        PostgresSetup(database).change(SetupChanges((watchlist,), (one, other)))
        assert {row[1:] for row in self.listed(signals, account="mine")} == {("slow", "IBM")}


class TestOrders:
    def test_orders_have_what_is_filled_of_them(self, database: Database) -> None:
        PostgresSignals(database).add([a_signal(instrument=IBM), a_signal(instrument=MSFT)])
        accounts, listing = PostgresAccounts(database), PostgresOrderList(database)
        state = accounts.open(opening(an_account()))
        first = replace(an_order(1), filled=Decimal(50))
        second = an_order(2, decided=first.decided_at + timedelta(days=1), series=Series(MSFT))
        later = NEXT + timedelta(minutes=1)
        parts = (
            replace(an_execution(first, NEXT, "20", 1), price=Decimal(100), commission=Decimal("1.50")),
            replace(
                an_execution(first, NEXT + timedelta(minutes=1), "30", 2), price=Decimal(110), commission=Decimal(2)
            ),
        )
        accounts.store(storing(state, first, second, executions=parts))
        everything = listing.listed(Selection(), 20)
        assert everything == [
            OrderLine(second),
            OrderLine(first, FilledPart(later, Decimal(50), Decimal(106), Decimal("3.50"))),
        ]
        assert listing.listed(Selection(), 1) == everything[:1]
        for selection in (
            Selection(symbol="IBM"),
            Selection(symbol="IBM", strategy="sma_cross", account="paper"),
            Selection(symbol="IBM", first=first.opened_at.date(), last=first.opened_at.date()),
        ):
            assert listing.listed(selection, 20) == everything[1:]
        for selection in (
            Selection(account="other"),
            Selection(strategy="ema_cross"),
            Selection(last=first.opened_at.date() - timedelta(days=1)),
            Selection(first=first.opened_at.date() + timedelta(days=1)),
        ):
            assert listing.listed(selection, 20) == []

    def test_it_takes_two_queries(self, database: Database) -> None:
        statements: list[str] = []
        event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        PostgresOrderList(database).listed(Selection(), 20)
        assert len([one for one in statements if one.startswith("SELECT") and "FROM" in one]) == 2


class TestSymbols:
    def test_every_series_has_its_first_and_last_period(self, database: Database) -> None:
        coin = Instrument("BTCUSDT", "DEMO")
        rows = [bar_row(instrument, day, 100.0) for instrument in (MSFT, IBM) for day in DAYS]
        PostgresBars(database).upsert(bar_rows(*rows[:-1]), "test")
        candles = bar_rows(*(bar_row(coin, day, 1.0) for day in DAYS))
        for interval in (Interval.HOUR_4, Interval.HOUR_1):
            column = candles.schema.get_field_index("interval")
            PostgresBars(database).upsert(candles.set_column(column, "interval", [[str(interval)] * 3]), "test")
        assert PostgresSymbolList(database).all() == [
            SymbolLine("BTCUSDT", "DEMO", "1h", "2013-01-02T00:00Z", "2013-01-04T00:00Z", 3),
            SymbolLine("BTCUSDT", "DEMO", "4h", "2013-01-02T00:00Z", "2013-01-04T00:00Z", 3),
            SymbolLine("IBM", "XNYS", "1d", "2013-01-02", "2013-01-03", 2),
            SymbolLine("MSFT", "XNYS", "1d", "2013-01-02", "2013-01-04", 3),
        ]


class TestPrices:
    def test_what_is_held_is_priced_without_arrow(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        """`status` asks for it, and Arrow takes half of the time that it may take, because it imports pandas."""
        bars, actions = PostgresBars(database), PostgresCorporateActions(database)
        bars.upsert(bar_rows(*(bar_row(IBM, day, 100.0 + day.day) for day in DAYS)), "test")
        actions.upsert([CorporateAction(IBM, DAYS[2], ActionKind.SPLIT, 2.0)], "test")

        def refuse(_: Database) -> None:
            raise AssertionError("Arrow was asked")

        monkeypatch.setattr(type(database), "arrow", refuse)
        evening = bar_row(IBM, DAYS[1])["closed_at"]
        asked = ReadPrices(bars, actions)
        assert asked.prices([Series(IBM), Series(MSFT)], evening, DAYS[1]) == {Series(IBM): Decimal(103)}
        assert asked.prices([Series(IBM)], evening, DAYS[2]) == {Series(IBM): Decimal("51.5")}
        assert bars.newest_before([Series(IBM)], midnight(DAYS[2])) == {Series(IBM): midnight(DAYS[1])}
