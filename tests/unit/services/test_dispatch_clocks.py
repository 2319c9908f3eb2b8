"""Accounts that trade several venues and intervals, and live ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.account import Account, Mode
from algo_trading.domain.exits import NO_EXITS, Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment
from algo_trading.repositories.periods import Stage
from contracts.bars import bar_rows
from fakes.broker import FakeBroker
from support.trading import Trading, an_account, opening

pytestmark = pytest.mark.unit

START = datetime(2026, 11, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
SLOW, QUICK = StrategyId("slow", "{}"), StrategyId("quick", "{}")
COIN = Instrument("INJUSDT", "BINANCE")
HOURLY, FOUR_HOURS = Series(COIN, Interval.HOUR_1), Series(COIN, Interval.HOUR_4)


def a_bar(series: Series, opened_at: datetime, open_: float, close: float, **changes: float) -> dict[str, Any]:
    period = trading_calendar(series.venue).period(series.interval, opened_at)
    row = {
        "symbol": series.symbol, "venue": series.venue, "interval": str(series.interval),
        "opened_at": opened_at, "closed_at": period.closed_at, "open": open_, "close": close,
        "high": max(open_, close), "low": min(open_, close), "volume": 10.0,
    }  # fmt: skip
    return {**row, **changes}


class Coins(Trading):
    """One coin in two intervals; its price rises by one in every hour from 20 on."""

    def __init__(self, account: Account | None = None, exits: Exits = NO_EXITS) -> None:
        super().__init__()
        self.account = account or an_account(start=START, currency="USDT", fraction="0.5")
        self.accounts.open(opening(self.account, "1000"))
        rows = [a_bar(HOURLY, START + n * HOUR, 20.0 + n, 21.0 + n) for n in range(24)]
        rows += [a_bar(FOUR_HOURS, START + n * HOUR, 20.0 + n, 24.0 + n) for n in range(0, 24, 4)]
        self.bars.upsert(bar_rows(*rows), "test")
        self.assignments.rows += [
            Assignment(QUICK, HOURLY, "coins", self.account.name, "owner", exits=exits),
            Assignment(SLOW, FOUR_HOURS, "coins", self.account.name, "owner", exits=exits),
        ]

    def decide(self, series: Series, *hours: int) -> None:
        for hour in hours:
            self.periods.mark("coins", series.interval, START + hour * HOUR, Stage.DECIDED)

    def decide_until(self, hours: int) -> None:
        """Everything that has closed in the first hours."""
        self.decide(HOURLY, *range(hours))
        self.decide(FOUR_HOURS, *range(0, hours - 3, 4))

    def say(self, strategy: StrategyId, series: Series, hour: int, side: Side, size: float = 1.0) -> None:
        opened_at = START + hour * HOUR
        signal = Signal(strategy, series, opened_at, side, 0.5, size, 21.0 + hour, f"it is {side}", "0f3c")
        self.signals.add([signal])


def test_the_clock_whose_period_closed_first_goes_first() -> None:
    coins = Coins()
    coins.decide(FOUR_HOURS, 0, 4)
    coins.decide(HOURLY, *range(8))
    (report,) = coins.dispatch()
    expected = [f"2026-11-20T{hour:02}:00Z" for hour in (0, 1, 2, 3, 0, 4, 5, 6, 7, 4)]
    assert list(report.periods) == expected


def test_an_account_waits_for_the_clock_that_is_not_decided() -> None:
    """The clocks share its cash: what one of them does next depends on what the other did before."""
    coins = Coins()
    coins.decide(FOUR_HOURS, 0)
    coins.decide(HOURLY, 0, 2)
    coins.dispatch()
    cursors = {clock.interval: clock.cursor for clock in coins.accounts.state("paper").clocks}
    assert cursors == {Interval.HOUR_1: START, Interval.HOUR_4: None}
    coins.decide(HOURLY, 1)
    (report,) = coins.dispatch()
    assert report.periods == ("2026-11-20T01:00Z", "2026-11-20T02:00Z")


def test_each_series_trades_on_its_own_bars() -> None:
    coins = Coins()
    coins.say(QUICK, HOURLY, 0, Side.BUY)
    coins.say(SLOW, FOUR_HOURS, 0, Side.BUY, 0.5)
    coins.decide_until(8)
    coins.dispatch()
    state, _, executions, _ = coins.books()
    assert [(e.at - START, e.price) for e in executions] == [(HOUR, Decimal(21)), (4 * HOUR, Decimal(24))]
    quick, slow = state.positions
    assert (quick.series, slow.series) == (HOURLY, FOUR_HOURS)
    # Half of 1,000 at 21; then a quarter of what that is worth at the close of the first four hours, 24, and the cash.
    assert quick.quantity == Decimal("23.80952380")
    assert slow.quantity == (((500 + Decimal("23.80952380") * 24) / 4) / 24).quantize(Decimal("1e-8"), "ROUND_DOWN")


def test_a_strategy_on_two_intervals_holds_two_positions() -> None:
    coins = Coins()
    coins.assignments.rows[1] = replace(coins.assignments.rows[1], strategy=QUICK)
    coins.say(QUICK, HOURLY, 3, Side.BUY, 0.1)
    coins.say(QUICK, FOUR_HOURS, 0, Side.BUY, 0.1)
    coins.say(QUICK, HOURLY, 5, Side.SELL)
    coins.decide(HOURLY, *range(8))
    coins.decide(FOUR_HOURS, 0, 4)
    coins.dispatch()
    assert [position.series for position in coins.books()[0].positions] == [FOUR_HOURS]


def test_no_close_of_the_future_prices_a_position() -> None:
    """At 02:00 the bar of four hours is not closed: what is held of it is worth its close of 00:00."""
    coins = Coins()
    coins.bars.upsert(bar_rows(a_bar(FOUR_HOURS, START - 4 * HOUR, 10.0, 20.0)), "test")
    coins.say(SLOW, FOUR_HOURS, -4, Side.BUY)
    coins.account = replace(coins.account, name="early", start=START - 4 * HOUR)
    coins.accounts.open(opening(coins.account, "1000"))
    coins.assignments.rows = [replace(one, account="early") for one in coins.assignments.rows]
    coins.say(QUICK, HOURLY, 5, Side.BUY)
    coins.decide(FOUR_HOURS, -4, 0)
    coins.decide(HOURLY, *range(-4, 6))
    coins.dispatch()
    quick = next(order for order in coins.accounts.orders("early") if order.strategy == QUICK)
    # Bought for 500 at 20; at 06:00 the newest close is that of 04:00, 24.
    assert quick.budget == Decimal(550)


def test_a_clock_that_comes_later_begins_where_the_account_is() -> None:
    coins = Coins()
    slow = coins.assignments.rows.pop()
    coins.decide(HOURLY, *range(8))
    coins.dispatch()
    coins.decide(HOURLY, *range(8, 12))
    coins.decide(FOUR_HOURS, 0, 4, 8)
    coins.assignments.rows.append(slow)
    coins.say(SLOW, FOUR_HOURS, 0, Side.BUY)
    (report,) = coins.dispatch()
    assert report.periods == tuple(f"2026-11-20T{hour:02}:00Z" for hour in (8, 9, 10, 11, 8))
    assert coins.accounts.orders() == []


def test_an_instrument_that_is_paid_in_another_currency_is_rejected() -> None:
    coins = Coins(an_account(start=START, currency="USD"))
    coins.say(QUICK, HOURLY, 0, Side.BUY)
    coins.decide(HOURLY, 0)
    coins.dispatch()
    (order,) = coins.accounts.orders()
    assert (order.status, order.reason) == (
        OrderStatus.REJECTED,
        "INJUSDT is paid in USDT, and the account is kept in USD",
    )


class TestExits:
    def test_the_target_is_met_within_a_bar(self) -> None:
        coins = Coins(exits=Exits(target=0.1))
        coins.say(QUICK, HOURLY, 0, Side.BUY)
        coins.decide_until(6)
        (report,) = coins.dispatch()
        assert (report.ordered, report.filled, report.rejected) == (2, 2, 0)
        entry, leaving = reversed(coins.accounts.orders())
        assert (leaving.reason, leaving.signal, leaving.closes) == ("target at 23.10, entered at 21.00", "", True)
        assert leaving.opened_at == START + 3 * HOUR
        (bought, sold) = coins.accounts.executions("paper")
        assert (bought.client_order_id, sold.client_order_id) == (entry.client_order_id, leaving.client_order_id)
        assert sold.price == Decimal("23.1")
        assert coins.books()[0].positions == ()

    def test_a_trailing_stop_follows_the_best_price(self) -> None:
        coins = Coins(exits=Exits(trailing=0.1))
        coins.say(QUICK, HOURLY, 0, Side.BUY)
        coins.bars.upsert(bar_rows(a_bar(HOURLY, START + 5 * HOUR, 25.0, 22.0, low=20.0)), "test")
        coins.decide_until(5)
        coins.dispatch()
        (position,) = coins.accounts.state("paper").positions
        assert (position.entry_price, position.best_price) == (Decimal(21), Decimal(25))
        coins.decide(HOURLY, 5)
        coins.dispatch()
        assert coins.accounts.orders()[0].reason == "trailing stop at 22.50, entered at 21.00"
        assert coins.accounts.executions("paper")[-1].price == Decimal("22.5")

    def test_a_signal_may_open_the_position_again(self) -> None:
        coins = Coins(exits=Exits(target=0.01))
        for hour in (0, 3):
            coins.say(QUICK, HOURLY, hour, Side.BUY)
        coins.decide_until(6)
        coins.dispatch()
        assert [order.side for order in coins.accounts.orders()] == [Side.SELL, Side.BUY, Side.SELL, Side.BUY]
        assert {order.status for order in coins.accounts.orders()} == {OrderStatus.FILLED}


class TestLive:
    def test_what_comes_too_late_for_its_period_is_not_sent(self) -> None:
        """A live account that was away decides nothing for the hours that it missed."""
        account = an_account("live", START, currency="USDT", mode=Mode.LIVE)
        coins = Coins(account)
        exchange = FakeBroker()
        coins.find_broker = lambda _: exchange
        coins.clock.time = START + timedelta(hours=6, minutes=10)
        for hour in (1, 5):
            coins.say(QUICK, HOURLY, hour, Side.BUY, 0.1)
        coins.decide_until(6)
        coins.dispatch()
        late, sent = reversed(coins.accounts.orders())
        assert (late.status, late.reason) == (
            OrderStatus.EXPIRED,
            "it was to be sent before 2026-11-20 03:00 UTC",
        )
        assert (sent.status, exchange.received) == (OrderStatus.OPEN, [sent.client_order_id])

    def test_executions_are_booked_though_no_period_is_due(self) -> None:
        account = an_account("live", START, currency="USDT", mode=Mode.LIVE)
        coins = Coins(account)
        exchange = FakeBroker()
        coins.find_broker = lambda _: exchange
        coins.clock.time = START + timedelta(hours=1, minutes=10)
        coins.say(QUICK, HOURLY, 0, Side.BUY)
        coins.decide(HOURLY, 0)
        coins.dispatch()
        (order_id,) = exchange.received
        exchange.fill(order_id, "2", "21", coins.clock.now(), commission="0.002", asset="INJ")
        (report,) = coins.dispatch()
        assert (report.periods, report.filled) == ((), 1)
        assert coins.books("live")[0].sums.held == {(QUICK, HOURLY): Decimal("1.998")}
