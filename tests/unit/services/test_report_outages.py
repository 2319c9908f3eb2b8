"""The owner hears once that candles are no longer processed, and once that they are again."""

from datetime import UTC, datetime, timedelta

import pytest

from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.outage import Outage
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Watchlist
from algo_trading.gateways.channels import UndeliverableError
from algo_trading.notification.outage import OutageRenderer
from algo_trading.repositories.periods import Stage
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
            self.watchlists, self.periods, self.notices, self.source, self.calendars, self.clock,
            lambda: ["owner@localhost"], self.after,
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
    first, last = (OutageRenderer().begin()(Content(NoticeKind.OUTAGE, key, NOON)) for key in keys)
    assert "no signal, no mail and no order" in first.text
    assert "What was missed is made up for" in last.text
    assert "<h1" in last.html
    with pytest.raises(UndeliverableError):
        OutageRenderer().begin()(Content(NoticeKind.OUTAGE, "something else", NOON))


def test_keys_can_be_read_again() -> None:
    outage = Outage("coins", FOUR, NOON)
    assert Outage.parse(outage.key) == outage
    assert Outage.parse(outage.ended.key) == outage.ended != outage
