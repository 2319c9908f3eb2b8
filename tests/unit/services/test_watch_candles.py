"""What one look of the watch loop does, and how the loop goes on whatever fails."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval
from algo_trading.errors import AlgoTradingError, ServiceUnavailableError
from algo_trading.repositories.periods import Stage
from algo_trading.services.keep_watching import KeepWatching
from algo_trading.services.watch_candles import WatchReport
from algo_trading.strategies.scalping import Scalping
from fakes.clock import FakeClock
from support.watch_world import WatchWorld

pytestmark = pytest.mark.unit

BEGINS = datetime(2024, 1, 1, 0, 7, tzinfo=UTC)
HOUR, FOUR = Interval.HOUR_1, Interval.HOUR_4
BTC = Instrument("BTCUSDT", "BINANCE")


@pytest.fixture(scope="module")
def watched() -> WatchWorld:
    """After one look, at seven minutes past midnight."""
    world = WatchWorld(["BTCUSDT"], [HOUR, FOUR], [Scalping(threshold=0.3)], BEGINS)
    for interval in (HOUR, FOUR):
        before = BEGINS.replace(minute=0) - 2 * interval.length
        world.periods.mark("coins", interval, before, Stage.DECIDED)
    report = world.watch_candles()(["coins"])
    assert report == WatchReport(decided=2, scored=1)
    return world


def test_closed_candles_are_stored_and_decided_and_no_other(watched: WatchWorld) -> None:
    for interval, last in ((HOUR, 23), (FOUR, 20)):
        (series,) = watched.coins.series(interval)
        opened = [time for time, _ in watched.stored(series)]
        assert opened[-1] == datetime(2023, 12, 31, last, tzinfo=UTC)
        assert len(opened) == len(set(opened)) == 10 * 24 * HOUR.length // interval.length
        assert watched.periods.reached("coins", interval, opened[-1], Stage.DECIDED)
    assert [decision[1] for decision in watched.decisions() if "T23:00" in decision[0]]


def test_the_running_candle_of_each_timeframe_is_scored_as_it_stands(watched: WatchWorld) -> None:
    (score,) = watched.scores.newest()
    assert (score.instrument, score.at) == (BTC, BEGINS)
    price = float(watched.exchange.last())
    assert score.price == price
    tape = watched.exchange.exchange.books["BTCUSDT"].tape
    now = int(BEGINS.timestamp() * 1000)
    running = tape.candles("1h", now - 7 * 60_000, now + 1, now)
    change = 100 * (running.close[-1] / running.open[-1] - 1)
    assert {name: rank.closed for name, rank in score.timeframes.items()} == {HOUR: 240, FOUR: 60}
    assert score.timeframes[HOUR].change == pytest.approx(change)
    assert score.timeframes[FOUR].change == pytest.approx(change)  # both opened at midnight


def test_a_look_a_minute_later_has_only_scores_to_add(watched: WatchWorld) -> None:
    bars, decided = watched.bars.count(), watched.decisions()
    watched.sleep(60)
    assert watched.watch_candles()(["coins"]) == WatchReport(scored=1)
    assert (watched.bars.count(), watched.decisions()) == (bars, decided)
    points = watched.scores.history(BTC, BEGINS, BEGINS + timedelta(minutes=1))
    assert [point.at for point in points] == [BEGINS, BEGINS + timedelta(minutes=1)]


def test_watchlists_that_do_not_want_it_are_left_alone(watched: WatchWorld) -> None:
    requests = len(watched.log)
    assert watched.watch_candles()([]) == WatchReport()
    assert len(watched.log) == requests


def test_what_has_just_closed_is_left_to_airflow_for_a_while(watched: WatchWorld) -> None:
    watched.sleep(BEGINS.replace(hour=1, minute=1).timestamp() - watched.now().timestamp())
    assert watched.watch_candles(timedelta(seconds=120))(["coins"]).decided == 0
    watched.sleep(61)
    assert watched.watch_candles(timedelta(seconds=120))(["coins"]).decided == 1


def test_an_exchange_that_is_gone_is_one_sentence_for_each_thing_that_failed(watched: WatchWorld) -> None:
    watched.sleep(3600)
    watched.cut = lambda: True
    report = watched.watch_candles()(["coins"])
    watched.cut = lambda: False
    assert (report.decided, report.scored) == (0, 0)
    sentence = "Binance could not be asked (no connection, or it was cut): check the network, or try again later"
    assert report.errors == (f"coins 1h: {sentence}", f"coins: {sentence}")
    assert watched.watch_candles()(["coins"]).decided == 1


class Loop:
    """A loop whose looks give what the test wants, one after the other; an exception is raised."""

    def __init__(self, *results: WatchReport | Exception, minutes: Callable[[], int] = lambda: 1) -> None:
        self.results, self.said, self.pauses = list(results), list[str](), list[float]()
        self.clock = FakeClock(datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC))
        self.keep = KeepWatching(
            look=self.look,
            minutes=minutes,
            wait=self.wait,
            say=self.said.append,
            explain=lambda error: ServiceUnavailableError("it went away") if isinstance(error, OSError) else None,
            clock=self.clock,
        )

    def look(self) -> WatchReport:
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    def wait(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        self.clock.move(timedelta(seconds=seconds))
        return bool(self.results)


def test_it_looks_three_seconds_after_the_whole_minute() -> None:
    loop = Loop(*[WatchReport()] * 3)
    loop.keep()
    assert loop.pauses == [33, 60, 60]
    assert loop.clock.now().second == 3


def test_the_minutes_are_asked_for_each_time() -> None:
    wanted = iter((1, 5, 5))
    loop = Loop(*[WatchReport()] * 3, minutes=lambda: next(wanted))
    loop.keep()
    assert loop.pauses == [33, 240, 300]  # 12:01:03, 12:05:03, 12:10:03


def test_failures_are_said_once_and_that_they_are_over_once() -> None:
    away = AlgoTradingError("the database is away")
    failed = WatchReport(errors=("coins 1h: no connection",))
    loop = Loop(away, away, OSError("broken pipe"), failed, failed, WatchReport(), WatchReport(), failed)
    loop.keep()
    assert loop.said == [
        "the database is away",
        "it went away",
        "coins 1h: no connection",
        "all is well again",
        "coins 1h: no connection",
    ]


def test_a_mistake_of_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        Loop(ZeroDivisionError()).keep()


def test_the_database_being_away_is_for_the_loop_to_say(watched: WatchWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> bool:
        raise ServiceUnavailableError("away")

    monkeypatch.setattr(watched.periods, "reached", away)
    with pytest.raises(ServiceUnavailableError):
        watched.watch_candles()(["coins"])
