"""Symbols that people ask for: within a limit, loaded, backtested, and told."""

from datetime import UTC, date, datetime, timedelta

import pytest

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.names import FormerName
from algo_trading.domain.symbol_request import SymbolRequest
from algo_trading.domain.time import Interval
from algo_trading.domain.user import Role
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import ConfigError, RateLimitedError
from contracts.symbol_requests import Desk, SymbolRequestContract
from fakes.market_data import FakeMarketData
from fakes.names import FakeNames
from fakes.notices import FakeNotices
from fakes.symbol_requests import FakeSymbolRequests
from support.world import World

pytestmark = pytest.mark.unit

NOW = datetime(2013, 1, 3, 12, tzinfo=UTC)
DAYS = ("2012-12-28", "2012-12-31", "2013-01-02")
ROWS = [(day, "10", "12", "9", "11", "100") for day in DAYS]
STOCKS = Watchlist("us_stocks", "XNYS", "yahoo", (Interval.DAY,), ("IBM",))
PASSWORD = "correct horse battery"  # noqa: S105 - of nobody
ANN = "ann@example.com"


class TestFakeSymbolRequests(SymbolRequestContract):
    @pytest.fixture
    def desk(self) -> Desk:
        notices = FakeNotices()
        return Desk(FakeSymbolRequests(notices), notices)


class Office(World):
    """Shares of one watchlist, an owner and a member."""

    def __init__(self) -> None:
        self.yahoo = FakeMarketData({"PLTR": ROWS, "IBM": ROWS})
        super().__init__([STOCKS], sources={"yahoo": self.yahoo}, now=NOW)
        self.manage_users().add("setup", "owner", Role.OWNER, "owner@example.com", PASSWORD)
        self.manage_users().add("setup", "ann", Role.MEMBER, ANN, PASSWORD)
        self.reviewed: list[Series] = []

    def ask(self, symbol: str, name: str = "ann") -> SymbolRequest:
        user = self.users.find(name)
        assert user
        return self.request_symbol()(user, symbol)

    def work(self) -> dict[str, str]:
        return self.work_symbol_requests(lambda _last, series: self.reviewed.extend(series))()

    def texts(self, to: str) -> list[str]:
        self.deliver_notices()()
        mails = [mail for mail in self.mail.mails.values() if mail["To"] == to]
        return [" ".join(part.get_content().split()) for mail in mails if (part := mail.get_body(("plain",)))]


@pytest.fixture
def office() -> Office:
    return Office()


def test_what_is_asked_for_is_monitored_loaded_backtested_and_told(office: Office) -> None:
    asked = office.ask("pltr ")
    assert (asked.instrument, asked.watchlist) == (Instrument("PLTR"), "us_stocks")
    assert office.monitor().read().monitored == ("IBM_1d", "PLTR_1d")
    (owners,) = office.texts("owner@example.com")
    assert "ann asked for PLTR" in owners
    assert office.work().keys() == {"PLTR"}
    assert office.reviewed == [Series(Instrument("PLTR"))]
    assert office.bars.count() == 3
    (told,) = office.texts(ANN)
    assert "3 bars are stored, from 2012-12-28 on" in told
    assert office.work() == {}
    assert len(office.texts(ANN)) == 1


def test_what_nobody_knows_is_dropped_again(office: Office) -> None:
    office.ask("NOPE")
    assert office.work().keys() == {"NOPE"}
    assert office.monitor().read().monitored == ("IBM_1d",)
    assert "It cannot be tracked" in office.texts(ANN)[0]


def test_a_former_name_of_what_is_tracked_is_no_other_symbol(office: Office) -> None:
    assert isinstance(office.names, FakeNames)
    office.names.rename(FormerName(Instrument("CTR"), date(1924, 2, 14), Instrument("IBM")), "person")
    office.names.rename(FormerName(Instrument("PAL"), date(2004, 1, 2), Instrument("PLTR")), "person")
    with pytest.raises(ConfigError, match="IBM is tracked already"):
        office.ask("ctr")
    assert office.ask("PAL").instrument == Instrument("PLTR")


def test_a_source_that_cannot_answer_now_is_asked_again_for_a_day(office: Office) -> None:
    office.ask("PLTR")
    office.yahoo.down = RateLimitedError("slow down")
    assert office.work() == {}
    assert office.texts(ANN) == []
    office.clock.move(timedelta(hours=25))
    assert office.work().keys() == {"PLTR"}
    assert "could not be loaded: slow down" in office.texts(ANN)[0]
    assert "PLTR_1d" in office.monitor().read().monitored


def test_a_single_symbol_that_is_refused_for_now_is_asked_again(office: Office) -> None:
    office.ask("PLTR")
    office.yahoo.failing["PLTR"] = RateLimitedError("slow down")
    assert office.work() == {}
    office.yahoo.failing.clear()
    assert office.work().keys() == {"PLTR"}


def test_a_member_has_so_many_a_day(office: Office) -> None:
    for number in range(3):
        office.ask(f"A{number}")
    with pytest.raises(ConfigError, match="may ask for 3 symbols a day"):
        office.ask("PLTR")
    office.ask("PLTR", "owner")
    office.clock.move(timedelta(days=1, minutes=1))
    office.ask("A9")


def test_what_is_tracked_is_not_asked_for(office: Office) -> None:
    with pytest.raises(ConfigError, match="IBM is tracked already"):
        office.ask("ibm")
    with pytest.raises(ConfigError, match="nobody lists"):
        office.ask("no such thing")
    assert office.symbol_requests.open() == []
