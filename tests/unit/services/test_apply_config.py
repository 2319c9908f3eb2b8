"""The rows become what the configuration says, once at the first start and then on request."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.calendars import trading_calendar
from algo_trading.domain.account import Mode, Position
from algo_trading.domain.costs import Costs
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.limits import Limits
from algo_trading.domain.post import Level
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.errors import ConfigError
from algo_trading.repositories.accounts import AccountStep
from algo_trading.services.apply_config import ApplyConfig
from algo_trading.services.open_accounts import AccountPlan
from algo_trading.services.setup_difference import Action, Change, Setup
from algo_trading.services.subscribe import SubscriptionPlan
from fakes.accounts import FakeAccounts
from fakes.clock import FakeClock
from fakes.locks import FakeLocks
from fakes.names import FakeNames
from fakes.subscriptions import FakeSubscriptions
from fakes.watchlists import FakeSetup
from support.fuzz import examples

pytestmark = pytest.mark.unit

FAST, SLOW = StrategyId("sma_cross", '{"fast":7}'), StrategyId("sma_cross", '{"fast":9}')
STOCKS = Watchlist("stocks", "XNYS", "sample", (Interval.DAY,), ("IBM", "MSFT"))
COINS = Watchlist("coins", "DEMO", "demo_candles", (Interval.HOUR_1, Interval.HOUR_4), ("BTCUSDT",))
PAPER = AccountPlan(
    name="paper",
    broker="paper",
    currency="USD",
    mode=Mode.PAPER,
    owner="owner",
    cash=Decimal(100_000),
    position_fraction=Decimal("0.15"),
    costs=Costs(Decimal("0.001"), Decimal(5)),
)
ANN = SubscriptionPlan("ann@localhost", "*", "*", None)
START = datetime(2013, 1, 2, tzinfo=UTC)


def an_assignment(
    strategy: StrategyId = FAST, symbol: str = "IBM", watchlist: Watchlist = STOCKS, account: str = "paper"
) -> Assignment:
    series = Series(Instrument(symbol, watchlist.venue), watchlist.intervals[0])
    return Assignment(strategy, series, watchlist.name, account, "owner")


SAMPLE = Setup((STOCKS,), (PAPER,), (an_assignment(), an_assignment(symbol="MSFT")), (ANN,))


@dataclass
class Installation:
    """Rows in memory, and the configurations that are applied to them one after the other."""

    rows: FakeSetup = field(default_factory=FakeSetup)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    subscriptions: FakeSubscriptions = field(default_factory=FakeSubscriptions)
    names: FakeNames = field(default_factory=FakeNames)
    locks: FakeLocks = field(default_factory=FakeLocks)
    clock: FakeClock = field(default_factory=FakeClock)

    def under(self, wanted: Setup) -> ApplyConfig:
        """The service under a configuration."""
        return ApplyConfig(
            wanted=wanted,
            watchlists=self.rows.watchlists,
            assignments=self.rows.assignments,
            setup=self.rows,
            accounts=self.accounts,
            subscriptions=self.subscriptions,
            names=self.names,
            locks=self.locks,
            calendars=trading_calendar,
            clock=self.clock,
        )

    def hold(self, quantity: str, account: str = "paper", assignment: Assignment | None = None) -> None:
        """Put a position into an account."""
        one = assignment or an_assignment()
        state = self.accounts.state(account)
        position = Position(one.strategy, one.series, Decimal(quantity), Decimal(100), Decimal(100), "order")
        self.accounts.store(AccountStep(state, state.holding(position), self.clock.now()))

    def stored(self) -> tuple[object, ...]:
        """All that there is."""
        names = self.accounts.names()
        return (
            self.rows.watchlists.all(),
            self.rows.assignments.all(),
            [self.accounts.state(name) for name in names],
            self.subscriptions.all(),
        )


@pytest.fixture
def place() -> Installation:
    return Installation()


@pytest.fixture
def seeded(place: Installation) -> Installation:
    place.under(SAMPLE).seed(START)
    return place


def lines(changes: Sequence[Change]) -> list[tuple[str, str, str]]:
    return [(change.what, change.name, str(change.action)) for change in changes]


class TestSeeding:
    def test_the_first_start_applies_the_configuration(self, place: Installation) -> None:
        assert place.under(SAMPLE).seed(START) is True
        assert place.rows.watchlists.all() == [STOCKS]
        assert place.rows.assignments.all() == list(SAMPLE.assignments)
        state = place.accounts.state("paper")
        assert (state.account.start, state.money, state.account.owner) == (START, Decimal(100_000), "owner")
        assert [(s.address, s.start) for s in place.subscriptions.all()] == [("ann@localhost", START)]
        assert not place.under(SAMPLE).difference()

    def test_afterwards_it_is_not_applied_by_itself(self, seeded: Installation) -> None:
        before = seeded.stored()
        other = replace(SAMPLE, watchlists=(STOCKS, COINS))
        assert seeded.under(other).seed(START) is False
        assert seeded.stored() == before
        assert lines(seeded.under(other).difference().changes) == [("watchlist", "coins", "added")]

    def test_a_configured_start_comes_first(self, place: Installation) -> None:
        early = datetime(2012, 6, 1, tzinfo=UTC)
        place.under(replace(SAMPLE, accounts=(replace(PAPER, start=early),))).seed(START)
        assert place.accounts.state("paper").account.start == early

    def test_without_any_start_it_is_the_newest_closed_period_of_what_will_be_traded(self, place: Installation) -> None:
        place.under(SAMPLE).seed()
        newest = trading_calendar("XNYS").newest_closed(Interval.DAY, place.clock.now())
        assert place.accounts.state("paper").account.start == newest.opened_at

    def test_one_process_does_it(self, place: Installation) -> None:
        place.under(SAMPLE).seed(START)
        assert place.locks.taken == ["configuration"]

    def test_a_process_that_died_on_the_way_is_followed_by_one_that_finishes(
        self, place: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(_changes: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(place.rows, "change", die)
            with pytest.raises(KeyboardInterrupt):
                place.under(SAMPLE).seed(START)
        assert place.under(SAMPLE).seed(START) is True
        assert not place.under(SAMPLE).difference()
        assert place.accounts.state("paper").money == Decimal(100_000)


class TestDifference:
    def test_a_dry_run_changes_nothing(self, seeded: Installation) -> None:
        before = seeded.stored()
        other = Setup((COINS,), (replace(PAPER, name="coins", currency="USDT"),), (), ())
        assert seeded.under(other).difference()
        assert seeded.stored() == before
        assert seeded.rows.changes == 1

    def test_symbols_and_intervals_of_a_watchlist(self, seeded: Installation) -> None:
        changed = replace(STOCKS, source="yahoo", symbols=("MSFT", "KO", "GE"), intervals=(Interval.DAY, Interval.WEEK))
        (change,) = seeded.under(replace(SAMPLE, watchlists=(changed,))).difference().changes
        assert change == Change(
            "watchlist",
            "stocks",
            Action.CHANGED,
            ("source sample -> yahoo", "intervals added: 1w", "symbols added: KO, GE", "symbols removed: IBM"),
        )

    def test_a_long_list_is_cut(self, seeded: Installation) -> None:
        many = replace(STOCKS, symbols=tuple(f"S{number}" for number in range(20)))
        (change,) = seeded.under(replace(SAMPLE, watchlists=(many,))).difference().changes
        assert change.details[0] == "symbols added: S0, S1, S2, S3, S4, S5, S6, S7 and 12 more"

    def test_symbols_in_another_order(self, seeded: Installation) -> None:
        turned = replace(STOCKS, symbols=("MSFT", "IBM"))
        (change,) = seeded.under(replace(SAMPLE, watchlists=(turned,))).difference().changes
        assert change.details == ("symbols in another order",)

    def test_series_of_a_strategy_are_one_line(self, seeded: Installation) -> None:
        exits = Exits(stop=0.05)
        more = tuple(replace(an_assignment(SLOW, symbol), exits=exits) for symbol in ("IBM", "MSFT"))
        found = seeded.under(replace(SAMPLE, assignments=(an_assignment(), *more))).difference()
        assert found.changes == (
            Change("assignment", "sma_cross(fast=9) for paper", Action.ADDED, ("IBM, MSFT", "exits stop 0.05")),
            Change("assignment", "sma_cross(fast=7) for paper", Action.REMOVED, ("MSFT",)),
        )

    def test_what_of_an_assignment_differs(self, seeded: Installation) -> None:
        limits = Limits(mail_from=Level.HIGH, max_positions=2)
        changed = replace(an_assignment(), owner="ann", limits=limits, exits=Exits(trailing=0.1))
        found = seeded.under(replace(SAMPLE, assignments=(changed, SAMPLE.assignments[1]))).difference()
        assert found.changes == (
            Change(
                "assignment",
                "sma_cross(fast=7) for paper",
                Action.CHANGED,
                (
                    "IBM",
                    "owner owner -> ann",
                    "limits.mail_from low -> high",
                    "limits.max_positions none -> 2",
                    "exits.trailing none -> 0.1",
                ),
            ),
        )

    def test_what_nothing_will_sell_any_more_is_named(self, seeded: Installation) -> None:
        seeded.hold("12.50")
        found = seeded.under(replace(SAMPLE, assignments=(an_assignment(symbol="MSFT"),))).difference()
        assert found.changes == (
            Change(
                "assignment",
                "sma_cross(fast=7) for paper",
                Action.REMOVED,
                ("IBM", "paper still holds 12.5 of it, which nothing will sell"),
            ),
        )


class TestAccounts:
    def test_terms_can_change(self, seeded: Installation) -> None:
        plan = replace(
            PAPER, owner="ann", position_fraction=Decimal("0.20"), costs=Costs(Decimal(0), Decimal(5)), shorts=True
        )
        found = seeded.under(replace(SAMPLE, accounts=(plan,)))()
        assert found.changes == (
            Change(
                "account",
                "paper",
                Action.CHANGED,
                (
                    "owner owner -> ann",
                    "position_fraction 0.15 -> 0.2",
                    "costs.commission 0.001 -> 0",
                    "shorts False -> True",
                ),
            ),
        )
        account = seeded.accounts.state("paper").account
        assert (account.owner, account.shorts, account.costs.commission) == ("ann", True, Decimal(0))
        assert seeded.locks.taken[-2:] == ["configuration", "account paper"]

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"currency": "EUR"}, "the account 'paper' has the currency USD, which it keeps; give the one with EUR"),
            ({"broker": "binance"}, "the account 'paper' has the broker paper, which it keeps"),
            ({"mode": Mode.LIVE}, "the account 'paper' has the mode paper, which it keeps; give the one with live"),
        ],
    )
    def test_what_an_account_is_cannot(self, seeded: Installation, changes: dict[str, object], sentence: str) -> None:
        wanted = Setup((COINS,), (replace(PAPER, **changes),))  # type: ignore[arg-type]  # fields by name
        before = seeded.stored()
        assert sentence in seeded.under(wanted).difference().refused[0]
        with pytest.raises(ConfigError, match=sentence):
            seeded.under(wanted)()
        assert seeded.stored() == before

    def test_money_and_start_count_at_the_opening_alone(self, seeded: Installation) -> None:
        plan = replace(PAPER, cash=Decimal(5), start=datetime(2020, 1, 1, tzinfo=UTC))
        assert not seeded.under(replace(SAMPLE, accounts=(plan,))).difference()

    def test_an_account_is_never_removed(self, seeded: Installation) -> None:
        seeded.hold("3")
        found = seeded.under(Setup((STOCKS,)))()
        assert lines(found.changes) == [("assignment", "sma_cross(fast=7) for paper", "removed")] * 2
        assert found.kept == (Change("account", "paper", Action.KEPT, ("it has 100,000 USD and holds 3 IBM",)),)
        assert seeded.accounts.names() == ["paper"]
        assert not seeded.under(Setup((STOCKS,))).difference()

    def test_a_renamed_account_is_named(self, seeded: Installation) -> None:
        found = seeded.under(replace(SAMPLE, accounts=(replace(PAPER, name="mine"),))).difference()
        (added,) = [change for change in found.changes if change.what == "account"]
        assert (added.name, added.action) == ("mine", Action.ADDED)
        assert added.details == (
            "100,000 USD at paper (paper)",
            "the money and positions of paper stay there: an account cannot be renamed",
        )
        assert lines(found.kept) == [("account", "paper", "kept")]

    def test_one_that_is_added_begins_with_what_it_will_trade(self, seeded: Installation) -> None:
        plan = replace(PAPER, name="coins", currency="USDT")
        trade = an_assignment(symbol="BTCUSDT", watchlist=COINS, account="coins")
        wanted = Setup((STOCKS, COINS), (PAPER, plan), (*SAMPLE.assignments, trade))
        seeded.under(wanted)()
        newest = trading_calendar("DEMO").newest_closed(Interval.HOUR_1, seeded.clock.now())
        assert seeded.accounts.state("coins").account.start == newest.opened_at


class TestSubscriptions:
    def test_new_ones_are_opened_and_others_stay(self, seeded: Installation) -> None:
        bob = SubscriptionPlan("bob@localhost", "IBM", "*", None)
        found = seeded.under(replace(SAMPLE, subscriptions=(bob,)))()
        assert lines(found.changes) == [("subscription", "bob@localhost: * on IBM", "added")]
        assert [one.address for one in seeded.subscriptions.all()] == ["ann@localhost", "bob@localhost"]


SYMBOLS = ("BTCUSDT", "GE", "IBM", "KO", "MSFT")


@st.composite
def setups(draw: st.DrawFn) -> Setup:
    """Whatever a file may ask for, as long as broker, currency and mode of an account stay."""
    venues = {"stocks": "XNYS", "coins": "DEMO", "others": "XLON"}
    watchlists = [
        Watchlist(
            name,
            venues[name],
            draw(st.sampled_from(("sample", "yahoo"))),
            tuple(draw(st.lists(st.sampled_from(list(Interval)), min_size=1, max_size=3, unique=True))),
            tuple(draw(st.lists(st.sampled_from(SYMBOLS), min_size=1, unique=True))),
        )
        for name in draw(st.lists(st.sampled_from(sorted(venues)), unique=True))
    ]
    accounts = [
        replace(PAPER, name=name, owner=draw(st.sampled_from(("ann", "bob"))), shorts=draw(st.booleans()))
        for name in draw(st.lists(st.sampled_from(("a", "b", "c")), min_size=1, unique=True))
    ]
    assignments = [
        Assignment(
            draw(st.sampled_from((FAST, SLOW))),
            Series(Instrument(symbol, watchlist.venue), interval),
            watchlist.name,
            draw(st.sampled_from(accounts)).name,
            draw(st.sampled_from(("ann", "bob"))),
            draw(st.sampled_from((Limits(), Limits(max_positions=1)))),
            draw(st.sampled_from((Exits(), Exits(stop=0.1)))),
        )
        for watchlist in watchlists
        for interval in watchlist.intervals
        for symbol in watchlist.symbols
        if draw(st.booleans())
    ]
    return Setup(tuple(watchlists), tuple(accounts), tuple(assignments), (ANN,))


class TestAnyConfiguration:
    @settings(deadline=None, max_examples=examples(20))
    @given(st.lists(setups(), min_size=1, max_size=3))
    def test_once_applied_nothing_differs(self, configurations: list[Setup]) -> None:
        place = Installation()
        for wanted in configurations:
            service = place.under(wanted)
            before = place.stored()
            announced = service.difference()
            assert place.stored() == before
            applied = service(START)
            assert applied == announced
            after = place.stored()
            assert not service.difference()
            assert not service(START)
            assert place.stored() == after
            assert place.rows.watchlists.all() == sorted(wanted.watchlists, key=lambda one: one.name)
            assert {*place.rows.assignments.all()} == {*wanted.assignments}
            assert {plan.name for plan in wanted.accounts} <= {*place.accounts.names()}
