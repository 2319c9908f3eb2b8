"""Two months of the sample as it ships, text included, in memory: what every later change must leave as it is."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from algo_trading.adapters.postgres.database import Database
from algo_trading.bootstrap import App
from algo_trading.calendars import market_calendar
from algo_trading.domain.account import Fill, Order
from algo_trading.domain.post import Level
from algo_trading.domain.signal import Side, Signal
from algo_trading.repositories.signals import Stage
from algo_trading.services.evaluate import EvaluateStrategies
from algo_trading.services.execute import ExecuteSignals
from algo_trading.services.notify import NotifySubscribers
from algo_trading.services.open_accounts import OpenAccounts
from algo_trading.services.run_text import RunText
from algo_trading.settings import load_settings
from fakes.accounts import FakeAccounts
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.clock import FakeClock
from fakes.fundamentals import FakeFundamentals
from fakes.listings import FakeListings
from fakes.objects import FakeObjectStore
from fakes.posts import FakeFeedStates, FakeMentions, FakePosts
from fakes.quality import FakeQuality, FakeQuarantine
from fakes.signals import FakeSessionLog, FakeSignals
from fakes.subscriptions import FakeSubscriptions
from sample_bars import sample_actions, sample_table

pytestmark = [pytest.mark.unit, pytest.mark.xdist_group("sample days")]

HISTORY, FIRST, LAST = date(2011, 6, 1), date(2013, 1, 2), date(2013, 3, 1)
SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")


@dataclass
class Desk:
    """An application whose repositories are in memory; all bars are there from the beginning."""

    app: App

    def run(self, session: date) -> None:
        """The chain of one session behind the bars."""
        app = self.app
        app.sessions.mark("XNYS", session, Stage.INGESTED)
        app.make(RunText)(market_calendar("XNYS").session(session).closes_at)
        app.make(EvaluateStrategies)(session, app.instruments)
        app.sessions.mark("XNYS", session, Stage.DECIDED)
        app.make(ExecuteSignals)()
        app.make(NotifySubscribers)()

    def signals(self, strategy: str) -> list[Signal]:
        """Its buys and sells, oldest first."""
        return [signal for signal in reversed(self.app.signals.newest(1000)) if signal.strategy.name == strategy]

    def bought(self, strategy: str) -> list[tuple[Order, Fill]]:
        """Its orders that were filled, with their fills, oldest first."""
        fills = {fill.client_order_id: fill for fill in self.app.accounts.fills("paper")}
        orders = {order.client_order_id: order for order in self.app.accounts.orders("paper")}
        found = [(orders[key], fill) for key, fill in fills.items() if orders[key].strategy.name == strategy]
        return sorted(found, key=lambda pair: (pair[1].session, pair[0].instrument))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home: Path = tmp_path_factory.mktemp("sample") / "var"
    with pytest.MonkeyPatch.context() as patch:
        for variable in [name for name in os.environ if name.upper().startswith("ALGO_")]:
            patch.delenv(variable)
        patch.setenv("ALGO_HOME", str(home))
        patch.chdir(home.parent)
        with App(
            load_settings(), Database("postgresql:///nowhere"), FakeClock(datetime(2013, 3, 2, tzinfo=UTC))
        ) as app:
            app.bars, app.actions, app.signals, app.sessions = (
                FakeBars(), FakeCorporateActions(), FakeSignals(), FakeSessionLog(),
            )  # fmt: skip
            app.accounts, app.subscriptions = FakeAccounts(), FakeSubscriptions()
            app.outbox = app.subscriptions.outbox
            app.posts = FakePosts()
            app.mentions, app.feed_states = FakeMentions(app.posts), FakeFeedStates()
            app.listings, app.fundamentals, app.objects = FakeListings(), FakeFundamentals(), FakeObjectStore()
            app.quarantine, app.quality = FakeQuarantine(), FakeQuality()
            app.bars.upsert(sample_table(SYMBOLS, HISTORY), "sample")
            app.actions.upsert(sample_actions(SYMBOLS, HISTORY), "sample")
            app.make(OpenAccounts)()
            made = Desk(app)
            for session in market_calendar("XNYS").sessions(FIRST, LAST):
                made.run(session.date)
            app.make(RunText)()  # what came after the last close
            app.make(NotifySubscribers)()
            yield made


def test_everything_that_was_written_is_read(desk: Desk) -> None:
    assert desk.app.posts.counts() == {"post": 25, "article": 28}
    assert desk.app.posts.unread(1) == []
    assert desk.app.mentions.count() == 49
    assert desk.app.quarantine.count() == 0


def test_what_influencers_say(desk: Desk) -> None:
    levels = desk.app.levels
    told = [(str(s.instrument), s.side, levels.of(s.confidence), s.session) for s in desk.signals("influencer_mention")]
    assert sorted(told) == [
        ("AAPL", Side.BUY, Level.MEDIUM, date(2013, 2, 22)),
        ("FB", Side.BUY, Level.HIGH, date(2013, 2, 27)),
        ("MSFT", Side.BUY, Level.HIGH, date(2013, 2, 22)),
    ]


def test_a_high_one_is_bought_at_the_next_open_and_nothing_else_is(desk: Desk) -> None:
    ((order, fill),) = desk.bought("influencer_mention")
    assert (str(order.instrument), fill.session) == ("MSFT", date(2013, 2, 25))
    assert order.reason.startswith("an influencer mentioned it (confidence 0.9")
    (refused,) = [
        order
        for order in desk.app.accounts.orders("paper")
        if (order.strategy.name, order.status) == ("influencer_mention", "refused")
    ]
    assert (str(refused.instrument), refused.reason) == (
        "FB",
        "09:10 in America/New_York is outside the trade window 12:00-06:00",
    )


def test_each_of_them_is_mailed_once(desk: Desk) -> None:
    found = [desk.app.signals.find(item.signal_key) for item in desk.app.outbox.items()]
    on_posts = [signal for signal in found if signal is not None and signal.post]
    assert sorted(str(signal.instrument) for signal in on_posts) == ["AAPL", "FB", "MSFT"]


def test_strategies_on_prices_trade_as_before(desk: Desk) -> None:
    crosses = [(str(signal.side), signal.session) for signal in desk.signals("ema_cross")]
    assert crosses[-2:] == [("sell", date(2013, 2, 25)), ("buy", date(2013, 2, 27))]
    order, fill = desk.bought("ema_cross")[-1]
    assert (order.side, fill.session, fill.quantity) == (Side.BUY, date(2013, 2, 28), Decimal(75))
    assert round(fill.price, 2) == Decimal("202.28")
