"""What people monitor, beside what the configuration names."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.names import FormerName
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import SourceError, UnknownNameError
from algo_trading.services.monitor import Monitor, MonitorReport
from algo_trading.services.refresh_rules import RefreshRules
from algo_trading.services.setup_difference import Action, Setup, StoredSetup, difference
from algo_trading.services.tell_monitoring import added_sentences
from contracts.bars import bar_row, bar_rows
from contracts.scores import RISEN, TUNED, a_score
from fakes.bars import FakeBars
from fakes.clock import FakeClock
from fakes.locks import FakeLocks
from fakes.market_data import FakeMarketData
from fakes.names import FakeNames
from fakes.objects import FakeObjectStore
from fakes.scores import FakeScores, FakeThresholds
from fakes.trading_rules import FakeRulesSource, FakeTradingRules
from fakes.watchlists import FakeSetup

pytestmark = pytest.mark.unit

COINS = Watchlist("coins", "BINANCE", "binance", (Interval.HOUR_1, Interval.HOUR_4), ("BTCUSDT", "ETHUSDT"))
STOCKS = Watchlist("a_stocks", "XNYS", "yahoo", (Interval.DAY,), ("IBM",))
PAIRS = {
    base + quote: (base, quote, "TRADING")
    for base, quote in (("BTC", "USDT"), ("ETH", "USDT"), ("INJ", "USDT"), ("INJ", "BTC"), ("DOGE", "USDT"))
}
DEFAULT = ["1h", "4h", "12h", "1d", "3d", "1w"]


class Desk:
    """The service over two watchlists, of coins and of shares."""

    def __init__(self, *watchlists: Watchlist) -> None:
        self.setup = FakeSetup(watchlists or (STOCKS, COINS))
        self.bars, self.rules, self.exchange = FakeBars(), FakeTradingRules(), FakeRulesSource(PAIRS)
        self.scores, self.thresholds, self.names = FakeScores(), FakeThresholds(), FakeNames()
        self.asked = 0

    @property
    def service(self) -> Monitor:
        def sources() -> dict[str, FakeRulesSource]:
            return {"BINANCE": self.exchange}

        refresh = RefreshRules(sources, self.rules, FakeObjectStore(), FakeClock())
        return Monitor(
            watchlists=self.setup.watchlists,
            setup=self.setup,
            rules=self.rules,
            refresh=refresh,
            bars=self.bars,
            scores=self.scores,
            thresholds=self.thresholds,
            names=self.names,
            sources=lambda _: FakeMarketData({}),
            locks=FakeLocks(),
            quote_assets={},
        )

    def watched(self, name: str = "coins") -> list[str]:
        series = self.setup.watchlists.get(name).all_series
        return [f"{one.symbol}_{one.interval}" for one in sorted(series)]

    def store(self, *series: tuple[str, str]) -> None:
        opened = datetime(2026, 1, 5, tzinfo=UTC)
        rows = [
            bar_row(Instrument(symbol, "BINANCE"), opened.date(), interval=interval, opened_at=opened)
            for symbol, interval in series
        ]
        self.bars.upsert(bar_rows(*rows), "test")


@pytest.fixture
def desk() -> Desk:
    return Desk()


CONFIGURED = ["BTCUSDT_1h", "BTCUSDT_4h", "ETHUSDT_1h", "ETHUSDT_4h"]


def test_a_coin_is_its_usual_pair_with_the_default_timeframes(desk: Desk) -> None:
    report = desk.service.add(["INJ"])
    assert report == MonitorReport(added=[f"INJUSDT_{one}" for one in DEFAULT])
    assert desk.watched() == CONFIGURED + [f"INJUSDT_{one}" for one in DEFAULT]
    assert desk.watched("a_stocks") == ["IBM_1d"]


def test_a_coin_or_pair_that_is_stored_is_what_is_stored_of_it(desk: Desk) -> None:
    desk.store(("INJBTC", "1d"), ("INJUSDT", "5m"), ("DOGEUSDT", "1w"))
    assert desk.service.add(["INJ"]).added == ["INJBTC_1d", "INJUSDT_5m"]
    assert desk.service.add(["DOGEUSDT"]).added == ["DOGEUSDT_1w"]


def test_each_item_is_answered(desk: Desk) -> None:
    report = desk.service.add(
        ["INJBTC", "ETHUSDT_4h", "ETHUSDT[15m,4h]", "NOPE", "NOPEUSDT_4h", "INJ_4h", "BTCUSDT_3h", "[4h]", "INJBTC"]
    )
    assert report == MonitorReport(
        added=[*(f"INJBTC_{one}" for one in DEFAULT), "ETHUSDT_15m"],
        monitored=["ETHUSDT_4h", "ETHUSDT_4h"],
        wrong_syntax=["[4h]", "INJ_4h"],
        unknown_timeframe=["BTCUSDT_3h"],
        not_listed=["NOPE", "NOPEUSDT_4h"],
    )


def test_the_exchange_is_asked_for_its_pairs_once(desk: Desk) -> None:
    desk.service.add(["INJUSDT"])
    desk.exchange.pairs = {}
    assert desk.service.add(["DOGEUSDT_1h"]).added == ["DOGEUSDT_1h"]


def test_no_exchange_is_asked_within_a_transaction(desk: Desk) -> None:
    within = replace(desk.service, asks=False)
    with pytest.raises(SourceError, match="the pairs of BINANCE are not known yet"):
        within.add(["INJUSDT"])
    assert desk.rules.all("BINANCE") == []
    desk.service.learn_pairs("a_stocks")
    assert desk.rules.all("BINANCE") == []  # nobody asks for what a list of shares needs
    desk.service.learn_pairs()
    desk.exchange.pairs = {}
    assert within.add(["DOGEUSDT_1h"]).added == ["DOGEUSDT_1h"]


def test_shares(desk: Desk) -> None:
    assert desk.service.add(["IBM[1w,3d]"]) == MonitorReport(added=["IBM_1w"], unknown_timeframe=["IBM_3d"])
    assert desk.service.add(["MSFT"]).not_listed == ["MSFT"]
    assert desk.service.add(["MSFT"], "a_stocks").added == ["MSFT_1d"]
    assert desk.watched("a_stocks") == ["IBM_1d", "IBM_1w", "MSFT_1d"]
    with pytest.raises(UnknownNameError, match="there is no watchlist 'b_stocks'"):
        desk.service.add(["MSFT"], "b_stocks")


def test_what_is_dropped_is_not_watched(desk: Desk) -> None:
    desk.service.add(["INJUSDT", "INJBTC_12h"])
    report = desk.service.drop(["INJUSDT[1d,3d]", "BTCUSDT_4h", "NOPE", "INJ_4h", "A["])
    assert report.from_monitoring == ["INJUSDT_1d", "INJUSDT_3d", "BTCUSDT_4h"]
    assert (report.not_found, report.wrong_syntax, report.from_database) == (["NOPE", "INJ_4h"], ["A["], [])
    assert "BTCUSDT_4h" not in desk.watched()
    assert desk.setup.watchlists.get("coins").dropped == (Series(Instrument("BTCUSDT", "BINANCE"), Interval.HOUR_4),)
    assert desk.service.drop(["INJ"]).from_monitoring == [
        "INJBTC_12h",
        *(f"INJUSDT_{i}" for i in ("1h", "4h", "12h", "1w")),
    ]
    assert desk.watched() == ["BTCUSDT_1h", "ETHUSDT_1h", "ETHUSDT_4h"]


def test_what_was_dropped_can_be_monitored_again(desk: Desk) -> None:
    desk.service.drop(["BTCUSDT"])
    assert desk.service.add(["BTCUSDT_1h"]).added == ["BTCUSDT_1h"]
    watchlist = desk.setup.watchlists.get("coins")
    assert (watchlist.monitored, len(watchlist.dropped)) == ((), 1)


def test_stored_bars_stay_unless_they_are_to_go_too(desk: Desk) -> None:
    desk.store(("BTCUSDT", "1h"), ("BTCUSDT", "1d"), ("INJBTC", "1d"), ("INJUSDT", "1d"))
    desk.service.drop(["BTCUSDT"])
    assert desk.bars.count() == 4
    report = desk.service.drop(["BTCUSDT_1d", "INJ"], from_database=True)
    assert report.from_database == ["BTCUSDT_1d", "INJBTC_1d", "INJUSDT_1d"]
    assert report.from_monitoring == report.not_found == []
    assert [str(one) for one in desk.bars.series()] == ["BTCUSDT_1h"]


def test_scores_go_with_the_candles_that_they_were_made_of(desk: Desk) -> None:
    """Of one timeframe its ranks, of a whole pair everything."""
    desk.store(("BTCUSDT", "1h"), ("BTCUSDT", "1w"), ("INJBTC", "1d"), ("INJUSDT", "1d"))
    pairs = {name: Instrument(name, "BINANCE") for name in ("BTCUSDT", "INJBTC", "INJUSDT")}
    desk.scores.store([a_score(pair=pair) for pair in pairs.values()])
    for pair in pairs.values():
        desk.thresholds.store(replace(TUNED, instrument=pair))
    desk.service.drop(["INJ"])
    assert len(desk.scores.newest()) == 3
    desk.service.drop(["INJBTC", "BTCUSDT_1w"], from_database=True)
    btc, inj = desk.scores.newest()
    assert (btc.instrument, btc.timeframes, btc.maximum) == (pairs["BTCUSDT"], {Interval.HOUR_1: RISEN}, 6)
    assert inj.instrument == pairs["INJUSDT"]
    assert [one.instrument for one in desk.thresholds.newest(TUNED.usable_from)] == [pairs["BTCUSDT"], pairs["INJUSDT"]]


def test_everything_that_is_stored(desk: Desk) -> None:
    desk.store(("BTCUSDT", "1h"), ("INJBTC", "1d"))
    report = desk.service.add_all()
    assert (report.added, report.monitored) == (["INJBTC_1d"], ["BTCUSDT_1h"])
    found = desk.service.read()
    assert found.stored == ("BTCUSDT_1h", "INJBTC_1d")
    assert found.monitored == ("BTCUSDT_1h", "BTCUSDT_4h", "ETHUSDT_1h", "ETHUSDT_4h", "INJBTC_1d", "IBM_1d")


def test_a_former_name_stands_for_the_name_of_now(desk: Desk) -> None:
    old, new = Instrument("MATICUSDT", "BINANCE"), Instrument("POLUSDT", "BINANCE")
    desk.exchange.pairs = {**PAIRS, "POLUSDT": ("POL", "USDT", "TRADING")}
    desk.names = FakeNames(FormerName(old, date(2024, 9, 10), new))
    renamed = ["MATICUSDT has been POLUSDT since 2024-09-10"]
    assert desk.service.add(["MATICUSDT_4h"]) == MonitorReport(renamed=renamed, added=["POLUSDT_4h"])
    report = desk.service.drop(["maticusdt"])
    assert (report.renamed, report.from_monitoring) == (renamed, ["POLUSDT_4h"])
    assert added_sentences(MonitorReport(renamed=renamed, added=["POLUSDT_4h"])) == [
        *renamed,
        "monitored from now on: POLUSDT_4h",
    ]


def test_a_name_that_something_listed_has_means_that(desk: Desk) -> None:
    """INJUSDT at another venue was renamed; here it is a pair."""
    old = Instrument("INJUSDT", "XNYS")
    desk.names = FakeNames(FormerName(old, date(2024, 9, 10), Instrument("OTHER")))
    desk.service.add(["BTCUSDT"])  # now the pairs are known
    assert desk.service.add(["INJUSDT_1d"]) == MonitorReport(added=["INJUSDT_1d"])


def test_nothing_is_written_where_nothing_changes(desk: Desk) -> None:
    desk.service.add(["BTCUSDT_1h", "NOPE"])
    desk.service.drop(["NOPE"])
    assert desk.setup.changes == 0


def test_applying_the_configuration_keeps_what_people_monitor(desk: Desk) -> None:
    desk.service.add(["INJUSDT_1d"])
    desk.service.drop(["ETHUSDT"])
    stored = StoredSetup(desk.setup.watchlists.all(), (), (), ())
    same = difference(Setup((STOCKS, COINS)), stored)
    assert not same
    (kept,) = same.kept
    assert (kept.name, kept.action) == ("coins", Action.KEPT)
    assert kept.details == ("monitored at run time: INJUSDT_1d", "dropped at run time: ETHUSDT_1h, ETHUSDT_4h")
    wider = replace(COINS, symbols=("BTCUSDT", "DOGEUSDT"))
    desk.setup.change(difference(Setup((STOCKS, wider)), stored).rows)
    assert desk.watched() == ["BTCUSDT_1h", "BTCUSDT_4h", "DOGEUSDT_1h", "DOGEUSDT_4h", "INJUSDT_1d"]
    (gone,) = difference(Setup((STOCKS,)), stored).changes
    assert (gone.action, gone.details[0]) == (Action.REMOVED, "monitored at run time: INJUSDT_1d")


def test_intervals_and_instruments_of_a_watchlist() -> None:
    series = tuple(Series(Instrument("INJUSDT", "BINANCE"), one) for one in (Interval.DAY, Interval.MINUTE_5))
    watchlist = replace(COINS, monitored=series, dropped=(Series(Instrument("ETHUSDT", "BINANCE"), Interval.HOUR_1),))
    assert watchlist.all_intervals == (Interval.HOUR_1, Interval.HOUR_4, Interval.MINUTE_5, Interval.DAY)
    assert [one.symbol for one in watchlist.series(Interval.HOUR_1)] == ["BTCUSDT"]
    assert [one.symbol for one in watchlist.series(Interval.DAY)] == ["INJUSDT"]
    assert watchlist.series(Interval.WEEK) == ()
    assert [one.symbol for one in watchlist.instruments] == ["BTCUSDT", "ETHUSDT", "INJUSDT"]
    assert watchlist.as_configured() == COINS
