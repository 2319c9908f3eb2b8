"""What every repository of watchlists and assignments does."""

from dataclasses import dataclass, replace
from datetime import time, timedelta

import pytest

from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.limits import Limits, TradeWindow
from algo_trading.domain.post import Level
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.repositories.watchlists import (
    AssignmentRepository,
    SetupChanges,
    SetupRepository,
    WatchlistRepository,
    assignment_key,
)

STOCKS = Watchlist("stocks", "XNYS", "sample", (Interval.DAY,), ("MSFT", "IBM", "_", "a"))
COINS = Watchlist("Coins", "DEMO", "demo_candles", (Interval.HOUR_4, Interval.HOUR_1), ("BTCUSDT",))
FAST, SLOW = StrategyId("sma_cross", '{"fast":7}'), StrategyId("sma_cross", '{"fast":9}')
LIMITS = Limits(Level.MEDIUM, Level.HIGH, TradeWindow(time(12), time(6)), timedelta(hours=1.5), 0.02, 3)
EXITS = Exits(stop=0.05, target=1.5, trailing=0.1)


def an_assignment(
    strategy: StrategyId = FAST, symbol: str = "IBM", interval: Interval = Interval.DAY, account: str = "paper"
) -> Assignment:
    return Assignment(strategy, Series(Instrument(symbol), interval), "stocks", account, "owner", LIMITS, EXITS)


@dataclass(frozen=True)
class Setup:
    """The three repositories over one store."""

    rows: SetupRepository
    watchlists: WatchlistRepository
    assignments: AssignmentRepository


class SetupContract:
    """Subclasses give the fixture `setup` over an empty store."""

    def test_at_first_there_is_nothing(self, setup: Setup) -> None:
        assert [*setup.watchlists.all(), *setup.assignments.all()] == []
        with pytest.raises(KeyError):
            setup.watchlists.get("stocks")

    def test_watchlists_are_kept_as_they_are(self, setup: Setup) -> None:
        setup.rows.change(SetupChanges(watchlists=(STOCKS, COINS)))
        assert setup.watchlists.all() == [COINS, STOCKS]  # by the characters' codes
        assert setup.watchlists.get("Coins") == COINS
        changed = replace(STOCKS, source="yahoo", symbols=("KO", "IBM"), intervals=(Interval.WEEK, Interval.DAY))
        setup.rows.change(SetupChanges(watchlists=(changed,)))
        assert setup.watchlists.all() == [COINS, changed]

    def test_what_is_monitored_and_dropped_is_kept(self, setup: Setup) -> None:
        series = [Series(Instrument(symbol, "DEMO"), one) for symbol in ("INJ_X", "BTCUSDT") for one in Interval]
        watched = replace(COINS, monitored=tuple(series[:20]), dropped=tuple(series[20:]))
        setup.rows.change(SetupChanges(watchlists=(watched,)))
        assert setup.watchlists.get("Coins") == watched
        setup.rows.change(SetupChanges(watchlists=(COINS,)))
        assert setup.watchlists.get("Coins") == COINS

    def test_assignments_are_kept_as_they_are(self, setup: Setup) -> None:
        bare = replace(an_assignment(SLOW), limits=Limits(), exits=Exits())
        setup.rows.change(SetupChanges((STOCKS,), (an_assignment(), bare)))
        assert list(setup.assignments.all()) == [an_assignment(), bare]

    def test_assignments_are_sorted(self, setup: Setup) -> None:
        rows = [
            an_assignment(FAST, "IBM", Interval.HOUR_1),
            an_assignment(FAST, "IBM", account="a"),
            an_assignment(FAST, "IBM", account="b"),
            an_assignment(FAST, "_"),
            an_assignment(FAST, "a"),
            an_assignment(SLOW, "IBM"),
        ]
        setup.rows.change(SetupChanges((STOCKS,), tuple(reversed(rows))))
        assert list(setup.assignments.all()) == rows

    def test_an_assignment_is_known_by_strategy_series_and_account(self, setup: Setup) -> None:
        setup.rows.change(SetupChanges((STOCKS,), (an_assignment(), an_assignment(account="other"))))
        changed = replace(an_assignment(), owner="ann", limits=Limits(), exits=Exits(trailing=0.2))
        setup.rows.change(SetupChanges(assignments=(changed,)))
        assert list(setup.assignments.all()) == [an_assignment(account="other"), changed]

    def test_what_is_removed_is_gone(self, setup: Setup) -> None:
        setup.rows.change(SetupChanges((STOCKS, COINS), (an_assignment(), an_assignment(SLOW))))
        removed = SetupChanges(
            removed_watchlists=("Coins", "never"),
            removed_assignments=(assignment_key(an_assignment()), assignment_key(an_assignment(symbol="KO"))),
        )
        for _ in range(2):  # what is gone may be removed again
            setup.rows.change(removed)
            assert setup.watchlists.all() == [STOCKS]
            assert list(setup.assignments.all()) == [an_assignment(SLOW)]

    def test_a_watchlist_goes_with_its_assignments(self, setup: Setup) -> None:
        setup.rows.change(SetupChanges((STOCKS,), (an_assignment(),)))
        setup.rows.change(
            SetupChanges(removed_watchlists=("stocks",), removed_assignments=(assignment_key(an_assignment()),))
        )
        assert [*setup.watchlists.all(), *setup.assignments.all()] == []

    def test_a_mistake_changes_nothing(self, setup: Setup) -> None:
        setup.rows.change(SetupChanges((STOCKS,), (an_assignment(),)))
        elsewhere = replace(an_assignment(SLOW), watchlist="elsewhere")
        with pytest.raises(KeyError, match="elsewhere"):
            setup.rows.change(
                SetupChanges((COINS,), (elsewhere,), removed_assignments=(assignment_key(an_assignment()),))
            )
        assert setup.watchlists.all() == [STOCKS]
        assert list(setup.assignments.all()) == [an_assignment()]
