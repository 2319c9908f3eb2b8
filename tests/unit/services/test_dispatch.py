"""Accounts move through decided periods in order, once each, whatever order they were decided in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.calendars import trading_calendar
from algo_trading.domain.account import Account, AccountClock
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import EntryKind, Holding
from algo_trading.domain.limits import Limits, TradeWindow
from algo_trading.domain.order import Order
from algo_trading.domain.post import Level, Post, PostKey, PostKind
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.time import midnight
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.brokers import Broker
from algo_trading.repositories.periods import Stage
from algo_trading.services.dispatch import DispatchReport, next_period
from contracts.bars import bar_row, bar_rows
from contracts.signals import a_signal
from fakes.bars import FakeBars
from support.account_world import CASH as MONEY
from support.account_world import COSTS, DAY, DAYS, FAST, IBM, MSFT, PERIODS, SLOW, World
from support.trading import opening

pytestmark = pytest.mark.unit

CASH = Decimal(MONEY)
ALL = range(len(DAYS))
KEYS = tuple(str(day) for day in DAYS)


def a_world(day: int = 0) -> World:
    world = World()
    world.open(day=day)
    return world


def cursor(world: World, name: str = "paper") -> datetime | None:
    (clock,) = world.accounts.state(name).clocks
    return clock.cursor


@pytest.fixture(scope="module")
def in_order() -> World:
    """Every session decided and executed one after the other."""
    world = a_world()
    for day in ALL:
        world.decide(day)
        world.dispatch()
    return world


class TestCursor:
    def test_nothing_decided_nothing_done(self) -> None:
        world = a_world()
        assert world.dispatch() == [DispatchReport("paper")]
        assert cursor(world) is None

    def test_one_session_after_the_other(self) -> None:
        world = a_world()
        world.decide(0)
        assert world.dispatch() == [DispatchReport("paper", KEYS[:1], ordered=1, filled=0, rejected=0)]
        world.decide(1)
        assert world.dispatch() == [DispatchReport("paper", KEYS[1:2], ordered=1, filled=1, rejected=0)]
        assert cursor(world) == midnight(DAYS[1])

    def test_it_stops_before_a_session_that_is_not_decided(self) -> None:
        world = a_world()
        world.decide(0, 1, 3, 4)
        (report,) = world.dispatch()
        assert report.periods == KEYS[:2]
        assert world.dispatch()[0].periods == ()
        world.decide(2)
        (report,) = world.dispatch()
        assert report.periods == KEYS[2:5]

    def test_a_session_that_was_only_ingested_is_not_decided(self) -> None:
        world = a_world()
        world.periods.mark("stocks", DAY, midnight(DAYS[0]), Stage.ACCEPTED)
        world.periods.mark("coins", DAY, midnight(DAYS[0]), Stage.DECIDED)
        assert world.dispatch()[0].periods == ()

    def test_running_again_changes_nothing(self, in_order: World) -> None:
        before = in_order.books()
        in_order.decide(*ALL)
        assert in_order.dispatch() == [DispatchReport("paper")]
        assert in_order.books() == before

    @settings(max_examples=20, deadline=None)
    @given(order=st.permutations(list(ALL)), pauses=st.lists(st.booleans(), min_size=len(DAYS), max_size=len(DAYS)))
    def test_whatever_order_sessions_are_decided_in(
        self, in_order: World, order: Sequence[int], pauses: Sequence[bool]
    ) -> None:
        world = a_world()
        for day, execute in zip(order, pauses, strict=True):
            world.decide(day)
            if execute:
                world.dispatch()
        world.dispatch()
        assert world.books() == in_order.books()

    def test_what_was_before_the_start_never_trades(self) -> None:
        world = a_world(5)
        world.decide(*ALL)
        world.dispatch()
        _, orders, _, entries = world.books()
        assert min(order.period for order in orders) == KEYS[5]
        deposit, *others = entries
        assert deposit.kind is EntryKind.DEPOSIT
        assert min(entry.effective_at.date() for entry in others) == DAYS[7]
        assert cursor(world) == midnight(DAYS[-1])

    def test_a_start_between_sessions_is_the_next_one(self) -> None:
        world = a_world()
        sunday = replace(world.accounts.state("paper").account, name="sunday", start=midnight(date(2013, 1, 6)))
        world.accounts.open(opening(sunday, MONEY))
        world.assign(FAST, IBM, account="sunday")
        world.decide(*ALL)
        assert world.dispatch()[1].periods[0] == "2013-01-07"

    def test_accounts_move_on_their_own(self) -> None:
        world = a_world()
        world.open("late", 2)
        london = replace(world.accounts.state("paper").account, name="london")
        world.accounts.open(opening(london, MONEY))
        world.assign(FAST, Instrument("VOD", "XLON"), account="london")
        world.decide(0, 1, 2)
        assert [(report.account, report.periods) for report in world.dispatch()] == [
            ("late", KEYS[2:3]),
            ("london", KEYS[:3]),
            ("paper", KEYS[:3]),
        ]
        assert [clock.venue for clock in world.accounts.state("london").clocks] == ["XLON"]

    def test_an_account_waits_for_every_watchlist_it_trades(self) -> None:
        world = a_world()
        world.assignments.rows.append(
            replace(world.assignments.rows[0], strategy=StrategyId("third", "{}"), watchlist="more")
        )
        world.decide(0)
        assert world.dispatch()[0].periods == ()
        world.periods.mark("more", DAY, midnight(DAYS[0]), Stage.DECIDED)
        assert world.dispatch()[0].periods == KEYS[:1]

    def test_what_is_left_of_a_strategy_that_trades_no_more_follows_the_watchlists_of_others(self) -> None:
        world = a_world()
        world.decide(*range(3))
        world.dispatch()
        world.open("other")
        world.assignments.rows = [one for one in world.assignments.rows if one.account == "other"]
        world.decide(3)
        assert world.dispatch()[1].periods == KEYS[3:4]
        assert EntryKind.SPLIT in {entry.kind for entry in world.accounts.entries("paper")}
        world.assignments.rows.clear()
        world.decide(4)
        assert [report.periods for report in world.dispatch()] == [(), ()]

    def test_one_account_that_fails_does_not_stop_the_others(self) -> None:
        world = a_world()
        broken = replace(world.accounts.state("paper").account, name="broken")
        world.accounts.open(opening(broken, MONEY))
        world.assign(FAST, IBM, account="broken")
        world.decide(0)
        paper = world.brokers(broken)

        def refuse(account: Account) -> Broker:
            if account.name == "broken":
                raise AlgoTradingError("no key for this broker")
            return paper

        world.find_broker = refuse
        with pytest.raises(AlgoTradingError, match="no key for this broker"):
            world.dispatch()
        assert (world.accounts.state("broken").clocks[0].cursor, cursor(world)) == (None, midnight(DAYS[0]))

    def test_a_step_that_fails_leaves_the_account_where_it_was(self) -> None:
        class Broken(FakeBars):
            def read(self, *_arguments: object) -> object:
                raise AlgoTradingError("the disk is full")

        world = a_world()
        world.decide(0, 1)
        whole, world.bars = world.bars, Broken()
        with pytest.raises(AlgoTradingError):
            world.dispatch()
        assert cursor(world) == midnight(DAYS[0])  # nothing is priced in the first one
        assert world.accounts.state("paper").money == CASH
        world.bars = whole
        assert world.dispatch() == [DispatchReport("paper", KEYS[1:2], ordered=1, filled=1, rejected=0)]


class TestBooks:
    def test_what_happened(self, in_order: World) -> None:
        """The story of the twelve sessions, order by order."""
        state, orders, executions, entries = in_order.books()
        told = [(o.opened_at.date(), o.strategy.name, o.instrument.symbol, o.side, o.status) for o in reversed(orders)]
        assert told == [
            (DAYS[0], "fast", "IBM", "buy", "filled"),
            (DAYS[1], "slow", "IBM", "buy", "filled"),
            (DAYS[2], "fast", "MSFT", "buy", "filled"),
            (DAYS[4], "fast", "IBM", "sell", "filled"),
            (DAYS[5], "slow", "MSFT", "buy", "filled"),
            (DAYS[6], "fast", "IBM", "buy", "rejected"),  # the order that waited took the cash
            (DAYS[8], "fast", "MSFT", "sell", "filled"),
            (DAYS[8], "slow", "IBM", "sell", "filled"),
            (DAYS[9], "slow", "MSFT", "sell", "filled"),
            (DAYS[10], "fast", "MSFT", "buy", "filled"),
        ]
        sessions = {fill.client_order_id: fill.at.date() for fill in executions}
        days = {order.client_order_id: DAYS.index(order.opened_at.date()) for order in orders}
        waited = {DAYS[day]: at for key, at in sessions.items() if at != DAYS[(day := days[key]) + 1]}
        assert waited == {DAYS[5]: DAYS[7]}  # MSFT did not trade in between
        split = [entry for entry in entries if entry.kind is EntryKind.SPLIT]
        assert [(e.effective_at.date(), e.holding and e.holding.strategy) for e in split] == [
            (DAYS[3], FAST),
            (DAYS[3], SLOW),
        ]
        assert state.money == sum(entry.amount for entry in entries if entry.asset)
        assert {(p.strategy, p.instrument) for p in state.positions} == {(FAST, MSFT)}
        assert in_order.reconcile()[0].agrees

    def test_a_weekend_ex_date_comes_with_the_next_session(self) -> None:
        world = a_world()
        world.actions.upsert([CorporateAction(IBM, date(2013, 1, 6), ActionKind.DIVIDEND, 1.0)], "test")
        world.decide(*range(5))
        world.dispatch()
        (monday, sunday) = sorted(
            (
                e
                for e in world.accounts.entries("paper")
                if e.kind is EntryKind.DIVIDEND and e.holding == Holding(SLOW, Series(IBM))
            ),
            key=lambda entry: -entry.effective_at.toordinal(),
        )
        shares = world.accounts.state("paper").sums.held[Holding(SLOW, Series(IBM))]
        # The weekend's dollar went to the shares before Monday's split, the rest to those after it.
        assert (sunday.effective_at.date(), sunday.amount) == (date(2013, 1, 6), shares / 2)
        assert (monday.effective_at.date(), monday.amount) == (date(2013, 1, 7), shares * Decimal("0.25"))

    def test_what_was_paid_before_the_start_is_not_paid(self) -> None:
        world = a_world(4)
        world.decide(*ALL)
        world.dispatch()
        _, *booked = world.accounts.entries("paper")
        assert all(entry.effective_at.date() > DAYS[4] for entry in booked)
        assert EntryKind.SPLIT not in {entry.kind for entry in world.accounts.entries("paper")}

    def test_nothing_is_filled_where_nobody_traded(self) -> None:
        world = a_world()
        world.bars.upsert(bar_rows(bar_row(IBM, DAYS[1], 103.0, volume=0.0)), "test")
        world.decide(*range(3))
        world.dispatch()
        sessions = {fill.at.date() for fill in world.accounts.executions("paper")}
        assert sessions == {DAYS[2]}

    def test_without_a_bar_of_the_day_the_last_close_counts(self) -> None:
        """At DAYS[6] MSFT has no bar: what is held of it still counts for the budget of IBM's buy."""
        world = a_world()
        world.decide(*range(7))
        world.dispatch()
        account = world.accounts.state("paper")
        ibm_close, msft_close = Decimal(59), Decimal("27.5")  # 118 halved, and that of DAYS[5]
        worth = {IBM: ibm_close, MSFT: msft_close}
        equity = account.money + sum(p.quantity * worth[p.instrument] for p in account.positions)
        (order,) = [o for o in world.accounts.orders("paper") if o.period == KEYS[6]]
        assert order.budget == (equity * Decimal("0.3")).quantize(Decimal("0.01"), "ROUND_DOWN")

    def test_a_last_close_from_before_a_split_is_of_the_new_shares(self) -> None:
        """A halted share is not worth twice as much because it was split."""
        halted = Instrument("HALT")
        world = a_world()
        world.bars.upsert(bar_rows(*(bar_row(halted, day, 100.0) for day in DAYS[:2])), "test")
        world.signals.add(
            [a_signal(Side.BUY, halted, midnight(DAYS[0]), FAST), a_signal(Side.BUY, halted, midnight(DAYS[3]), SLOW)]
        )
        plain = a_world()
        plain.bars.upsert(bar_rows(*(bar_row(halted, day, 100.0) for day in DAYS[:2])), "test")
        plain.signals.add(
            [a_signal(Side.BUY, halted, midnight(DAYS[0]), FAST), a_signal(Side.BUY, halted, midnight(DAYS[3]), SLOW)]
        )
        world.actions.upsert([CorporateAction(halted, DAYS[2], ActionKind.SPLIT, 2.0)], "test")
        budgets = []
        for either in (world, plain):
            either.assign(FAST, halted)
            either.assign(SLOW, halted)
            either.decide(*range(4))
            either.dispatch()
            (order,) = [o for o in either.accounts.orders() if (o.instrument, o.strategy) == (halted, SLOW)]
            budgets.append(order.budget)
        assert budgets[0] == budgets[1]

    def test_what_has_not_traded_for_a_year_is_worth_nothing(self) -> None:
        world = a_world()
        old = Instrument("OLD")
        world.assign(FAST, old)
        world.bars.upsert(bar_rows(bar_row(old, DAYS[0] - timedelta(days=371), 100.0)), "test")
        world.signals.add([a_signal(Side.BUY, old, midnight(DAYS[0]), FAST)])
        world.decide(0, 1)
        (report,) = world.dispatch()
        assert report.periods == KEYS[:2]
        assert [order.instrument for order in world.accounts.state("paper").orders] == [old, IBM]


def test_counts_name_each_order_once() -> None:
    world = a_world()
    ordered = filled = 0
    for day in ALL:
        world.decide(day)
        (report,) = world.dispatch()
        ordered += report.ordered
        filled += report.filled
    assert ordered == len(world.accounts.orders("paper"))
    assert filled == len(world.accounts.executions("paper"))


@pytest.mark.parametrize(
    ("start", "cursor", "expected"),
    [
        (date(2013, 1, 4), None, "2013-01-04"),
        (date(2013, 1, 5), None, "2013-01-07"),
        (date(2013, 1, 4), date(2013, 1, 4), "2013-01-07"),
        (date(2020, 1, 2), date(2013, 1, 4), "2013-01-07"),  # once begun, the cursor alone counts
    ],
)
def test_the_next_period(start: date, cursor: date | None, expected: str) -> None:
    clock = AccountClock("XNYS", DAY, midnight(start), midnight(cursor) if cursor else None)
    assert next_period(clock, trading_calendar).key == expected


HOUR = timedelta(hours=1)
TALK = StrategyId("talk", "{}")  # driven by posts
SESSIONS = PERIODS


def a_quiet_world(limits: Limits = Limits()) -> World:  # noqa: B008 - frozen
    """The same bars, and strategies that say nothing."""
    world = a_world()
    world.signals = type(world.signals)()
    world.assign(TALK, IBM, MSFT, limits=limits)
    return world


def post_signal(
    at: datetime,
    side: Side = Side.BUY,
    instrument: Instrument = IBM,
    *,
    confidence: float = 0.9,
    identity: str = "1",
    shares: float | None = None,
) -> Signal:
    """What a strategy says about a post that became available at a moment."""
    session = trading_calendar("XNYS").newest_closed(DAY, at - HOUR)
    return replace(
        a_signal(side, instrument, session.opened_at, TALK),
        confidence=confidence,
        size=0.1,
        shares=shares,
        post=f"file:{identity}",
        available_at=at,
    )


def post_of(signal: Signal, published: datetime | None = None) -> Post:
    assert signal.available_at is not None
    published = published or signal.available_at
    return Post(
        PostKey.parse(signal.post), "file", PostKind.POST, "ann", published, signal.available_at, "", "$IBM", "", "en"
    )


def tell(world: World, *signals: Signal, published: datetime | None = None) -> None:
    """Posts are stored and decided on."""
    world.posts.add([post_of(signal, published) for signal in signals])
    world.signals.add(signals)


def run(world: World, *days: int) -> None:
    world.decide(*(days or ALL))
    world.dispatch()


def only_order(world: World) -> Order:
    (order,) = world.accounts.orders("paper")
    return order


class TestOrdersOnPosts:
    @pytest.mark.parametrize(
        ("at", "filled"),
        [
            (SESSIONS[1].closed_at + 2 * HOUR, 2),  # in the evening
            (SESSIONS[2].starts_at - HOUR, 2),
            (SESSIONS[2].starts_at, 3),  # at the open it is too late for it
            (SESSIONS[2].starts_at + HOUR, 3),
            (SESSIONS[2].closed_at + 24 * HOUR, 3),  # on Saturday
        ],
    )
    def test_it_is_filled_at_the_next_open_after_the_post(self, at: datetime, filled: int) -> None:
        world = a_quiet_world()
        tell(world, post_signal(at))
        run(world)
        (fill,) = world.accounts.executions("paper")
        assert DAYS.index(fill.at.date()) == filled
        order = only_order(world)
        assert (order.status, order.reason) == ("filled", post_signal(at).reason)
        assert fill.price == COSTS.fill_price(Side.BUY, Decimal(repr(_open_of(world, filled))))

    def test_the_budget_is_of_the_last_close_before_the_post_is_acted_on(self) -> None:
        world = a_quiet_world()
        tell(world, post_signal(SESSIONS[0].closed_at + 2 * HOUR))
        run(world)
        assert only_order(world).budget == CASH * Decimal("0.3") * Decimal("0.1")

    @pytest.mark.parametrize(("confidence", "orders"), [(0.39, 0), (0.4, 0), (0.69, 0), (0.7, 1), (1.0, 1)])
    def test_the_level_from_which_there_is_an_order(self, confidence: float, orders: int) -> None:
        world = a_quiet_world(Limits(order_from=Level.HIGH))
        tell(world, post_signal(SESSIONS[0].closed_at + 2 * HOUR, confidence=confidence))
        run(world)
        assert len(world.accounts.orders("paper")) == len(world.accounts.executions("paper")) == orders

    def test_a_hold_is_no_order(self) -> None:
        world = a_quiet_world()
        tell(world, post_signal(SESSIONS[0].closed_at + 2 * HOUR, Side.HOLD))
        run(world)
        assert world.accounts.orders("paper") == []

    def test_nothing_is_ordered_twice(self) -> None:
        world = a_quiet_world()
        tell(world, post_signal(SESSIONS[0].closed_at + 2 * HOUR))
        for day in ALL:
            world.decide(day)
            world.dispatch()
            world.dispatch()
        assert len(world.accounts.orders("paper")) == len(world.accounts.executions("paper")) == 1

    def test_a_signal_whose_session_has_passed_never_trades(self) -> None:
        world = a_quiet_world()
        run(world, 0, 1, 2)
        tell(world, post_signal(SESSIONS[0].closed_at + 2 * HOUR))
        run(world)
        assert world.accounts.orders("paper") == []

    def test_one_before_the_account_began_never_trades(self) -> None:
        world = a_world(3)
        world.signals = type(world.signals)()
        world.assign(TALK, IBM)
        tell(world, post_signal(SESSIONS[1].closed_at + 2 * HOUR))
        run(world)
        assert world.accounts.orders("paper") == []


class TestRefusalsOnPosts:
    EVENING = SESSIONS[0].closed_at + 2 * HOUR  # 18:00 in New York

    @pytest.mark.parametrize(
        ("limits", "sentence"),
        [
            (
                Limits(trade_window=TradeWindow(time(9), time(16))),
                "18:00 in America/New_York is outside the trade window 09:00-16:00",
            ),
            (Limits(max_price_age=HOUR), "the newest price is 2.0 hours old, more than the 1 allowed"),
            (Limits(max_positions=0), "the strategy holds or is buying 0 of at most 0 positions"),
        ],
    )
    def test_they_are_told_in_a_sentence(self, limits: Limits, sentence: str) -> None:
        world = a_quiet_world(limits)
        tell(world, post_signal(self.EVENING))
        run(world)
        assert (only_order(world).status, only_order(world).reason) == ("rejected", sentence)
        assert world.accounts.state("paper").money == CASH

    @pytest.mark.parametrize(
        "limits",
        [
            Limits(trade_window=TradeWindow(time(12), time(6))),
            Limits(max_price_age=2 * HOUR),
            Limits(max_positions=1),
            Limits(max_move=0.01),
        ],
    )
    def test_what_is_within_them_is_filled(self, limits: Limits) -> None:
        world = a_quiet_world(limits)
        tell(world, post_signal(self.EVENING))
        run(world)
        assert only_order(world).status == "filled"

    def test_a_price_that_has_moved_since_the_post(self) -> None:
        """Published before the close of the first session, seen after that of the second: 100 became 103."""
        world = a_quiet_world(Limits(max_move=0.02))
        tell(world, post_signal(SESSIONS[1].closed_at + 2 * HOUR), published=SESSIONS[0].closed_at + HOUR)
        run(world)
        assert only_order(world).reason == "the price has moved by +3.0% since the post, more than the 2.0% allowed"

    def test_a_split_is_no_move(self) -> None:
        """Published at a close of 106, seen at one of 109 that a split has halved: +2.8 %, not -48.6 %."""
        world = a_quiet_world(Limits(max_move=0.03))
        tell(world, post_signal(SESSIONS[3].closed_at + 2 * HOUR), published=SESSIONS[2].closed_at + HOUR)
        run(world)
        assert only_order(world).status == "filled"

    def test_a_sale_is_never_refused_by_limits(self) -> None:
        world = a_quiet_world(Limits(max_price_age=3 * HOUR, trade_window=TradeWindow(time(18), time(19))))
        tell(
            world,
            post_signal(self.EVENING),
            post_signal(SESSIONS[5].starts_at - HOUR, Side.SELL, identity="2"),
        )
        run(world)
        assert [(order.side, order.status) for order in reversed(world.accounts.orders("paper"))] == [
            ("buy", "filled"),
            ("sell", "filled"),
        ]
        assert world.accounts.state("paper").positions == ()
        assert [fill.at.date() for fill in world.accounts.executions("paper")] == [DAYS[1], DAYS[5]]

    def test_a_sale_of_nothing(self) -> None:
        world = a_quiet_world()
        tell(world, post_signal(self.EVENING, Side.SELL))
        run(world)
        assert only_order(world).reason == "the strategy holds no IBM to sell"

    def test_several_posts_on_one_instrument_are_one_purchase(self) -> None:
        world = a_quiet_world()
        tell(
            world,
            post_signal(self.EVENING, identity="1"),
            post_signal(self.EVENING, identity="2"),
            post_signal(self.EVENING + HOUR, identity="3"),
            post_signal(SESSIONS[4].closed_at + HOUR, identity="4"),
        )
        run(world)
        told = [(order.status, order.reason.partition(" 2")[0]) for order in reversed(world.accounts.orders("paper"))]
        assert sorted(told) == sorted(
            [
                ("filled", "because of"),
                ("rejected", "an order to buy IBM is still waiting"),
                ("rejected", "an order to buy IBM is still waiting"),
                ("rejected", f"the strategy already holds {_held(world)} IBM"),
            ]
        )
        assert len(world.accounts.executions("paper")) == 1

    def test_positions_are_counted_over_instruments(self) -> None:
        world = a_quiet_world(Limits(max_positions=1))
        tell(world, post_signal(self.EVENING), post_signal(self.EVENING, instrument=MSFT))
        run(world)
        assert sorted((str(order.instrument), order.status) for order in world.accounts.orders("paper")) == [
            ("IBM", "filled"),
            ("MSFT", "rejected"),
        ]


class TestSharesOnPosts:
    def test_no_more_than_the_strategy_asks_for(self) -> None:
        world = a_quiet_world()
        tell(world, post_signal(SESSIONS[0].closed_at + 2 * HOUR, shares=7))
        run(world, 0, 1)
        assert [fill.quantity for fill in world.accounts.executions("paper")] == [Decimal(7)]

    @pytest.mark.parametrize(("shares", "bought"), [(None, 55), (7, 7)])  # of 3,000 at 54
    def test_a_split_between_the_post_and_the_fill(self, shares: float | None, bought: int) -> None:
        """The order is placed after the split of the morning: its shares are new ones."""
        world = a_quiet_world()
        tell(world, post_signal(SESSIONS[2].closed_at + 2 * HOUR, shares=shares))
        run(world, 0, 1, 2, 3)
        (fill,) = world.accounts.executions("paper")
        assert (fill.at.date(), fill.quantity) == (DAYS[3], Decimal(bought))


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(list(ALL)), pauses=st.lists(st.booleans(), min_size=len(DAYS), max_size=len(DAYS)))
def test_posts_and_sessions_in_any_order(order: Sequence[int], pauses: Sequence[bool]) -> None:
    """What is decided on posts is there before the sessions after it are; then the order of all else is no matter."""
    said = [
        post_signal(SESSIONS[0].closed_at + 2 * HOUR, identity="1"),
        post_signal(SESSIONS[2].starts_at + HOUR, instrument=MSFT, identity="2"),
        post_signal(SESSIONS[4].closed_at + 2 * HOUR, Side.SELL, identity="3"),
        post_signal(SESSIONS[5].closed_at + 2 * HOUR, identity="4", shares=3),
    ]
    plain, shuffled = a_world(), a_world()
    for world in (plain, shuffled):
        world.assign(TALK, IBM, MSFT)
    tell(plain, *said)
    run(plain)
    tell(shuffled, *reversed(said))
    for day, execute in zip(order, pauses, strict=True):
        shuffled.decide(day)
        if execute:
            shuffled.dispatch()
    shuffled.dispatch()
    assert shuffled.books() == plain.books()
    assert len([order for order in plain.accounts.orders("paper") if order.strategy == TALK]) == len(said)


def _open_of(world: World, day: int) -> float:
    table = world.bars.read([Series(IBM)], midnight(DAYS[day]), midnight(DAYS[day]))
    return float(table.column("open")[0].as_py())


def _held(world: World) -> str:
    (position,) = world.accounts.state("paper").positions
    return f"{position.quantity.normalize():f}"
