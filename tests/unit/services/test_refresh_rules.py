"""Trading rules are brought up to date: what came, what went, what stopped."""

from datetime import UTC, datetime, timedelta

import pytest

from algo_trading.errors import ConfigError, SourceError
from algo_trading.services.refresh_rules import RefreshRules, RulesReport
from contracts.trading_rules import TradingRulesContract
from fakes.clock import FakeClock
from fakes.objects import FakeObjectStore
from fakes.trading_rules import FakeRulesSource, FakeTradingRules

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)
PAIRS = {
    "BTCUSDT": ("BTC", "USDT", "TRADING"),
    "DOGEUSDT": ("DOGE", "USDT", "TRADING"),
    "INJUSDT": ("INJ", "USDT", "BREAK"),
}


class TestFakeTradingRules(TradingRulesContract):
    @pytest.fixture
    def rules(self) -> FakeTradingRules:
        return FakeTradingRules()


class Desk:
    def __init__(self) -> None:
        self.source, self.rules = FakeRulesSource(PAIRS), FakeTradingRules()
        self.objects, self.clock = FakeObjectStore(), FakeClock(NOW)

    def refresh(self) -> RulesReport:
        service = RefreshRules(lambda: {"BINANCE": self.source}, self.rules, self.objects, self.clock)
        (report,) = service()
        return report


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_first_refresh_names_no_changes(desk: Desk) -> None:
    assert desk.refresh() == RulesReport("BINANCE", "fake_rules", pairs=3, stored=3, unchanged=0)
    assert [one.listed_at for one in desk.rules.all()] == [None] * 3
    assert [one.trading for one in desk.rules.all()] == [True, True, False]
    (key,) = desk.objects.keys("raw/fake_rules/2026/11/20/rules-")
    assert key.endswith(".json")


def test_again_changes_nothing(desk: Desk) -> None:
    desk.refresh()
    assert desk.refresh() == RulesReport("BINANCE", "fake_rules", pairs=3, stored=0, unchanged=3)


def test_what_came_went_stopped_and_resumed_is_named(desk: Desk) -> None:
    desk.refresh()
    desk.clock.move(timedelta(days=1))
    desk.source.pairs = {
        "DOGEUSDT": ("DOGE", "USDT", "BREAK"),
        "INJUSDT": ("INJ", "USDT", "TRADING"),
        "NEWUSDT": ("NEW", "USDT", "TRADING"),
    }
    report = desk.refresh()
    assert (report.listed, report.delisted, report.halted, report.resumed) == (
        ("NEWUSDT",),
        ("BTCUSDT",),
        ("DOGEUSDT",),
        ("INJUSDT",),
    )
    stored = {one.instrument.symbol: one for one in desk.rules.all()}
    assert stored["NEWUSDT"].listed_at == NOW + timedelta(days=1)
    assert stored["BTCUSDT"].delisted_at == NOW + timedelta(days=1)
    assert not stored["BTCUSDT"].trading
    desk.clock.move(timedelta(days=1))
    assert desk.refresh().delisted == ()  # that is known
    assert desk.rules.all()[0].delisted_at == NOW + timedelta(days=1)


def test_a_pair_that_comes_back_is_not_delisted_any_more(desk: Desk) -> None:
    desk.refresh()
    desk.source.pairs = {name: pair for name, pair in PAIRS.items() if name != "BTCUSDT"}
    desk.refresh()
    desk.source.pairs = dict(PAIRS)
    assert desk.refresh().resumed == ("BTCUSDT",)
    assert desk.rules.all()[0].trading


def test_a_list_of_nothing_changes_nothing(desk: Desk) -> None:
    desk.refresh()
    desk.source.pairs = {}
    with pytest.raises(SourceError, match="fake_rules names no pair of BINANCE"):
        desk.refresh()
    assert all(one.delisted_at is None for one in desk.rules.all())


def test_nothing_to_ask() -> None:
    service = RefreshRules(dict, FakeTradingRules(), FakeObjectStore(), FakeClock(NOW))
    with pytest.raises(ConfigError, match="no watchlist has a source that knows trading rules"):
        service()
