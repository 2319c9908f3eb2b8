"""What every repository of accounts does."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from algo_trading.domain.account import NO_CAPS, Account, AccountClock, AccountState, Caps, Mode, Position
from algo_trading.domain.account_rules import AccountRules
from algo_trading.domain.approval import Approval
from algo_trading.domain.booking import book_deposit, book_execution
from algo_trading.domain.costs import Costs
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import Entry, EntryKind, Holding, differences, sums_of
from algo_trading.domain.limits import EntryTerms, TradeWindow
from algo_trading.domain.order import Execution, Order, OrderEvent, OrderStatus, OrderType
from algo_trading.domain.post import Level
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.domain.time import Interval
from algo_trading.repositories.accounts import AccountRepository, AccountStep, StaleAccountError, Submission

START = datetime(2013, 1, 2, tzinfo=UTC)
CLOSE, NEXT = START + timedelta(hours=21), START + timedelta(days=1, hours=14)
LATER = NEXT + timedelta(days=1)
CASH = Decimal("100000.00")
INSTRUMENTS = tuple(Instrument(symbol) for symbol in ("B", "IBM", "MSFT", "_", "a"))
IBM, MSFT = Series(INSTRUMENTS[1]), Series(INSTRUMENTS[2])
COIN = Series(Instrument("INJUSDT", "BINANCE"), Interval.HOUR_4)
CROSS = StrategyId("sma_cross", '{"fast":7}')


def an_account(name: str = "paper", **changes: object) -> Account:
    costs = Costs(Decimal("0.001"), Decimal(5))
    account = Account(name, "paper", "USD", Mode.PAPER, "owner", START, Decimal("0.15"), costs)
    return replace(account, **changes)  # type: ignore[arg-type]  # fields by name


def opening(account: Account, cash: Decimal = CASH) -> AccountStep:
    booking = book_deposit(AccountState(account), cash, "opening deposit", START, CLOSE)
    return AccountStep(AccountState(account), booking.state, CLOSE, entries=booking.entries)


def an_order(number: int, side: Side = Side.BUY, decided: datetime = CLOSE, series: Series = IBM) -> Order:
    budget = Decimal("15000.01") if side is Side.BUY else None
    order = Order(f"{number:032}", "paper", CROSS, series, side, START, decided, f"order {number}")
    return replace(order, budget=budget, signal=f"s{number}")


def an_execution(order: Order, at: datetime = NEXT, quantity: str = "50", number: int = 1) -> Execution:
    price, shares = Decimal("101.050505"), Decimal(quantity)
    value = (shares * price).quantize(Decimal("0.01"))
    return Execution(
        f"{order.client_order_id}:{number}", order.client_order_id, at, shares, price, value, Decimal("5.06"), "USD"
    )  # fmt: skip


def storing(state: AccountState, *orders: Order, at: datetime = CLOSE, **changes: object) -> AccountStep:
    """The step that stores orders."""
    after = state
    for order in orders:
        after = after.ordering(order)
    return AccountStep(state, after, at, orders, **changes)  # type: ignore[arg-type]  # fields by name


def executing(state: AccountState, *executions: Execution, status: OrderStatus = OrderStatus.FILLED) -> AccountStep:
    """The step that books executions of waiting orders."""
    after = state
    entries: list[Entry] = []
    orders: dict[str, Order] = {}
    for execution in executions:
        (order,) = (o for o in after.orders if o.client_order_id == execution.client_order_id)
        booking = book_execution(after, order, execution, "", NEXT)
        moved = replace(booking.orders[0], status=status)
        after = booking.state.ordering(moved)
        orders[moved.client_order_id] = moved
        entries += booking.entries
    return AccountStep(state, after, NEXT, tuple(orders.values()), executions, tuple(entries))


class AccountContract:
    """Subclasses give the fixture `accounts`, an empty repository."""

    @pytest.fixture
    def paper(self, accounts: AccountRepository) -> AccountState:
        return accounts.open(opening(an_account()))

    def test_at_first_there_is_nothing(self, accounts: AccountRepository) -> None:
        assert accounts.names() == []
        assert accounts.orders() == []
        assert accounts.order_counts() == {str(status): 0 for status in OrderStatus}
        assert accounts.order("1") is None
        assert accounts.events("1") == []
        assert accounts.submission("1") is None
        assert accounts.known_orders(["1"]) == accounts.known_orders([]) == set()
        assert accounts.executions_of(["1"]) == accounts.executions_of([]) == {}
        with pytest.raises(KeyError):
            accounts.state("paper")
        with pytest.raises(KeyError):
            accounts.store(opening(an_account()))

    def test_an_account_is_opened_once(self, accounts: AccountRepository) -> None:
        account = an_account(
            "live", broker="binance", currency="USDT", mode=Mode.LIVE, owner="ann", shorts=True, sizer="risk:0.01",
            rules=AccountRules(
                Decimal(1000), Level.HIGH, 2.5, Decimal("0.05"), max_exposure=Decimal("0.9"), max_net=Decimal(1)
            ),
            costs=Costs.of(0.00075, slippage_bps=2.5, commission_fixed=0.1, interest=0.03, participation=0.1),
        )  # fmt: skip
        opened = accounts.open(opening(account))
        assert opened == AccountState(account, {"USDT": CASH})
        assert accounts.open(opening(replace(account, broker="paper", owner="bob"), Decimal(1))) == opened
        assert accounts.state("live") == opened
        (deposit,) = accounts.entries("live")
        assert deposit == Entry(EntryKind.DEPOSIT, "opening deposit", CASH, START, CLOSE, "USDT")

    def test_names_come_sorted(self, accounts: AccountRepository) -> None:
        for name in ("b", "a-b", "a_b", "ab", "a1", "B"):
            accounts.open(opening(an_account(name)))
        assert accounts.names() == ["B", "a-b", "a1", "a_b", "ab", "b"]

    def test_terms_can_be_changed(self, accounts: AccountRepository, paper: AccountState) -> None:
        accounts.open(opening(an_account("other")))
        costs = Costs.of(0.0005, slippage_bps=7.5, commission_fixed=1.25, interest=0.01, borrow=0.02)
        changed = replace(
            paper.account, owner="ann", position_fraction=Decimal("0.2"), costs=costs, shorts=not paper.account.shorts
        )
        accounts.change(changed)
        assert accounts.state("paper") == replace(paper, account=changed)
        assert accounts.state("other").account == an_account("other")
        with pytest.raises(KeyError):
            accounts.change(an_account("nobody"))

    def test_the_mode_and_caps_are_changed_by_themselves(
        self, accounts: AccountRepository, paper: AccountState
    ) -> None:
        caps = Caps(Decimal(100), None, Decimal("0.00000001"))
        accounts.set_mode("paper", Mode.LIVE, caps)
        account = replace(paper.account, mode=Mode.LIVE, caps=caps)
        assert accounts.state("paper").account == account
        accounts.change(replace(paper.account, owner="somebody"))
        assert accounts.state("paper").account == replace(account, owner="somebody")
        accounts.set_mode("paper", Mode.PAPER, NO_CAPS)
        assert accounts.state("paper").account == replace(paper.account, owner="somebody")
        with pytest.raises(KeyError):
            accounts.set_mode("nobody", Mode.PAPER, NO_CAPS)

    def test_entries_that_were_sent_have_budgets(self, accounts: AccountRepository, paper: AccountState) -> None:
        new, rejected, sent, old, closing = (replace(an_order(n), budget=Decimal(10 * n)) for n in range(1, 6))
        old = replace(old, decided_at=CLOSE - timedelta(days=1), status=OrderStatus.OPEN)
        closing = replace(closing, closes=True, status=OrderStatus.OPEN)
        rejected, sent = rejected.moved(OrderStatus.REJECTED), sent.moved(OrderStatus.SUBMITTED)
        accounts.store(storing(paper, new, rejected, sent, old, closing))
        assert accounts.entries_sent("paper", CLOSE) == {sent.client_order_id: Decimal(30)}

    def test_a_step_comes_back(self, accounts: AccountRepository, paper: AccountState) -> None:
        buy = an_order(1)
        rejected = replace(an_order(2), status=OrderStatus.REJECTED, reason="nothing to spend")
        accounts.store(storing(paper, buy, rejected))
        state = accounts.state("paper")
        assert state == replace(paper, orders=(buy,))
        assert accounts.orders("paper") == [rejected, buy]
        assert accounts.order(buy.client_order_id) == buy
        assert accounts.known_orders([buy.client_order_id, "other"]) == {buy.client_order_id}

        waiting = buy.moved(OrderStatus.SUBMITTED).moved(OrderStatus.OPEN)
        accounts.store(storing(state, waiting))
        execution = an_execution(buy)
        step = executing(accounts.state("paper"), execution)
        accounts.store(step)
        held = accounts.state("paper")
        assert held == step.after
        (position,) = held.positions
        assert (position.holding, position.quantity) == (Holding(CROSS, IBM), Decimal(50))
        assert held.money == CASH - execution.value - execution.commission
        filled = replace(waiting, status=OrderStatus.FILLED, filled=Decimal(50))
        assert accounts.orders("paper") == [rejected, filled]
        assert accounts.executions("paper") == [execution]
        assert accounts.executions_of([buy.client_order_id, rejected.client_order_id]) == {
            buy.client_order_id: [execution]
        }
        assert accounts.entries("paper")[1:] == list(step.entries)
        assert differences(sums_of(accounts.entries("paper")), held.sums) == []
        counts = accounts.order_counts()
        assert (counts["rejected"], counts["filled"], counts["open"]) == (1, 1, 0)

    def test_every_change_of_an_order_leaves_an_event(self, accounts: AccountRepository, paper: AccountState) -> None:
        order = an_order(1)
        accounts.store(storing(paper, order))
        submitted = order.moved(OrderStatus.SUBMITTED)
        accounts.store(storing(accounts.state("paper"), submitted, at=NEXT))
        accounts.store(storing(accounts.state("paper"), submitted.moved(OrderStatus.REJECTED, "no cash"), at=LATER))
        assert accounts.events(order.client_order_id) == [
            OrderEvent(order.client_order_id, CLOSE, OrderStatus.NEW, None, Decimal(0), "order 1"),
            OrderEvent(order.client_order_id, NEXT, OrderStatus.SUBMITTED, None, Decimal(0), "order 1"),
            OrderEvent(order.client_order_id, LATER, OrderStatus.REJECTED, None, Decimal(0), "no cash"),
        ]
        assert accounts.events(an_order(2).client_order_id) == []

    def test_what_is_to_be_sent_has_a_submission(self, accounts: AccountRepository, paper: AccountState) -> None:
        order, rejected = an_order(1), replace(an_order(2), status=OrderStatus.REJECTED)
        accounts.store(storing(paper, order, rejected))
        assert accounts.submission(order.client_order_id) == Submission(order.client_order_id)
        assert accounts.submission(rejected.client_order_id) is None
        tried = Submission(order.client_order_id, 2, "no answer within 5 s")
        accounts.store(storing(accounts.state("paper"), submissions=(tried,)))
        assert accounts.submission(order.client_order_id) == tried
        accounts.store(storing(accounts.state("paper"), order))  # as for a split
        assert accounts.submission(order.client_order_id) == tried

    def test_everything_of_an_order_is_kept(self, accounts: AccountRepository, paper: AccountState) -> None:
        order = Order(
            client_order_id="full", account="paper", strategy=CROSS, series=COIN, side=Side.SELL, opened_at=START,
            decided_at=NEXT, reason="because", type=OrderType.STOP_LIMIT, quantity=Decimal("0.12345678"),
            budget=Decimal("10.00"), limit_price=Decimal("0.000000012345"), stop_price=Decimal("0.00000002"),
            closes=True, signal="key", valid_until=LATER, exits=Exits(0.05, None, 0.1), triggered=True,
            terms=EntryTerms(
                Decimal("100.25"), CLOSE, Decimal("99.5"), TradeWindow.parse("12:00-06:00 Europe/Berlin"),
                timedelta(hours=4), 0.02,
            ),
        )  # fmt: skip
        accounts.store(storing(paper, order))
        assert accounts.order("full") == order
        assert accounts.state("paper").orders == (order,)

    def test_what_a_split_changes_of_an_order_is_kept(self, accounts: AccountRepository, paper: AccountState) -> None:
        order, other = replace(an_order(1), quantity=Decimal("40.12345678"), stop_price=Decimal(90)), an_order(2)
        accounts.store(storing(paper, order, other))
        split = replace(order, quantity=Decimal("80.24691356"), stop_price=Decimal(45))
        accounts.store(storing(accounts.state("paper"), split))
        assert accounts.state("paper").orders == (split, other)

    def test_money_and_quantities_keep_every_digit(self, accounts: AccountRepository, paper: AccountState) -> None:
        order = replace(an_order(1, series=COIN), status=OrderStatus.OPEN)
        accounts.store(storing(paper, order))
        execution = Execution(
            "t1", order.client_order_id, NEXT, Decimal("999999999999.00000001"), Decimal("0.00000001"),
            Decimal("9999.9999999900000001"), Decimal("0.00000001"), "BNB",
        )  # fmt: skip
        step = executing(accounts.state("paper"), execution)
        rich = step.after.paid("USD", Decimal("12345678901234567890.12"))
        accounts.store(replace(step, after=rich))
        state = accounts.state("paper")
        assert state == rich
        assert state.cash["BNB"] == Decimal("-0.00000001")
        assert accounts.executions("paper") == [execution]
        assert accounts.entries("paper")[1:] == list(step.entries)
        assert sums_of(accounts.entries("paper")).held == {Holding(CROSS, COIN): Decimal("999999999999.00000001")}

    def test_an_execution_is_booked_once(self, accounts: AccountRepository, paper: AccountState) -> None:
        order = replace(an_order(1), status=OrderStatus.OPEN)
        accounts.store(storing(paper, order))
        step = executing(accounts.state("paper"), an_execution(order), status=OrderStatus.PARTLY_FILLED)
        accounts.store(step)
        before = accounts.state("paper")
        step = replace(step, before=before)
        with pytest.raises(ValueError, match="booked before"):
            accounts.store(step)
        only_entries = replace(step, executions=())
        with pytest.raises(ValueError, match="booked before"):
            accounts.store(only_entries)
        assert accounts.state("paper") == before
        ids = [execution.id for execution in step.executions]
        assert accounts.known_executions("paper", [*ids, "new"]) == set(ids)
        assert accounts.known_executions("paper", []) == set()

    def test_a_deposit_is_booked_once(self, accounts: AccountRepository, paper: AccountState) -> None:
        assert paper.money == CASH
        with pytest.raises(ValueError, match="booked before"):
            accounts.store(replace(opening(an_account()), before=paper))
        assert len(accounts.entries("paper")) == 1

    def test_a_step_is_stored_only_onto_the_state_that_it_begins_with(
        self, accounts: AccountRepository, paper: AccountState
    ) -> None:
        first = accounts.store(storing(paper, an_order(1)))
        assert first == accounts.state("paper")
        assert first.version == accounts.state("paper").version
        with pytest.raises(StaleAccountError, match="another process has changed the account paper"):
            accounts.store(storing(paper, an_order(2)))
        assert [order.reason for order in accounts.orders()] == ["order 1"]
        second = accounts.store(storing(first, an_order(2)))
        assert [order.reason for order in second.orders] == ["order 1", "order 2"]

    def test_an_account_begins_anew(self, accounts: AccountRepository, paper: AccountState) -> None:
        other = accounts.open(opening(an_account("other")))
        held = replace(an_order(2), status=OrderStatus.HELD)
        asked = Approval(held.client_order_id, "paper", "large", CLOSE, NEXT)
        order = replace(an_order(1), status=OrderStatus.OPEN)
        state = accounts.store(storing(paper, order, held, approvals=(asked,)))
        state = accounts.store(executing(state, an_execution(order)))
        before = AccountState(replace(state.account, start=LATER), version=state.version)
        with pytest.raises(StaleAccountError):
            accounts.reset(AccountStep(paper, paper, LATER))
        booking = book_deposit(before, CASH, "opening deposit", LATER, LATER)
        after = accounts.reset(AccountStep(before, booking.state, LATER, entries=booking.entries))
        assert accounts.state("paper") == after == AccountState(before.account, {"USD": CASH})
        assert accounts.orders() == []
        assert accounts.executions("paper") == []
        assert len(accounts.entries("paper")) == len(accounts.entries("other")) == 1
        assert accounts.state("other") == other

    def test_all_of_a_step_is_stored_or_nothing(self, accounts: AccountRepository, paper: AccountState) -> None:
        order = replace(an_order(1), status=OrderStatus.OPEN)
        step = executing(storing(paper, order).after, an_execution(order))
        twice = replace(step, before=paper, entries=(*step.entries, step.entries[0]))
        with pytest.raises(ValueError, match="booked before"):
            accounts.store(twice)
        assert accounts.state("paper") == paper
        assert accounts.orders() == []
        assert accounts.executions("paper") == []

    def test_a_position_keeps_its_exits_and_is_gone_once_it_is_closed(
        self, accounts: AccountRepository, paper: AccountState
    ) -> None:
        kept = Position(CROSS, IBM, Decimal(-5), Decimal("10.5"), Decimal("9.25"), "o1", Exits(target=0.2))
        other = Position(CROSS, MSFT, Decimal("0.00000001"), Decimal(1), Decimal(1), "o2", Exits(0.1, 0.2, 0.3))
        accounts.store(AccountStep(paper, paper.holding(kept).holding(other), CLOSE))
        state = accounts.state("paper")
        assert state.positions == (kept, other)
        better = replace(other, best_price=Decimal("1.5"))
        after = state.holding(replace(kept, quantity=Decimal(0))).holding(better)
        accounts.store(AccountStep(state, after, CLOSE))
        assert accounts.state("paper").positions == (better,)

    def test_positions_come_sorted(self, accounts: AccountRepository, paper: AccountState) -> None:
        strategies = [StrategyId("Z", "{}"), StrategyId("_", '{"A":1}'), StrategyId("_", '{"a":1}')]
        wanted = [
            Position(s, Series(i, interval), Decimal(1), Decimal(1), Decimal(1), "o")
            for s in [*strategies, StrategyId("a", "{}")]
            for i in INSTRUMENTS
            for interval in (Interval.HOUR_1, Interval.DAY)
        ]
        after = paper
        for position in reversed(wanted):
            after = after.holding(position)
        accounts.store(AccountStep(paper, after, CLOSE))
        assert accounts.state("paper").positions == tuple(wanted)

    def test_clocks_go_on_by_themselves(self, accounts: AccountRepository, paper: AccountState) -> None:
        daily, hourly = AccountClock("XNYS", Interval.DAY, START), AccountClock("BINANCE", Interval.HOUR_1, NEXT)
        accounts.store(AccountStep(paper, paper.timed(daily).timed(hourly), CLOSE))
        state = accounts.state("paper")
        assert state.clocks == (hourly, daily)
        moved = replace(daily, cursor=START, begun=LATER)
        accounts.store(AccountStep(state, state.timed(moved), CLOSE))
        assert accounts.state("paper").clocks == (hourly, moved)
        assert accounts.state("paper").clock("XNYS", Interval.DAY) == moved

    def test_orders_come_newest_first(self, accounts: AccountRepository, paper: AccountState) -> None:
        orders = [an_order(3), an_order(1), an_order(2, decided=NEXT), an_order(4, decided=NEXT)]
        for order in orders:
            accounts.store(storing(accounts.state("paper"), order))
        accounts.open(opening(an_account("other")))
        other = replace(an_order(5), account="other")
        accounts.store(storing(accounts.state("other"), other))
        assert paper.orders == ()
        assert accounts.orders("paper") == [orders[3], orders[2], orders[1], orders[0]]
        assert accounts.orders("paper", 3) == [orders[3], orders[2], orders[1]]
        assert accounts.orders() == [orders[3], orders[2], other, orders[1], orders[0]]
        assert accounts.orders("nobody") == []

    def test_waiting_orders_come_in_the_order_they_were_placed(
        self, accounts: AccountRepository, paper: AccountState
    ) -> None:
        orders = tuple(an_order(number, series=Series(i)) for number, i in zip((3, 1, 2), INSTRUMENTS, strict=False))
        accounts.store(storing(paper, *orders))
        changed = orders[0].moved(OrderStatus.SUBMITTED)
        accounts.store(storing(accounts.state("paper"), changed))
        assert accounts.state("paper").orders == (changed, *orders[1:])

    def test_executions_come_oldest_first_and_entries_as_they_were_written(
        self, accounts: AccountRepository, paper: AccountState
    ) -> None:
        orders = [replace(one, status=OrderStatus.OPEN) for one in (an_order(1), an_order(2, series=MSFT))]
        accounts.store(storing(paper, *orders))
        late, early = an_execution(orders[0], LATER), an_execution(orders[1], NEXT)
        for execution in (late, early):
            accounts.store(executing(accounts.state("paper"), execution))
        assert accounts.executions("paper") == [early, late]
        assert _causes(accounts.entries("paper")) == ["opening deposit", late.id, early.id]
        assert accounts.executions("nobody") == []
        assert accounts.entries("nobody") == []

    def test_accounts_do_not_see_each_other(self, accounts: AccountRepository, paper: AccountState) -> None:
        other = accounts.open(opening(an_account("other")))
        order = replace(an_order(1), status=OrderStatus.OPEN)
        accounts.store(storing(paper, order))
        accounts.store(executing(accounts.state("paper"), an_execution(order)))
        assert accounts.state("other") == other
        assert accounts.executions("other") == []
        assert accounts.known_executions("other", [an_execution(order).id]) == set()
        assert _causes(accounts.entries("other")) == ["opening deposit"]


def _causes(entries: Iterable[Entry]) -> list[str]:
    return list(dict.fromkeys(entry.cause for entry in entries))
