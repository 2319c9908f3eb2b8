"""From a post about a coin to an order at the exchange, and out of the position again."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument, TradingRules
from algo_trading.domain.ledger import Holding
from algo_trading.domain.limits import Limits, TradeWindow
from algo_trading.domain.listing import Listing
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.post import Level, Post, PostKey, PostKind
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.exchange import market_data
from algo_trading.sentiment.classify.impact import ImpactWeights
from algo_trading.sentiment.mentions.finder import MentionFinder
from algo_trading.sentiment.mentions.names import COINS_VENUE
from algo_trading.services.annotate_posts import AnnotatePosts, Influencers
from algo_trading.services.decide_on_posts import DecideOnPosts
from algo_trading.services.features import JoinFeatures
from algo_trading.services.pairs_of_coins import PairsOfCoins
from algo_trading.strategies.influencer_mention import InfluencerMention
from algo_trading.strategies.registry import strategy_of
from contracts.bars import bar_rows
from fakes.fundamentals import FakeFundamentals
from fakes.posts import FakeMentions
from fakes.scorer import FakeScorer
from fakes.scores import FakeThresholds
from fakes.trading_rules import FakeTradingRules
from fakes.watchlists import FakeWatchlists
from support.spot_exchange import SpotDesk, SpotExchange, series_of
from support.text_world import events

pytestmark = pytest.mark.unit

PAIR = series_of("BTCUSDT")
BITCOIN = Listing(Instrument("BTC", COINS_VENUE), "Bitcoin", ("BTC",))
LIMITS = Limits(order_from=Level.HIGH, trade_window=TradeWindow.parse("00:00-00:00"), max_move=0.02)
STRATEGY = InfluencerMention()


class CoinDesk(SpotDesk):
    """An account that follows what an influencer writes about Bitcoin."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        super().__init__(SpotExchange(), fraction="0.1")
        exits = Exits(stop=0.05, target=0.0005)
        self.assignments.rows.append(
            Assignment(STRATEGY.id, PAIR, "coins", "spot", "owner", limits=limits, exits=exits)
        )
        self.store_bars()

    def store_bars(self) -> None:
        """The candles of the last hour, as the exchange gives them."""
        now = self.exchange.now()
        tape = self.exchange.world.exchange.books[PAIR.symbol].tape
        rows = []
        for period in trading_calendar("BINANCE").periods(Interval.MINUTE_5, now - timedelta(hours=1), now):
            if period.closed_at > now:
                continue
            first, end = (int(moment.timestamp() * 1000) for moment in (period.opened_at, period.closed_at))
            (candle,) = market_data.rows(tape.candles("5m", first, end, end))
            values = map(float, market_data.kline(tape.pair, "5m", candle)[1:6])
            prices = dict(zip(("open", "high", "low", "close", "volume"), values, strict=True))
            times = {"interval": "5m", "opened_at": period.opened_at, "closed_at": period.closed_at}
            rows.append({"symbol": PAIR.symbol, "venue": "BINANCE", **times, **prices})
        self.bars.upsert(bar_rows(*rows), "test")

    def pass_time(self, seconds: float) -> None:
        self.exchange.world.wait(seconds)
        self.clock.time = self.exchange.now()

    def write(self, text: str, at: datetime) -> None:
        self.posts.add([Post(PostKey("file", "1"), "file", PostKind.POST, "ann", at, at, "", text, "", "en")])

    def read(self) -> None:
        """What the DAGs text_sentiment and text_signals do up to the dispatch."""
        mentions = FakeMentions(self.posts, self.signals)
        watched = FakeWatchlists([Watchlist("coins", "BINANCE", "binance", (Interval.MINUTE_5,), (PAIR.symbol,))])
        rules = FakeTradingRules(TradingRules(PAIR.instrument, "BTC", "USDT"))
        influencers = Influencers(frozenset({("file", "ann")}))
        AnnotatePosts(
            self.posts, mentions, lambda: MentionFinder([BITCOIN]), FakeScorer(), events(), ImpactWeights(),
            influencers, PairsOfCoins(watched, rules, COINS_VENUE),
        )()  # fmt: skip
        join = JoinFeatures(mentions, FakeFundamentals(), FakeThresholds())
        DecideOnPosts(
            self.bars, self.actions, join, self.signals, self.periods, self.assignments, strategy_of,
            trading_calendar, self.clock,
        )()  # fmt: skip


def test_a_post_becomes_a_position_that_is_left_again() -> None:
    desk = CoinDesk()
    desk.clock.time = desk.exchange.now()
    desk.write("Bitcoin $BTC is good, good and good", desk.exchange.now())
    desk.read()
    (signal,) = desk.signals.of_series(PAIR)
    assert (signal.side, signal.post) == (Side.BUY, "file:1")
    desk.pass_time(2)
    desk.dispatch()  # in the same run: no period has to close
    (order,) = desk.accounts.orders("spot")
    assert (order.status, order.signal) == (OrderStatus.FILLED, signal.key)
    assert order.terms is not None
    assert order.terms.price_before is not None
    assert desk.state.position(Holding(STRATEGY.id, PAIR)) is not None
    for _ in range(100):
        desk.watch()
        if not desk.state.positions:
            break
        desk.pass_time(30)
    newest, *_ = desk.accounts.orders("spot")
    assert (newest.side, newest.status) == (Side.SELL, OrderStatus.FILLED)
    assert "at" in newest.reason
    desk.dispatch()
    assert len([one for one in desk.accounts.orders("spot") if one.signal]) == 1
    (report,) = desk.reconcile()
    assert report.agrees


def test_a_price_that_has_run_since_the_post_is_not_chased(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = CoinDesk()
    desk.clock.time = desk.exchange.now()
    desk.write("Bitcoin $BTC is good, good and good", desk.exchange.now())
    desk.read()
    broker = desk.brokers(desk.state.account)
    quote = broker.price(PAIR.instrument)
    assert quote is not None
    desk.pass_time(2)
    monkeypatch.setattr(broker, "price", lambda _: quote * Decimal("1.05"))
    desk.dispatch()
    (order,) = desk.accounts.orders("spot")
    assert order.status is OrderStatus.REJECTED
    assert "since the decision, to" in order.reason
    assert desk.exchange.orders() == []
