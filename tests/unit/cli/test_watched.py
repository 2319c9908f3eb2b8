"""Which watchlists and periods a command is about."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from algo_trading.bootstrap.services import Services
from algo_trading.cli.watched import Due, sessions_due, watched_intervals, watchlists_of
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.gateways.market_data import MarketData
from fakes.market_data import FakeMarketData
from support.world import World

pytestmark = pytest.mark.unit

STOCKS = Watchlist("stocks", "XNYS", "sample", (Interval.DAY,), ("IBM", "MSFT"))
LONDON = Watchlist("london", "XLON", "live", (Interval.DAY, Interval.WEEK), ("VOD",))
COINS = Watchlist("coins", "DEMO", "live", (Interval.HOUR_4, Interval.HOUR_1), ("NOVAUSDT",))
END = datetime(2013, 1, 31, tzinfo=UTC)  # of the sample
NOW = datetime(2013, 3, 1, 22, tzinfo=UTC)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "var"))
    return World(
        [STOCKS, LONDON, COINS], sources={"sample": FakeMarketData({}, newest=END), "live": FakeMarketData({})}, now=NOW
    )


def shown(due: list[Due]) -> list[str]:
    return [f"{one.watchlist.name} {one.period}" for one in due]


class TestWatchlists:
    def test_the_one_that_is_named(self, world: World) -> None:
        assert watchlists_of(world, "coins") == [COINS]
        assert watchlists_of(world) == [COINS, LONDON, STOCKS]
        with pytest.raises(UnknownNameError, match="there is no watchlist 'coin'; did you mean 'coins'"):
            watchlists_of(world, "coin")

    def test_the_configured_ones_at_the_first_start(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("ALGO_PRESET", "yahoo")
        fresh = World(now=NOW)
        assert [one.name for one in watchlists_of(fresh)] == ["us_stocks"]
        assert fresh.accounts.names() == ["paper"]

    def test_without_any_it_says_what_to_add(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("ALGO_WATCHLISTS", "[]")
        with pytest.raises(ConfigError, match=r"nothing is watched: add a \[\[watchlists\]\] table"):
            watchlists_of(World())

    def test_candles_count_when_they_are_named(self, world: World) -> None:
        def found(name: str | None, *symbols: str) -> list[str]:
            return [f"{one.watchlist.name} {one.interval}" for one in watched_intervals(world, name, symbols)]

        assert found(None) == ["london 1d", "london 1w", "stocks 1d"]
        assert found("coins") == ["coins 4h", "coins 1h"]
        assert found(None, "VOD") == ["london 1d", "london 1w"]
        assert found(None, "NOBODY") == ["london 1d", "london 1w"]  # it belongs to the first one

    def test_or_where_nothing_else_is_watched(self, world: World) -> None:
        only = World([COINS], sources={"live": FakeMarketData({})}, now=NOW)
        assert [one.interval for one in watched_intervals(only, None)] == [Interval.HOUR_4, Interval.HOUR_1]
        assert [str(one) for one in watched_intervals(world, "coins")[0].series(["A", "B", "A"])] == ["A_4h", "B_4h"]


class TestSessions:
    def test_they_come_in_the_order_in_which_they_closed(self, world: World) -> None:
        warnings: list[str] = []
        due = sessions_due(world, date(2013, 1, 2), date(2013, 1, 4), None, warnings.append)
        assert shown(due) == [
            "london 2013-01-02",
            "stocks 2013-01-02",
            "london 2013-01-03",
            "stocks 2013-01-03",
            "london 2013-01-04",
            "stocks 2013-01-04",
        ]
        assert warnings == []

    def test_a_week_closes_after_its_last_day(self, world: World) -> None:
        due = sessions_due(world, date(2013, 1, 7), date(2013, 1, 11), "london", pytest.fail)
        assert [f"{one.period.interval} {one.period}" for one in due][-2:] == ["1d 2013-01-11", "1w 2013-01-07"]

    def test_candles_of_a_day(self, world: World) -> None:
        due = sessions_due(world, date(2013, 1, 5), None, "coins", pytest.fail)
        assert len(due) == 30
        assert [f"{one.period.interval} {one.period}" for one in due[:5]] == [
            "1h 2013-01-05T00:00Z",
            "1h 2013-01-05T01:00Z",
            "1h 2013-01-05T02:00Z",
            "1h 2013-01-05T03:00Z",
            "4h 2013-01-05T00:00Z",
        ]

    def test_of_today_short_periods_are_those_that_have_closed(self, world: World) -> None:
        found = sessions_due(world, date(2013, 3, 1), None, "coins", pytest.fail)
        assert [one.period.key for one in found if one.period.interval is Interval.HOUR_1][-1] == "2013-03-01T21:00Z"
        assert [one.period.key for one in found if one.period.interval is Interval.HOUR_4][-1] == "2013-03-01T16:00Z"
        assert len(found) == 22 + 5
        with pytest.raises(ConfigError, match="2013-03-02 lies beyond the newest closed session of DEMO"):
            sessions_due(world, date(2013, 3, 1), date(2013, 3, 2), "coins", lambda _warning: None)

    def test_a_source_that_nobody_knows_is_an_error_whatever_others_have(self) -> None:
        changed = replace(STOCKS, name="changed", source="nobody")

        class Strict(World):
            def source(self, name: str) -> MarketData:
                return Services.source(self, name) if name == "nobody" else super().source(name)

        world = Strict([STOCKS, changed], sources={"sample": FakeMarketData({})}, now=NOW)
        with pytest.raises(
            UnknownNameError, match=r"'nobody'.*known are: binance, csv_files, demo_candles, practice, sample, yahoo"
        ):
            sessions_due(world, date(2013, 1, 2), None, None, pytest.fail)

    def test_what_one_watchlist_lacks_is_a_warning_while_others_have_it(self, world: World) -> None:
        warnings: list[str] = []
        due = sessions_due(world, date(2013, 2, 1), None, None, warnings.append)
        assert shown(due) == ["london 2013-02-01"]
        assert warnings == ["the source sample ends at 2013-01-31, before 2013-02-01"]

    @pytest.mark.parametrize(
        ("first", "last", "name", "sentence"),
        [
            ("2013-01-01", None, "stocks", "2013-01-01"),  # a holiday
            ("2013-01-05", "2013-01-06", "stocks", "XNYS has no session in 2013-01-05 .. 2013-01-06"),
            ("2013-01-04", "2013-01-02", None, "the range 2013-01-04 .. 2013-01-02 ends before it begins"),
            ("2013-02-28", "2013-03-04", "london", "2013-03-04 lies beyond the newest closed session of XLON"),
            ("2013-01-31", "2013-02-01", "stocks", "the source sample ends at 2013-01-31, before 2013-02-01"),
            ("2100-01-04", None, None, "2100-01-04 lies beyond the newest closed session of XLON, 2013-03-01"),
        ],
    )
    def test_what_there_is_not(
        self, world: World, first: str, last: str | None, name: str | None, sentence: str
    ) -> None:
        until = None if last is None else date.fromisoformat(last)
        with pytest.raises(ConfigError, match=sentence):
            sessions_due(world, date.fromisoformat(first), until, name, lambda _warning: None)
