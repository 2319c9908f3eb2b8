"""The whole recipe of a period: whatever order, however often, and wherever it broke, the end is the same.

Two watchlists lie side by side: daily stocks, on which strategies read posts too, and candles of one and four hours of
a market that never closes. Each trades for an account of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.listing import Listing
from algo_trading.domain.subscription import EVERY
from algo_trading.domain.time import Interval, Period
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.repositories.periods import Stage
from algo_trading.services.annotate_posts import Influencers
from algo_trading.services.run_period import PeriodReport
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.influencer_mention import InfluencerMention
from algo_trading.strategies.sma_cross import SmaCross
from fakes.market_data import FakeMarketData
from fakes.post_feed import FakePostFeed
from support.bar_series import random_walk
from support.text_world import a_row
from support.world import World

pytestmark = pytest.mark.unit

DAY, HOUR, FOUR_HOURS = Interval.DAY, Interval.HOUR_1, Interval.HOUR_4
STOCKS = Watchlist("stocks", "XNYS", "stocks", (DAY,), ("IBM", "MSFT"))
COINS = Watchlist("coins", "DEMO", "coins", (HOUR, FOUR_HOURS), ("NOVAUSDT", "ZEPHUSDT"))
NEW_YORK, DEMO = trading_calendar("XNYS"), trading_calendar("DEMO")
FEED = "fake source"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # up to the minute


SESSIONS = NEW_YORK.periods(DAY, utc(2012, 11, 1), utc(2013, 1, 31))
HOURS = DEMO.periods(HOUR, utc(2013, 1, 28), utc(2013, 1, 30, 23))
QUARTERS = DEMO.periods(FOUR_HOURS, utc(2013, 1, 28), utc(2013, 1, 30, 20))
DAYS = SESSIONS[-7:]
WORK: tuple[tuple[Watchlist, Period], ...] = (
    *((STOCKS, period) for period in DAYS),
    *((COINS, period) for period in HOURS[-8:]),
    *((COINS, period) for period in QUARTERS[-3:]),
)
IN_ORDER = sorted(range(len(WORK)), key=lambda index: (WORK[index][1].closed_at, index))


def at(period: Period, hour: int) -> datetime:
    """An hour of a day in UTC; New York is five hours behind."""
    return datetime.combine(period.date, datetime.min.time(), UTC) + timedelta(hours=hour)


# After the close, before the open and at noon of sessions; the one in the morning is outside the trade window.
POSTED = [
    a_row("1", at(DAYS[0], 23), "$IBM looks good"),
    a_row("2", at(DAYS[1], 13), "good news about Microsoft"),
    a_row("3", at(DAYS[2], 18), "$MSFT is good, $IBM is bad bad"),
    a_row("4", at(DAYS[3], 22), "$IBM is good", author="bob"),
    a_row("5", at(DAYS[4], 22), "$MSFT is very good"),
]


def served(periods: Sequence[Period], seed: int, bad: Period | None = None) -> list[tuple[str, ...]]:
    """Bars of a random walk of all periods; one of them is bad."""
    rows = []
    for period, close in zip(periods, random_walk(len(periods), seed).round(2), strict=True):
        low, high = (close - 1, close + 1) if period != bad else (close + 1, close - 1)
        rows.append((period.key, *(f"{value:.2f}" for value in (close - 0.5, high, low, close)), "1000"))
    return rows


class Candles(FakeMarketData):
    """Serves the rows of a series, by its name."""

    def fetch(self, requests: Any) -> Any:
        known = self.rows
        answers: list[Any] = []
        for request in requests:
            self.rows = {request.series.symbol: known[str(request.series)]}
            answers.extend(super().fetch([request]))
        self.rows = known
        return answers


def assigned(
    watchlist: Watchlist, interval: Interval, account: str, strategies: Sequence[Strategy]
) -> Iterator[Assignment]:
    for strategy in strategies:
        for series in watchlist.series(interval):
            yield Assignment(strategy.id, series, watchlist.name, account, "owner", strategy.limits)


def a_world() -> World:
    """Two accounts, two subscribers, nothing processed."""
    stocks = FakeMarketData(
        {"IBM": served(SESSIONS, 0, bad=SESSIONS[-5]), "MSFT": served(SESSIONS, 1)},
        [CorporateAction(Instrument("MSFT"), SESSIONS[-4].date, ActionKind.DIVIDEND, 0.5)],
    )
    coins = Candles(
        {
            str(series): served(periods, seed)
            for interval, periods in ((HOUR, HOURS), (FOUR_HOURS, QUARTERS))
            for seed, series in enumerate(COINS.series(interval), start=2)
        }
    )
    crosses = (SmaCross(fast=2, slow=4, trend=0), EmaCross(fast=2, slow=5))
    world = World(
        [STOCKS, COINS],
        [
            *assigned(STOCKS, DAY, "paper", (*crosses, InfluencerMention())),
            *assigned(COINS, HOUR, "coins", crosses),
            *assigned(COINS, FOUR_HOURS, "coins", crosses[1:]),
        ],
        {"stocks": stocks, "coins": coins},
        [FakePostFeed(POSTED, name=FEED, replay=True)],
        names=[Listing(Instrument("IBM"), "IBM"), Listing(Instrument("MSFT"), "Microsoft")],
        influencers=Influencers(frozenset({(FEED, "ann")})),
        now=utc(2013, 2, 1),
    )
    world.open("paper", DAYS[0].opened_at)
    # Not before the first of these hours: their clock would wait for ever for the one before.
    world.open("coins", max(HOURS[-8].opened_at, QUARTERS[-3].opened_at), "5000", "USDT")
    world.follow("a@localhost", "IBM", "ema_cross", DAYS[0].opened_at)
    world.follow("b@localhost", EVERY, "influencer_mention", DAYS[0].opened_at)
    world.follow("c@localhost", EVERY, EVERY, QUARTERS[-3].opened_at, "DEMO")
    return world


def run(world: World, index: int) -> PeriodReport:
    watchlist, period = WORK[index]
    return world.run_period()(watchlist, period)


def state(world: World) -> Mapping[str, Any]:
    """All that a user can see in the end, without the archive of answers, which depends on what was asked."""
    series = [*STOCKS.series(DAY), *COINS.series(HOUR), *COINS.series(FOUR_HOURS)]
    accounts = ("paper", "coins")
    return {
        "bars": world.bars.read(series, None, None).to_pylist(),
        "indicators": [world.indicators.read(series, period.opened_at).to_pylist() for _, period in WORK],
        "signals": [world.signals.of_period(w.venue, p.interval, p.opened_at) for w, p in WORK],
        "on posts": world.signals.on_posts("XNYS", DAY, at(DAYS[0], 0), at(DAYS[-1], 23)),
        "posts": sorted(world.posts.newest(100), key=lambda post: post.key),
        "mentions": world.mentions.of_instruments(STOCKS.instruments, None, at(DAYS[-1], 23)),
        "feeds": [(found.name, found.watermark, found.error) for found in world.feed_states.all()],
        "accounts": [world.accounts.state(name) for name in accounts],
        "orders": sorted((o for n in accounts for o in world.accounts.orders(n)), key=lambda o: o.client_order_id),
        "executions": [sorted(world.accounts.executions(n), key=lambda e: e.id) for n in accounts],
        "books": [sorted(map(_booked, world.accounts.entries(n)), key=str) for n in accounts],
        "mails": {key: str(notice.status) for key, notice in sorted(world.outbox.stored.items())},
        "delivered": sorted(world.mail.delivered),
        "quarantined": world.quarantine.reasons(),
        "files": {key: world.objects.get(key) for key in world.objects.keys("bars/")},
        "decided": [world.periods.reached(w.name, p.interval, p.opened_at, Stage.DECIDED) for w, p in WORK],
    }


def _booked(entry: Any) -> tuple[object, ...]:
    """A line of the book without the moment when it was written."""
    return entry.kind, entry.asset, entry.amount, entry.cause, entry.holding, entry.effective_at


@pytest.fixture(scope="module")
def in_order() -> World:
    world = a_world()
    for index in IN_ORDER:
        run(world, index)
    return world


def test_what_a_run_reports() -> None:
    world = a_world()
    report = run(world, 0)
    assert (report.watchlist, report.interval, report.session) == ("stocks", DAY, DAYS[0].key)
    assert report.ingested.stored == 2 * (len(SESSIONS) - 6)
    assert (report.indicators, report.decided.decided, report.decided.new) == (2, 4, 4)
    assert {one.account: one.periods for one in report.accounts} == {"paper": (DAYS[0].key,), "coins": ()}
    assert report.queued == report.delivered.sent == len(world.mail.delivered)


def test_the_days_are_worth_testing(in_order: World) -> None:
    seen = state(in_order)
    orders = {name: in_order.accounts.orders(name) for name in ("paper", "coins")}
    assert all("filled" in {order.status for order in found} for found in orders.values())
    assert len(seen["delivered"]) >= 8
    kinds = {entry.kind for entry in in_order.accounts.entries("paper")}
    assert kinds >= {"deposit", "fill", "commission", "dividend"}
    assert seen["quarantined"] == {"upside down": 1}
    assert all(seen["decided"])
    assert len(seen["on posts"]) == 6
    by_influencer = [order for order in orders["paper"] if order.strategy == InfluencerMention().id]
    assert sorted((o.series.symbol, o.side, o.status, o.reason[:30]) for o in by_influencer) == [
        ("IBM", "buy", "filled", "an influencer mentioned it (co"),
        ("IBM", "sell", "filled", "an influencer mentioned it (co"),
        ("MSFT", "buy", "filled", "an influencer mentioned it (co"),
        ("MSFT", "buy", "rejected", "08:00 in America/New_York is o"),
        ("MSFT", "buy", "rejected", "42 shares cost 3970.75 with co"),
    ]
    recipients = [notice.recipient for notice in in_order.outbox.stored.values()]
    assert recipients.count("b@localhost") == 5
    assert recipients.count("c@localhost") > 1
    assert any(order.series.interval is HOUR for order in orders["coins"])
    assert any(order.series.interval is FOUR_HOURS for order in orders["coins"])
    assert any(execution.quantity % 1 for execution in in_order.accounts.executions("coins"))
    assert not any(execution.quantity % 1 for execution in in_order.accounts.executions("paper"))


def test_running_all_of_it_again_changes_nothing(in_order: World) -> None:
    before = state(in_order)
    for index in (*IN_ORDER[::-1], *IN_ORDER[::3]):
        report = run(in_order, index)
        assert (report.ingested.stored, report.decided.new, report.queued, report.delivered.sent) == (0, 0, 0, 0)
    assert state(in_order) == before


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_periods_in_any_order_end_in_the_same_state(in_order: World, seed: int) -> None:
    import random

    order = [*range(len(WORK))]
    random.Random(seed).shuffle(order)  # noqa: S311 - any order will do
    world = a_world()
    for index in order:
        run(world, index)
    assert state(world) == state(in_order)


class Power(Exception):  # noqa: N818 - it is no error of ours
    """The power fails."""


def unreliable(part: Any, method: str, after: int) -> Iterator[None]:
    """Let the power fail in one call of a part, before its work is done."""
    whole = getattr(part, method)
    calls = 0

    def fail(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == after:
            raise Power
        return whole(*arguments, **named)

    setattr(part, method, fail)
    try:
        yield
    finally:
        delattr(part, method)


@pytest.mark.parametrize(
    ("part", "method", "after"),
    [
        ("stocks", "fetch", 1), ("coins", "fetch", 2), ("objects", "put_new", 2), ("actions", "upsert", 1),
        ("quarantine", "add", 1), ("bars", "upsert", 1), ("quality", "record", 1), ("objects", "put", 1),
        ("periods", "mark", 1), ("periods", "mark", 2), ("indicators", "upsert", 1), ("signals", "add", 1),
        ("accounts", "store", 1), ("accounts", "store", 2), ("accounts", "store", 3), ("accounts", "store", 4),
        ("mail", "deliver", 1), ("mail", "deliver", 2), ("posts", "add", 1), ("posts", "store_annotations", 1),
        ("feed_states", "put", 1),
    ],
)  # fmt: skip
def test_where_it_breaks_it_goes_on(in_order: World, part: str, method: str, after: int) -> None:
    world, half = a_world(), len(IN_ORDER) // 4
    for index in IN_ORDER[:half]:
        run(world, index)
    broken_part = getattr(world, part, None) or world.source(part)
    breaking = unreliable(broken_part, method, after)
    next(breaking)
    broken = False
    for index in IN_ORDER[half:]:
        try:
            run(world, index)
        except Power:
            broken = True
            break
    with pytest.raises(StopIteration):
        next(breaking)
    assert broken
    for index in IN_ORDER[half:]:
        world.clock.move(timedelta(minutes=1))
        run(world, index)
    world.clock.move(timedelta(hours=1))
    world.deliver_notices()()  # a lease of the mail that was being sent may have had to run out
    assert state(world) == state(in_order)


def test_series_of_two_intervals_are_apart(in_order: World) -> None:
    nova = Instrument("NOVAUSDT", "DEMO")
    hours, quarters = (in_order.bars.read([Series(nova, one)], None, None) for one in (HOUR, FOUR_HOURS))
    assert hours.num_rows > quarters.num_rows > 0
    assert set(hours["interval"].to_pylist()) == {"1h"}
    midnight = datetime.combine(date(2013, 1, 30), datetime.min.time(), UTC)
    signals = [in_order.signals.of_period("DEMO", one, midnight + timedelta(hours=20)) for one in (HOUR, FOUR_HOURS)]
    assert [{signal.strategy.name for signal in found} for found in signals] == [
        {"sma_cross", "ema_cross"},
        {"ema_cross"},
    ]
