"""Thirty days of ten pairs, candle by candle through the live code: the trades are those of the backtester."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import Bars
from algo_trading.domain.costs import Costs
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment
from algo_trading.exchange import market_data
from algo_trading.exchange.tape import Tape
from algo_trading.repositories.bars import split_by_series
from algo_trading.repositories.periods import Stage
from algo_trading.services.evaluate import EvaluateStrategies
from algo_trading.services.features import JoinFeatures
from algo_trading.strategies.ema_cross import EmaCross
from back_testing.engine.backtest import run_portfolio
from back_testing.engine.rules import Size, SizeKind, TradingRules
from back_testing.engine.trade import ExitReason, Trade
from contracts.bars import bar_rows
from fakes.fundamentals import FakeFundamentals
from fakes.posts import FakeMentions
from fakes.scores import FakeThresholds
from support.exchange_world import PAIRS, market_of
from support.trading import Trading, an_account, opening

pytestmark = pytest.mark.unit

HOURS = Interval.HOUR_4
START = datetime(2024, 6, 1, tzinfo=UTC)
END = START + timedelta(days=30)
SYMBOLS = [symbol for symbol, pair in PAIRS.items() if pair.quote == "USDT"][:10]
SERIES = [Series(Instrument(symbol, "BINANCE"), HOURS) for symbol in SYMBOLS]
STRATEGY = EmaCross(fast=3, slow=8)
COSTS = Costs(Decimal("0.001"), Decimal(5))
EXITS = Exits(stop=0.03, target=0.05, trailing=0.04)
REASONS = {"stop": ExitReason.STOP_LOSS, "trailing stop": ExitReason.TRAILING_STOP, "target": ExitReason.TAKE_PROFIT}


def candles() -> list[dict[str, Any]]:
    """The practice exchange's candles of these days."""
    rows = []
    first, end = (int(moment.timestamp() * 1000) for moment in (START, END))
    for symbol in SYMBOLS:
        tape = Tape(7, PAIRS[symbol], market_of(7)[symbol])
        for candle in market_data.rows(tape.candles(str(HOURS), first, end, end)):
            opened = START + timedelta(milliseconds=candle[0] - first)
            values = map(float, market_data.kline(PAIRS[symbol], str(HOURS), candle)[1:6])
            prices = dict(zip(("open", "high", "low", "close", "volume"), values, strict=True))
            times = {"interval": str(HOURS), "opened_at": opened, "closed_at": opened + timedelta(hours=4)}
            rows.append({"symbol": symbol, "venue": "BINANCE", **times, **prices})
    return rows


@dataclass(frozen=True)
class RoundTrip:
    """An entry and what became of it."""

    symbol: str
    entered: datetime
    price: float
    quantity: float
    left: datetime | None
    left_price: float
    reason: ExitReason


def traded(trading: Trading) -> list[RoundTrip]:
    """What the account traded; times are the opens of the candles that it was traded in."""
    orders = {order.client_order_id: order for order in trading.accounts.orders("paper")}
    booked = {one.id: one for one in trading.accounts.executions("paper")}
    trips: dict[str, list[RoundTrip]] = {}
    for cause in dict.fromkeys(entry.cause for entry in trading.accounts.entries("paper")):
        if cause not in booked:
            continue
        execution = booked[cause]
        order, symbol = orders[execution.client_order_id], orders[execution.client_order_id].series.symbol
        at = execution.at
        opened = START + (at - START) // timedelta(hours=4) * timedelta(hours=4)
        if at == opened and order.type != "market":
            opened -= timedelta(hours=4)  # within a candle: nobody knows when, so it is booked at its close
        price = float(execution.price)
        if order.side is Side.BUY:
            trip = RoundTrip(symbol, opened, price, float(execution.quantity), None, 0.0, ExitReason.OPEN)
            trips.setdefault(symbol, []).append(trip)
        else:
            reason = ExitReason.SIGNAL if order.signal else REASONS[order.reason.split(" at ")[0]]
            trips[symbol][-1] = replace(trips[symbol][-1], left=opened, left_price=price, reason=reason)
    return sorted((trip for several in trips.values() for trip in several), key=lambda one: (one.symbol, one.entered))


def live() -> Trading:
    """Every candle is stored, decided and dispatched once it has closed."""
    trading = Trading()
    account = an_account("paper", START, fraction="0.08", costs=COSTS, currency="USDT")
    trading.accounts.open(opening(account, "100000", START))
    trading.assignments.rows = [Assignment(STRATEGY.id, one, "coins", "paper", "owner", exits=EXITS) for one in SERIES]
    mentions = FakeMentions(trading.posts, trading.signals)
    evaluate = EvaluateStrategies(
        trading.bars, trading.actions, JoinFeatures(mentions, FakeFundamentals(), FakeThresholds()), trading.signals,
        trading.assignments, {STRATEGY.id: STRATEGY}.__getitem__,
    )  # fmt: skip
    by_time: dict[datetime, list[dict[str, Any]]] = {}
    for row in candles():
        by_time.setdefault(row["opened_at"], []).append(row)
    for period in trading_calendar("BINANCE").periods(HOURS, START, END - timedelta(hours=4)):
        trading.bars.upsert(bar_rows(*by_time[period.opened_at]), "test")
        evaluate(period, SERIES)
        trading.periods.mark("coins", HOURS, period.opened_at, Stage.DECIDED)
        trading.dispatch()
    return trading


def backtest(bars: list[Bars]) -> list[Trade]:
    rules = TradingRules(
        cash=100_000.0,
        costs=COSTS,
        size=Size(SizeKind.FRACTION, 0.08),
        whole_shares=False,
        stop_loss=EXITS.stop,
        take_profit=EXITS.target,
        trailing_stop=EXITS.trailing,
        keep_open=True,
    )
    return sorted(run_portfolio(STRATEGY, bars, rules).trades, key=lambda one: (one.symbol, one.entry_time))


@pytest.mark.faults  # half a minute: not in every run
def test_a_month_of_ten_pairs_trades_as_the_backtester_does() -> None:
    trading = live()
    found = split_by_series(trading.bars.read(SERIES, None, None))
    expected, trips = backtest([found[one] for one in SERIES]), traded(trading)
    assert len(trips) == len(expected) > 30
    together = Counter(trade.entry_time for trade in expected)
    together.update(trade.exit_time for trade in expected if trade.reason is ExitReason.SIGNAL and trade.exit_time)
    for trip, trade in zip(trips, expected, strict=True):
        assert (trip.symbol, trip.entered, trip.left, trip.reason) == (
            trade.symbol, trade.entry_time, trade.exit_time, trade.reason,
        )  # fmt: skip
        assert trip.price == pytest.approx(trade.entry_price, rel=1e-9)
        # An account fixes the budgets of all entries at the decision. The backtester fills one order after the other,
        # each from the equity that the costs of those before it at the same open have left: 0.15 % of their 8 %.
        earlier = (together[trade.entry_time] - 1) * 0.08 * 0.0015
        assert trip.quantity == pytest.approx(trade.size, rel=1e-5 + 1.05 * earlier)
        if trip.left is not None:
            assert trip.left_price == pytest.approx(trade.exit_price, rel=1e-9)
    assert {trade.reason for trade in expected} >= {ExitReason.SIGNAL, ExitReason.STOP_LOSS, ExitReason.TAKE_PROFIT}
