"""How things stand, read without changing them."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.account import Position
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.notice import Content, Notice, NoticeKind, NoticeStatus
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.post import Watermark
from algo_trading.domain.signal import Side
from algo_trading.domain.time import DAY, Interval, midnight
from algo_trading.domain.watchlist import Watchlist
from algo_trading.queries.status import (
    CALENDAR_AHEAD,
    ClockStatus,
    FailingStatus,
    FeedStatus,
    ReadStatus,
    Status,
    WatchlistStatus,
    order_counts,
)
from algo_trading.repositories.accounts import AccountStep
from algo_trading.repositories.periods import Stage
from algo_trading.repositories.posts import FeedState
from contracts.bars import bar_row, bar_rows
from contracts.posts import IBM as IBM_TEXT
from contracts.posts import MSFT as MSFT_TEXT
from contracts.posts import NOON, a_post, annotation_of
from contracts.quality import ROW
from contracts.strategy_failures import FAILURE, FIRST
from fakes.bars import FakeIndicators
from fakes.clock import FakeClock
from fakes.notices import FakeNotices
from fakes.posts import FakeFeedStates, FakeMentions, FakePosts
from fakes.quality import FakeQuarantine
from fakes.recommendations import FakeRecommendations
from fakes.strategy_failures import FakeStrategyFailures
from fakes.watchlists import FakeWatchlists
from support.account_world import DAYS, FAST, IBM, MSFT, SAID, World

pytestmark = pytest.mark.unit

STOCKS = Watchlist("stocks", "XNYS", "sample", (Interval.DAY, Interval.WEEK), ("MSFT", "IBM"))
COINS = Watchlist("coins", "DEMO", "demo_candles", (Interval.HOUR_4,), ("BTCUSDT",))


@dataclass
class StatusWorld(World):
    """A world with two watchlists, a row that was held back, and a post about two companies."""

    outbox: FakeNotices = field(default_factory=FakeNotices)
    clock: FakeClock = field(default_factory=FakeClock)
    watched: Watchlist = STOCKS
    failures: FakeStrategyFailures = field(default_factory=FakeStrategyFailures)

    def status(self) -> Status:
        quarantine = FakeQuarantine()
        quarantine.add([ROW])
        posts, feed_states = FakePosts(), FakeFeedStates()
        posts.add([a_post()])
        posts.store_annotations([annotation_of(a_post(), IBM_TEXT, MSFT_TEXT)])
        feed_states.put(FeedState("x @ann", Watermark(NOON), NOON, "the token has expired"))
        return ReadStatus(
            watchlists=FakeWatchlists([self.watched, COINS]),
            assignments=self.assignments,
            bars=self.bars,
            indicators=FakeIndicators(),
            signals=self.signals,
            quarantine=quarantine,
            outbox=self.outbox,
            accounts=self.accounts,
            checks=self.checks,
            periods=self.periods,
            recommendations=FakeRecommendations(),
            posts=posts,
            mentions=FakeMentions(posts),
            feed_states=feed_states,
            failures=self.failures,
            prices=self.prices,
            calendars=trading_calendar,
            clock=self.clock,
        )()


@pytest.fixture
def world() -> StatusWorld:
    return StatusWorld()


def test_at_first_nothing_has_happened(world: StatusWorld) -> None:
    status = world.status()
    assert status.latest_partition is None
    assert status.accounts == ()
    assert status.outbox == {"pending": 0, "sent": 0, "failed": 0}
    assert status.orders == {"pending": 0, "filled": 0, "refused": 0, "cancelled": 0, "expired": 0}
    assert status.rows == {
        "bars": world.bars.count(), "indicators": 0, "signals": world.signals.count(), "quarantined": 1,
        "posts": 1, "articles": 0, "mentions": 2,
    }  # fmt: skip
    assert status.feeds == (FeedStatus("x @ann", NOON, NOON, "the token has expired"),)
    assert status.watchlists["stocks"] == WatchlistStatus(
        "XNYS", "sample", ("1d", "1w"), ("MSFT", "IBM"), {"1d": None, "1w": None}
    )


def test_strategies_that_raise_errors_are_named(world: StatusWorld) -> None:
    assert world.status().failing == ()
    world.failures.record([FAILURE], [], FIRST)
    assert world.status().failing == (FailingStatus("sma_cross(fast=7)", "IBM", FIRST, "ValueError: no"),)


def test_each_watchlist_has_its_newest_periods(world: StatusWorld) -> None:
    world.decide(0, 2)
    evening = midnight(DAYS[5]).replace(hour=20)
    world.periods.mark("coins", Interval.HOUR_4, evening, Stage.DECIDED)
    world.periods.mark("coins", Interval.HOUR_4, evening.replace(hour=16), Stage.DECIDED)
    status = world.status()
    assert status.watchlists["stocks"].latest == {"1d": str(DAYS[2]), "1w": None}
    assert status.watchlists["coins"].latest == {"4h": f"{DAYS[5]}T20:00Z"}
    assert status.latest_partition == str(DAYS[2])  # of the daily watchlist, whatever others have done since


def test_a_calendar_that_ends_soon_is_named(world: StatusWorld) -> None:
    last = trading_calendar("XNYS").last
    world.clock = FakeClock(midnight(last) - CALENDAR_AHEAD)
    assert world.status().calendars_ending == {}
    world.clock.move(DAY)
    assert world.status().calendars_ending == {"XNYS": last}


def test_symbols_that_no_bar_ever_came_for_are_named(world: StatusWorld) -> None:
    world.open()
    assert world.status().without_bars == {}  # of the coins there is nothing yet at all
    world.watched = replace(STOCKS, symbols=("MSFT", "IMB", "IBM"))
    assert world.status().without_bars == {"stocks": ("IMB",)}


def test_without_a_daily_watchlist_the_newest_period_of_any(world: StatusWorld) -> None:
    world.periods.mark("coins", Interval.HOUR_4, midnight(DAYS[5]), Stage.DECIDED)
    assert world.status().latest_partition == f"{DAYS[5]}T00:00Z"


def test_an_account_says_what_it_waits_for(world: StatusWorld) -> None:
    world.open()
    (account,) = world.status().accounts
    assert (account.name, account.broker, account.currency, account.mode, account.owner) == (
        "paper", "paper", "USD", "paper", "owner",
    )  # fmt: skip
    assert (account.cursor, account.waits_for, account.positions) == (None, str(DAYS[0]), {})
    assert account.clocks == (ClockStatus("XNYS", "1d", None, str(DAYS[0])),)
    assert (Decimal(account.cash), Decimal(account.equity)) == (Decimal(100_000), Decimal(100_000))
    world.decide(0, 1, 3)
    world.dispatch()
    status = world.status()
    (account,) = status.accounts
    assert (account.cursor, account.waits_for) == (str(DAYS[1]), str(DAYS[2]))  # 3 is decided, 2 is not
    assert account.positions == {"fast() IBM": "292"}
    assert (status.orders["pending"], status.orders["filled"]) == (1, 1)


def test_equity_is_cash_and_positions_at_the_last_processed_close(world: StatusWorld) -> None:
    world.open()
    world.decide(*range(5))
    world.dispatch()
    (account,) = world.status().accounts
    state = world.accounts.state("paper")
    closes = {IBM: Decimal(56), MSFT: Decimal(28)}  # of the fifth session
    held = sum(position.quantity * closes[position.instrument] for position in state.positions)
    assert {position.instrument for position in state.positions} == {IBM, MSFT}
    assert Decimal(account.equity) == state.money + held


def test_what_has_no_bars_any_more_keeps_its_last_close_and_is_named(world: StatusWorld) -> None:
    world.open()
    world.decide(0)
    world.dispatch()
    state, old = world.accounts.state("paper"), Instrument("OLD")
    last = DAYS[0] - timedelta(days=400)
    world.bars.upsert(bar_rows(bar_row(old, last, 100.0)), "test")
    world.actions.upsert([CorporateAction(old, last + timedelta(days=10), ActionKind.SPLIT, 4.0)], "test")
    held = Position(FAST, Series(old), Decimal(8), Decimal(20), Decimal(20), "order")
    world.accounts.store(AccountStep(state, state.holding(held), world.clock.now()))
    (account,) = world.status().accounts
    assert account.untraded == {"OLD": last}
    assert Decimal(account.equity) == Decimal(account.cash) + 8 * 25
    near = DAYS[0] - timedelta(days=15)
    world.bars.upsert(bar_rows(bar_row(old, near, 25.0)), "test")
    assert world.status().accounts[0].untraded == {}


def test_an_account_of_two_clocks_shows_the_one_that_is_behind(world: StatusWorld) -> None:
    world.open()
    world.decide(0)
    world.dispatch()
    world.assign(FAST, IBM)
    weekly = world.assignments.rows[-1]
    world.assignments.rows[-1] = type(weekly)(
        weekly.strategy, type(weekly.series)(IBM, Interval.WEEK), "stocks", "paper", "owner"
    )
    (account,) = world.status().accounts
    assert account.clocks == (
        ClockStatus("XNYS", "1d", str(DAYS[0]), str(DAYS[1])),
        ClockStatus("XNYS", "1w", None, "2013-01-07"),
    )
    assert (account.cursor, account.waits_for) == (str(DAYS[0]), str(DAYS[1]))


def test_orders_are_pending_until_nothing_can_become_of_them() -> None:
    assert order_counts(dict.fromkeys(OrderStatus, 1)) == {
        "pending": 5, "filled": 1, "refused": 1, "cancelled": 1, "expired": 1,
    }  # fmt: skip


def test_reading_changes_nothing(world: StatusWorld) -> None:
    world.open()
    world.decide(*range(len(DAYS)))
    world.dispatch()
    before = world.signals.count(), world.books()
    assert world.status() == world.status()
    assert (world.signals.count(), world.books()) == before
    assert sum(side is not Side.HOLD for side in SAID.values()) == len(SAID)


def test_mails_that_failed_are_counted_by_their_reason(world: StatusWorld) -> None:
    for number, (status, error) in enumerate(
        [(NoticeStatus.FAILED, "a"), (NoticeStatus.FAILED, "b"), (NoticeStatus.FAILED, "b"), (NoticeStatus.SENT, "")]
    ):
        content = Content(NoticeKind.SIGNAL, str(number), NOON)
        world.outbox.stored[str(number)] = Notice(
            str(number), content, "ann@localhost", status=status, last_error=error
        )
    assert world.status().outbox == {"pending": 0, "sent": 1, "failed": 3}
    assert world.status().mail_errors == {"b": 2, "a": 1}


def test_the_newest_verdict_on_a_book_is_shown(world: StatusWorld) -> None:
    world.open()
    (account,) = world.status().accounts
    assert (account.verified_at, account.differences) == (None, ())
    before = world.accounts.state("paper")
    world.accounts.store(AccountStep(before, before.paid("USD", Decimal(1)), world.clock.now()))
    world.verify_accounts()
    (account,) = world.status().accounts
    assert account.verified_at == world.clock.now()
    assert account.differences[0].startswith("USD: ")
