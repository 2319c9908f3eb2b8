"""The generated market that stands in for Yahoo, and what the source takes from an open session."""

from datetime import UTC, date, datetime

import pytest

from algo_trading.adapters.yahoo import YahooMarketData
from algo_trading.domain.corporate_actions import ActionKind
from algo_trading.domain.instrument import Instrument
from algo_trading.gateways.market_data import RawBars, RawPayload
from servers.yahoo import ChartRequest
from servers.yahoo_market import GeneratedMarket
from support.bar_requests import daily_request

pytestmark = [
    pytest.mark.unit,
    # exchange_calendars with pandas 3.1, where a calendar is made
    pytest.mark.filterwarnings("ignore:Series.values returning an ndarray that drops timezone"),
]


def read(now: datetime, first: date | None, last: date) -> RawBars:
    period1 = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()) if first else -1
    request = ChartRequest("IBM", {"period1": str(period1), "period2": str(int(now.timestamp()))})
    content = GeneratedMarket(now=lambda: now)(request).body
    payload = RawPayload(daily_request(Instrument("IBM"), first, last), content, "application/json", ".json")
    return YahooMarketData(pause_seconds=0, attempts=1).parse(payload)


def test_the_bar_of_an_open_session_is_not_taken() -> None:
    during = datetime(2026, 6, 9, 16, tzinfo=UTC)
    assert read(during, date(2026, 6, 8), date(2026, 6, 9)).rows.num_rows == 2
    assert read(during, date(2026, 6, 8), date(2026, 6, 8)).rows["session"].to_pylist() == ["2026-06-08"]


def test_what_was_stored_before_a_split_is_what_is_fetched_after_it() -> None:
    before = read(datetime(2026, 6, 9, 21, tzinfo=UTC), None, date(2026, 6, 9))
    after = read(datetime(2026, 6, 10, 21, tzinfo=UTC), None, date(2026, 6, 10))
    assert before.rows.num_rows + 1 == after.rows.num_rows > 6_000
    assert after.rows.slice(0, before.rows.num_rows) == before.rows
    assert {action.kind for action in after.actions if action not in before.actions} == {ActionKind.SPLIT}
