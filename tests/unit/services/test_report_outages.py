"""The owner hears once that candles are no longer processed, and once that they are again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.outage import Outage
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.strategy_failure import StrategyFailure
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Watchlist
from algo_trading.gateways.channels import UndeliverableError
from algo_trading.notification.outage import OwnersRenderer
from algo_trading.repositories.periods import FlowRun, Stage
from algo_trading.services.report_outages import ReportOutages
from fakes.market_data import FakeMarketData
from support.world import World

pytestmark = pytest.mark.unit

HOUR, FOUR = Interval.HOUR_1, Interval.HOUR_4
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
COINS = Watchlist("coins", "DEMO", "coins", (HOUR, FOUR, Interval.DAY), ("NOVAUSDT",))


class Desk(World):
    """Hours and fours of which everything up to noon is decided; the owner has an address."""

    def __init__(self, source: FakeMarketData) -> None:
        super().__init__([COINS], sources={"coins": source}, now=NOON)
        self.decide(HOUR, NOON - HOUR.length)
        self.decide(FOUR, NOON - FOUR.length)
        self.after = {"coins": 3}

    def decide(self, interval: Interval, opened_at: datetime) -> None:
        self.periods.mark("coins", interval, opened_at, Stage.DECIDED)

    def report_outages(self) -> ReportOutages:
        return ReportOutages(
            self.watchlists, self.periods, self.strategy_failures, self.notices, self.source, self.calendars,
            self.clock, lambda: ["owner@localhost"], self.after,
        )  # fmt: skip

    def at(self, hours: float) -> list[str]:
        """Look so many hours after noon; the subjects of all mails until then."""
        self.clock.time = NOON + timedelta(hours=hours)
        self.report_outages()()
        self.deliver_notices()()
        return [str(mail["Subject"]) for mail in self.mail.mails.values()]


@pytest.fixture
def desk() -> Desk:
    return Desk(FakeMarketData({}))


BROKEN = "coins 1h is not processed since 2026-03-01T11:00Z"


def test_three_that_failed_are_told_once(desk: Desk) -> None:
    assert desk.at(3.9) == []  # the third one still has time
    assert desk.at(4) == [BROKEN]
    assert desk.at(4) == [BROKEN]
    assert desk.at(11) == [BROKEN]
    four = "coins 4h is not processed since 2026-03-01T08:00Z"
    assert sorted(desk.at(16)) == [BROKEN, four]


def test_that_it_goes_on_is_told_once_and_a_later_outage_anew(desk: Desk) -> None:
    desk.at(4)
    desk.decide(HOUR, NOON + timedelta(hours=2))
    assert desk.at(4.1) == [BROKEN, "coins 1h is processed again"]
    assert len(desk.at(5)) == 2
    desk.decide(HOUR, NOON + timedelta(hours=4))
    assert len(desk.at(5.5)) == 2
    assert desk.at(9)[2:] == ["coins 1h is not processed since 2026-03-01T16:00Z"]


def test_an_outage_that_moves_on_and_fails_again_is_not_called_over(desk: Desk) -> None:
    desk.at(4)
    desk.decide(HOUR, NOON)
    assert desk.at(4) == [BROKEN]  # two more have failed


def test_it_is_only_told_where_it_is_wanted_and_something_is_expected(desk: Desk) -> None:
    desk.after = {}
    assert desk.at(100) == []
    desk.after = {"coins": 3}
    desk.periods.marks.clear()
    assert desk.at(100) == []
    assert Desk(FakeMarketData({}, newest=NOON)).at(100) == []


def test_the_mail_says_what_it_means(desk: Desk) -> None:
    desk.at(4)
    desk.decide(HOUR, NOON + timedelta(hours=2))
    desk.at(4.1)
    keys = desk.notices.keys(NoticeKind.OUTAGE)
    render = OwnersRenderer(desk.strategy_failures).begin()
    first, last = (render(Content(NoticeKind.OUTAGE, key, NOON)) for key in keys)
    assert "no signal, no mail and no order" in first.text
    assert "What was missed is made up for" in last.text
    assert "<h1" in last.html
    for kind in (NoticeKind.OUTAGE, NoticeKind.STRATEGY):
        with pytest.raises(UndeliverableError):
            render(Content(kind, "something else", NOON))


def test_keys_can_be_read_again() -> None:
    outage = Outage("coins", FOUR, NOON)
    assert Outage.parse(outage.key) == outage
    assert Outage.parse(outage.ended.key) == outage.ended != outage


STOCKS = Watchlist("stocks", "XNYS", "stocks", (Interval.DAY,), ("IBM",))
THURSDAY, FRIDAY, MONDAY = (datetime(2026, 3, day, tzinfo=UTC) for day in (5, 6, 9))
CLOSE = timedelta(hours=21)  # of New York, in UTC


class Sessions(Desk):
    """A daily watchlist of which everything up to Thursday is decided."""

    def __init__(self) -> None:
        World.__init__(self, [STOCKS], sources={"stocks": FakeMarketData({})}, now=THURSDAY)
        self.after = {"stocks": 3}
        self.decided(THURSDAY)

    def decided(self, session: datetime) -> None:
        self.periods.mark("stocks", Interval.DAY, session, Stage.DECIDED)

    def on(self, session: datetime, hours: float) -> list[str]:
        """The subjects so many hours after a session's close."""
        self.clock.time = session + CLOSE + timedelta(hours=hours)
        self.report_outages()()
        self.deliver_notices()()
        return [str(mail["Subject"]) for mail in self.mail.mails.values()]


def test_a_late_daily_run_is_told_once_and_so_is_its_end() -> None:
    desk = Sessions()
    late = "stocks 1d is late: nothing is decided after 2026-03-05"
    assert desk.on(FRIDAY, 3.9) == []
    assert desk.on(FRIDAY, 4.1) == [late]
    assert desk.on(FRIDAY, 30) == [late]
    assert desk.on(MONDAY, 5) == [late]
    desk.decided(FRIDAY)
    assert desk.on(MONDAY, 6) == [late]
    desk.decided(MONDAY)
    assert desk.on(MONDAY, 7) == [late, "stocks 1d is processed again"]
    desk.after = {}
    assert len(desk.on(MONDAY, 100)) == 2
    plain = next(iter(desk.mail.mails.values())).get_body(("plain",))
    assert plain is not None
    text = plain.get_content()
    assert "look for the failed task" in text
    assert "http://127.0.0.1:8080/dags?tags=stocks" in text.split()  # no run has begun


def test_the_notice_links_to_the_run_that_is_late() -> None:
    desk = Sessions()
    desk.periods.worked_on("stocks", Interval.DAY, THURSDAY, FlowRun("daily_bars", "scheduled__2026-03-05__1"))
    desk.periods.worked_on(
        "stocks", Interval.DAY, FRIDAY, FlowRun("daily_signals", "asset_triggered__2026-03-06T21:30+00:00__2")
    )
    desk.on(FRIDAY, 5)
    (mail,) = desk.mail.mails.values()
    bodies = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    assert len(bodies) == 2
    for body in bodies:
        assert "http://127.0.0.1:8080/dags/daily_signals/runs/asset_triggered__2026-03-06T21%3A30%2B00%3A00__2" in body


SMA = StrategyId("sma_cross", '{"fast":7}')


def failing(symbol: str, day: int) -> StrategyFailure:
    at = THURSDAY + timedelta(days=day)
    return StrategyFailure(SMA, Series(Instrument(symbol)), at, at, "ValueError: no\nvolume")


def test_a_strategy_that_raises_errors_is_told_once_however_many_series_it_fails_on() -> None:
    desk = Sessions()
    desk.after = {}
    symbols = [f"S{number}" for number in range(12)]
    desk.strategy_failures.record([failing(symbol, 0) for symbol in symbols], [], THURSDAY)
    raises = "sma_cross raises an error instead of deciding"
    assert desk.on(THURSDAY, 1) == [raises]
    desk.strategy_failures.record([failing(symbol, 1) for symbol in symbols], [], FRIDAY)
    assert desk.on(FRIDAY, 1) == [raises]
    plain = next(iter(desk.mail.mails.values())).get_body(("plain",))
    assert plain is not None
    text = " ".join(plain.get_content().split())
    assert "sma_cross(fast=7) fails on S0, S1, S10, S11, S2, S3, S4, S5, S6, S7 and 2 more" in text
    assert "It says: ValueError: no volume" in text
    well = [(SMA, Series(Instrument(symbol))) for symbol in symbols]
    desk.strategy_failures.record([], well[1:], MONDAY)
    assert desk.on(MONDAY, 1) == [raises]
    desk.strategy_failures.record([], well, MONDAY)
    assert desk.on(MONDAY, 2) == [raises, "sma_cross decides again"]


def test_a_strategy_that_fails_now_and_then_is_told_once_a_day() -> None:
    desk = Sessions()
    desk.after = {}
    well = [(SMA, Series(Instrument("IBM")))]
    told = []
    for hour in range(60):
        moment = THURSDAY + timedelta(hours=hour)
        bad = replace(failing("IBM", 0), since=moment, newest=moment)
        desk.strategy_failures.record([bad] if hour % 2 == 0 else [], well if hour % 2 else [], moment)
        told.append(len(desk.on(THURSDAY, hour)))
    assert told[-1] == 6  # three days begin, and each notice has its end
