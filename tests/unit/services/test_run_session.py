"""The whole chain of a session: whatever order, however often, and wherever it broke, the end is the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from algo_trading.calendars import market_calendar
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.domain.subscription import EVERY, Subscription
from algo_trading.repositories.signals import Stage
from algo_trading.risk.costs import Costs
from algo_trading.risk.sizing import SizingRules
from algo_trading.services.compute import ComputeIndicators
from algo_trading.services.deliver import DeliverMails
from algo_trading.services.evaluate import EvaluateStrategies
from algo_trading.services.execute import ExecuteSignals
from algo_trading.services.export import ExportBars
from algo_trading.services.ingest import IngestBars
from algo_trading.services.notify import NotifySubscribers
from algo_trading.services.paper_session import Desk
from algo_trading.services.run_session import RunSession, SessionReport
from algo_trading.strategies.active import ActivePair
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.influencer_mention import InfluencerMention
from algo_trading.strategies.sma_cross import SmaCross
from bar_series import random_walk
from fakes.accounts import FakeAccounts
from fakes.bars import FakeBars, FakeCorporateActions, FakeIndicators
from fakes.channel import FakeChannel
from fakes.clock import FakeClock
from fakes.gate import FakeGate
from fakes.locks import FakeLocks
from fakes.market_data import FakeMarketData
from fakes.objects import FakeObjectStore
from fakes.quality import FakeQuality, FakeQuarantine
from fakes.signals import FakeSessionLog, FakeSignals
from fakes.subscriptions import FakeSubscriptions
from paper_desk import LEVELS
from text_world import TextWorld, a_row
from written import joining

pytestmark = pytest.mark.unit

INSTRUMENTS = (Instrument("IBM"), Instrument("MSFT"))
DAYS = tuple(session.date for session in market_calendar("XNYS").sessions(date(2012, 11, 1), date(2013, 1, 31)))
TESTED = DAYS[-7:]


def at(day: date, hour: int) -> datetime:
    """An hour of a day in UTC; New York is five hours behind."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


# After the close, before the open and at noon of sessions; the one in the morning is outside the trade window.
POSTED = [
    a_row("1", at(TESTED[0], 23), "$IBM looks good"),
    a_row("2", at(TESTED[1], 13), "good news about Microsoft"),
    a_row("3", at(TESTED[2], 18), "$MSFT is good, $IBM is bad bad"),
    a_row("4", at(TESTED[3], 22), "$IBM is good", author="bob"),
    a_row("5", at(TESTED[4], 22), "$MSFT is very good"),
]


def served(seed: int) -> list[tuple[str, ...]]:
    """Bars of a random walk of all DAYS; one of them is bad."""
    rows = []
    for day, close in zip(DAYS, random_walk(len(DAYS), seed).round(2), strict=True):
        low, high = (close - 1, close + 1) if day != DAYS[-5] or seed else (close + 1, close - 1)
        rows.append((day.isoformat(), *(f"{value:.2f}" for value in (close - 0.5, high, low, close)), "1000"))
    return rows


@dataclass
class World:
    """Everything that outlives a run."""

    source: FakeMarketData = field(
        default_factory=lambda: FakeMarketData(
            {instrument.symbol: served(seed) for seed, instrument in enumerate(INSTRUMENTS)},
            [CorporateAction(INSTRUMENTS[1], DAYS[-4], ActionKind.DIVIDEND, 0.5)],
        )
    )
    bars: FakeBars = field(default_factory=FakeBars)
    actions: FakeCorporateActions = field(default_factory=FakeCorporateActions)
    indicators: FakeIndicators = field(default_factory=FakeIndicators)
    signals: FakeSignals = field(default_factory=FakeSignals)
    sessions: FakeSessionLog = field(default_factory=FakeSessionLog)
    quarantine: FakeQuarantine = field(default_factory=FakeQuarantine)
    quality: FakeQuality = field(default_factory=FakeQuality)
    objects: FakeObjectStore = field(default_factory=FakeObjectStore)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    subscriptions: FakeSubscriptions = field(default_factory=FakeSubscriptions)
    channel: FakeChannel = field(default_factory=FakeChannel)
    clock: FakeClock = field(default_factory=lambda: FakeClock(datetime(2013, 2, 1, tzinfo=UTC)))
    text: TextWorld = field(default_factory=lambda: TextWorld(POSTED))

    def __post_init__(self) -> None:
        self.accounts.open("paper", "XNYS", TESTED[0], Decimal(10_000))
        self.subscriptions.add(Subscription("a@localhost", "IBM", "ema_cross", "XNYS", TESTED[0]))
        self.subscriptions.add(Subscription("b@localhost", EVERY, "influencer_mention", "XNYS", TESTED[0]))

    def run(self, session: date) -> SessionReport:
        strategies = (SmaCross(fast=2, slow=4, trend=0), EmaCross(fast=2, slow=5))
        pairs = [ActivePair(strategy, instrument) for strategy in strategies for instrument in INSTRUMENTS]
        driven = InfluencerMention()
        pairs += [ActivePair(driven, instrument) for instrument in INSTRUMENTS]
        limits = {driven.id: driven.limits}
        return RunSession(
            ingest=IngestBars(
                self.source, FakeGate(), self.bars, self.actions, self.quarantine, self.quality, self.objects,
                self.clock,
            ),
            export=ExportBars(self.bars, self.objects, FakeLocks()),
            compute=ComputeIndicators(self.bars, self.actions, self.indicators),
            text=self.text.flow(
                bars=self.bars, actions=self.actions, signals=self.signals, sessions=self.sessions, pairs=pairs,
                quarantine=self.quarantine,                quality=self.quality, objects=self.objects, clock=self.clock,
            ),
            evaluate=EvaluateStrategies(self.bars, self.actions, joining(), self.signals, pairs),
            execute=ExecuteSignals(
                self.accounts, self.sessions, self.signals, self.bars, self.actions, self.text.posts,
                Desk(
                    Costs(Decimal("0.001"), Decimal(5)), SizingRules(Decimal("0.4")), limits, LEVELS, "America/New_York"
                ),
            ),
            notify=NotifySubscribers(
                self.subscriptions, self.sessions, self.signals, self.subscriptions.outbox, 1000, limits, LEVELS
            ),
            deliver=DeliverMails(
                self.subscriptions.outbox, self.signals, self.bars, self.actions, self.channel, self.clock, "s@here",
                self.text.posts, limits, LEVELS,
            ),
            sessions=self.sessions,
            instruments=INSTRUMENTS,
        )(session)  # fmt: skip

    def state(self) -> Mapping[str, Any]:
        """All that a user can see in the end, without the archive of answers, which depends on what was asked."""
        return {
            "bars": self.bars.read(INSTRUMENTS, Interval.DAY, None, None).to_pylist(),
            "indicators": [self.indicators.read(INSTRUMENTS, Interval.DAY, day).to_pylist() for day in TESTED],
            "signals": [self.signals.of_session("XNYS", day) for day in TESTED],
            "on posts": self.signals.on_posts("XNYS", at(TESTED[0], 0), at(TESTED[-1], 23)),
            "posts": sorted(self.text.posts.newest(100), key=lambda post: post.key),
            "mentions": self.text.mentions.of_instruments(INSTRUMENTS, None, at(TESTED[-1], 23)),
            "feeds": [(state.name, state.watermark, state.error) for state in self.text.feed_states.all()],
            "account": self.accounts.get("paper"),
            "orders": self.accounts.orders("paper"),
            "fills": self.accounts.fills("paper"),
            "book": list(self.accounts.entries("paper")),
            "mails": {key: item.status for key, item in sorted(self.subscriptions.outbox.stored.items())},
            "delivered": sorted(self.channel.mails),
            "subscriptions": self.subscriptions.all(),
            "quarantined": self.quarantine.reasons(),
            "files": {key: self.objects.get(key) for key in self.objects.keys("bars/")},
            "decided": [self.sessions.reached("XNYS", day, Stage.DECIDED) for day in TESTED],
        }


@pytest.fixture(scope="module")
def in_order() -> World:
    world = World()
    for day in TESTED:
        world.run(day)
    return world


def test_what_a_run_reports() -> None:
    world = World()
    report = world.run(TESTED[0])
    assert report.session == TESTED[0]
    assert report.ingested.stored == 2 * (len(DAYS) - 6)
    assert (report.indicators, report.decided.decided, report.decided.new) == (2, 4, 4)
    assert [account.sessions for account in report.accounts] == [TESTED[:1]]
    assert report.queued == report.delivered.sent == len(world.channel.mails)


def test_the_days_are_worth_testing(in_order: World) -> None:
    state = in_order.state()
    assert {order.status for order in state["orders"]} >= {"filled"}
    assert len(state["delivered"]) >= 2
    assert {entry.kind for entry in state["book"]} == {"fill", "dividend"}
    assert state["quarantined"] == {"upside down": 1}
    assert all(state["decided"])
    assert len(state["on posts"]) == 6
    orders = [order for order in state["orders"] if order.strategy == InfluencerMention().id]
    assert sorted((order.instrument.symbol, order.side, order.status, order.reason[:30]) for order in orders) == [
        ("IBM", "buy", "filled", "an influencer mentioned it (co"),
        ("IBM", "sell", "filled", "an influencer mentioned it (co"),
        ("MSFT", "buy", "filled", "an influencer mentioned it (co"),
        ("MSFT", "buy", "refused", "08:00 in America/New_York is o"),
        ("MSFT", "buy", "refused", "42 shares cost 3970.75 with co"),
    ]
    assert sum(item.address == "b@localhost" for item in in_order.subscriptions.outbox.items()) == 5


def test_running_all_of_it_again_changes_nothing(in_order: World) -> None:
    before = in_order.state()
    for day in (*TESTED[::-1], *TESTED[::3]):
        report = in_order.run(day)
        assert (report.ingested.stored, report.decided.new, report.queued, report.delivered.sent) == (0, 0, 0, 0)
    assert in_order.state() == before


@pytest.mark.parametrize("order", [(6, 5, 4, 3, 2, 1, 0), (4, 0, 2, 5, 1, 6, 3)])
def test_sessions_in_any_order_end_in_the_same_state(in_order: World, order: tuple[int, ...]) -> None:
    world = World()
    for index in order:
        world.run(TESTED[index])
    assert world.state() == in_order.state()


class Power(Exception):  # noqa: N818 - it is no error of ours
    """The power fails."""


def unreliable(part: Any, method: str, after: int) -> Iterator[None]:
    """Let the power fail in one call of a part, before or after its work was done."""
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
        ("source", "fetch", 1), ("objects", "put_new", 2), ("actions", "upsert", 1), ("quarantine", "add", 1),
        ("bars", "upsert", 1), ("quality", "record", 1), ("objects", "put", 1), ("sessions", "mark", 1),
        ("sessions", "mark", 2), ("indicators", "upsert", 1), ("signals", "add", 1), ("accounts", "locked", 1),
        ("accounts", "locked", 2), ("subscriptions", "locked", 1), ("subscriptions", "locked", 2),
        ("channel", "deliver", 1), ("posts", "add", 1), ("posts", "store_annotations", 1), ("feed_states", "put", 1),
    ],
)  # fmt: skip
def test_where_it_breaks_it_goes_on(in_order: World, part: str, method: str, after: int) -> None:
    world = World()
    for day in TESTED[:3]:
        world.run(day)
    breaking = unreliable(getattr(world if hasattr(world, part) else world.text, part), method, after)
    next(breaking)
    broken = False
    for day in TESTED[3:5]:
        try:
            world.run(day)
        except Power:
            broken = True
            break
    with pytest.raises(StopIteration):
        next(breaking)
    assert broken
    for day in TESTED[3:]:
        world.clock.move(timedelta(minutes=1))
        world.run(day)
    assert world.state() == in_order.state()
