"""Trades that are over, from an account's book."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import Entry, EntryKind, Holding
from algo_trading.domain.past_trades import PastTrade, past_trades
from algo_trading.domain.signal import StrategyId

pytestmark = pytest.mark.unit

START = datetime(2026, 1, 5, tzinfo=UTC)
IBM = Holding(StrategyId("sma_cross", "{}"), Series(Instrument("IBM")))


def entries(day: int, quantity: str, cash: str, fee: str = "0", holding: Holding = IBM) -> list[Entry]:
    """A fill, its money and its commission."""
    at = START + timedelta(days=day)
    return [
        Entry(EntryKind.FILL, f"{day}", Decimal(quantity), at, at, holding=holding),
        Entry(EntryKind.FILL, f"{day}", Decimal(cash), at, at, "USD", holding),
        Entry(EntryKind.COMMISSION, f"{day}", Decimal(fee), at, at, "USD", holding),
    ]


def on(day: int) -> datetime:
    return START + timedelta(days=day)


def test_a_trade_goes_from_flat_to_flat() -> None:
    book = [*entries(0, "10", "-1000", "-5"), *entries(1, "5", "-500"), *entries(4, "-15", "1800", "-5")]
    other = entries(2, "1", "-7", holding=Holding(StrategyId("other", "{}"), IBM.series))
    dividend = Entry(EntryKind.DIVIDEND, "d", Decimal(30), on(3), on(3), "USD", IBM)
    still_open = entries(6, "1", "-100")
    found = past_trades([*still_open, *book, dividend, *other], IBM, "USD")
    assert found == [PastTrade(on(0), on(4), Decimal(320), pytest.approx(320 / 1510))]  # type: ignore[arg-type]


def test_a_short_gains_when_it_is_bought_back_for_less() -> None:
    (trade,) = past_trades([*entries(0, "-10", "1000"), *entries(2, "10", "-900")], IBM, "USD")
    assert trade.profit == Decimal(100)
    assert trade.result == pytest.approx(0.1)


def test_several_trades_and_none() -> None:
    assert past_trades([], IBM, "USD") == []
    book = [*entries(0, "1", "-100"), *entries(1, "-1", "90"), *entries(2, "1", "-80"), *entries(3, "-1", "100")]
    assert [round(trade.result, 4) for trade in past_trades(book, IBM, "USD")] == [-0.1, 0.25]
