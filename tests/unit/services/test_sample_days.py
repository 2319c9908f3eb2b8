"""Two months of the sample as it ships, text included, in memory: what every later change must leave as it is."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from algo_trading.bootstrap.services import Services
from algo_trading.calendars import trading_calendar
from algo_trading.domain.order import Execution, Order
from algo_trading.domain.post import Level
from algo_trading.domain.signal import Side, Signal
from algo_trading.domain.time import Interval, Period, midnight
from fakes.listings import FakeListings
from support.sample_bars import sample_actions, sample_table
from support.world import World

pytestmark = [pytest.mark.unit, pytest.mark.xdist_group("sample days")]

HISTORY = date(2011, 6, 1)
PERIODS = trading_calendar("XNYS").periods(Interval.DAY, midnight(date(2013, 1, 2)), midnight(date(2013, 3, 1)))


class SampleWorld(World):
    """Watchlists, accounts, feeds, names and classifiers of the sample; all bars are there from the beginning."""

    influencers = Services.influencers

    def __init__(self) -> None:
        super().__init__(now=datetime(2013, 3, 2, tzinfo=UTC))
        for configured in ("post_gate", "feeds", "finder", "scorer", "impact_weights", "levels"):
            del self.__dict__[configured]
        self.listings = FakeListings()
        self.apply_config().seed()
        symbols = self.watchlists.get("us_stocks").symbols
        self.bars.upsert(sample_table(symbols, HISTORY), "sample")
        self.actions.upsert(sample_actions(symbols, HISTORY), "sample")

    def run(self, period: Period) -> None:
        """The chain of one session behind the bars."""
        watchlist, steps = self.watchlists.get("us_stocks"), self.period_steps()
        steps.accept(watchlist, period)
        self.run_text()(period.closed_at)
        steps.evaluate(period, watchlist.series(period.interval))
        steps.decided(watchlist, period)
        self.dispatch_signals()()
        self.queue_notices()()

    def said(self, strategy: str) -> list[Signal]:
        """The buys and sells of a strategy, oldest first."""
        return [signal for signal in reversed(self.signals.newest(1000)) if signal.strategy.name == strategy]

    def filled(self, strategy: str) -> list[tuple[Order, Execution]]:
        """Its orders that were filled, with their executions, oldest first."""
        orders = {order.client_order_id: order for order in self.accounts.orders("paper")}
        found = [(orders[execution.client_order_id], execution) for execution in self.accounts.executions("paper")]
        own = [(order, execution) for order, execution in found if order.strategy.name == strategy]
        return sorted(own, key=lambda pair: (pair[1].at, pair[0].instrument))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleWorld]:
    with pytest.MonkeyPatch.context() as patch:
        for variable in [name for name in os.environ if name.upper().startswith("ALGO_")]:
            patch.delenv(variable)
        home = tmp_path_factory.mktemp("sample") / "var"
        patch.setenv("ALGO_HOME", str(home))
        patch.chdir(home.parent)
        made = SampleWorld()
        for period in PERIODS:
            made.run(period)
        made.run_text()()  # what came after the last close
        made.queue_notices()()
        yield made


def test_everything_that_was_written_is_read(world: SampleWorld) -> None:
    assert world.posts.counts() == {"post": 25, "article": 28}
    assert world.posts.unread(1) == []
    assert world.mentions.count() == 50
    assert world.quarantine.count() == 0


def test_what_influencers_say(world: SampleWorld) -> None:
    said = world.said("influencer_mention")
    assert sorted((str(s.instrument), s.side, world.levels.of(s.confidence), s.period) for s in said) == [
        ("AAPL", Side.BUY, Level.MEDIUM, "2013-02-22"),
        ("FB", Side.BUY, Level.HIGH, "2013-02-27"),
        ("MSFT", Side.BUY, Level.HIGH, "2013-02-22"),
    ]


def test_a_high_one_is_bought_at_the_next_open_and_nothing_else_is(world: SampleWorld) -> None:
    ((order, execution),) = world.filled("influencer_mention")
    assert (str(order.instrument), execution.at.date()) == ("MSFT", date(2013, 2, 25))
    assert order.reason.startswith("an influencer mentioned it (confidence 0.9")
    (refused,) = [
        order
        for order in world.accounts.orders("paper")
        if (order.strategy.name, order.status) == ("influencer_mention", "rejected")
    ]
    assert (str(refused.instrument), refused.reason) == (
        "FB",
        "09:10 in America/New_York is outside the trade window 12:00-06:00",
    )


def test_each_of_them_is_mailed_once(world: SampleWorld) -> None:
    found = [world.signals.find(notice.content.key) for notice in world.outbox.stored.values()]
    on_posts = [signal for signal in found if signal is not None and signal.post]
    assert sorted(str(signal.instrument) for signal in on_posts) == ["AAPL", "FB", "MSFT"]


def test_strategies_on_prices_trade_as_before(world: SampleWorld) -> None:
    crosses = [(str(signal.side), signal.period) for signal in world.said("ema_cross")]
    assert crosses[-2:] == [("sell", "2013-02-25"), ("buy", "2013-02-27")]
    order, execution = world.filled("ema_cross")[-1]
    assert (order.side, execution.at.date(), execution.quantity) == (Side.BUY, date(2013, 2, 28), Decimal(75))
    assert round(execution.price, 2) == Decimal("202.28")
