"""Accounts move through decided periods in order, once each, whatever order they were decided in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.calendars import trading_calendar
from algo_trading.domain.account import Account, AccountClock
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import EntryKind, Holding
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.domain.time import midnight
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.brokers import Broker
from algo_trading.repositories.periods import Stage
from algo_trading.services.dispatch import DispatchReport, next_period
from contracts.bars import bar_row, bar_rows
from contracts.signals import a_signal
from fakes.bars import FakeBars, FakeCorporateActions
from support.account_world import CASH as MONEY
from support.account_world import DAY, DAYS, FAST, IBM, MSFT, SLOW, World
from support.dispatch_world import ALL, CASH, a_world
from support.fuzz import examples
from support.trading import opening

pytestmark = pytest.mark.unit


KEYS = tuple(str(day) for day in DAYS)


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


@pytest.mark.parametrize(
    ("actions", "left"),
    [
        ([(ActionKind.DIVIDEND, 5.0), (ActionKind.DIVIDEND, 5.0)], "96"),
        ([(ActionKind.SPLIT, 2.0), (ActionKind.DIVIDEND, 5.0)], "48"),
        ([(ActionKind.DIVIDEND, 6.0), (ActionKind.SPLIT, 2.0)], "50"),
    ],
)
def test_exits_follow_several_actions_of_a_weekend(actions: list[tuple[ActionKind, float]], left: str) -> None:
    """They are counted from what is left of the last close, 106, as adjusted bars are."""
    world = World()
    world.open()
    world.assignments.rows = [replace(one, exits=Exits(stop=0.9)) for one in world.assignments.rows]
    weekend = (date(2013, 1, 5), date(2013, 1, 6))
    world.actions = FakeCorporateActions()
    world.actions.upsert(
        [CorporateAction(IBM, day, kind, value) for day, (kind, value) in zip(weekend, actions, strict=True)], "test"
    )
    for day in range(4):
        world.decide(day)
        world.dispatch()
        if day == 2:
            (entered,) = (p.entry_price for p in world.accounts.state("paper").positions if p.strategy == FAST)
    position = world.accounts.state("paper").position(Holding(FAST, Series(IBM)))
    assert position is not None
    expected = entered * Decimal(left) / 106
    assert abs(position.entry_price - expected) < Decimal("1e-9")


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

    @settings(max_examples=examples(7), deadline=None)
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

    def test_what_has_not_traded_for_years_keeps_its_last_close(self) -> None:
        world, old = a_world(), Instrument("OLD")
        last = DAYS[0] - timedelta(days=2000)
        world.bars.upsert(bar_rows(bar_row(old, last, 100.0)), "test")
        split = CorporateAction(old, last + timedelta(days=400), ActionKind.SPLIT, 2.0)
        world.actions.upsert([split], "test")
        assert world.prices.prices([Series(old)], midnight(DAYS[0]), DAYS[0]) == {Series(old): Decimal(50)}
        world.assign(FAST, old)
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
