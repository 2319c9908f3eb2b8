"""What every repository of accounts does."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from threading import Event

import pytest

from algo_trading.domain.account import Account, Entry, EntryKind, Fill, Order, OrderStatus, Position
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.repositories.accounts import AccountRepository, AccountStep

START, JAN_3, JAN_4 = date(2013, 1, 2), date(2013, 1, 3), date(2013, 1, 4)
CASH = Decimal("100000.00")
INSTRUMENTS = tuple(Instrument(symbol) for symbol in ("B", "IBM", "MSFT", "_", "a"))
IBM, MSFT = INSTRUMENTS[1], INSTRUMENTS[2]
CROSS = StrategyId("sma_cross", '{"fast":7}')


def an_order(number: int, side: Side = Side.BUY, session: date = START, instrument: Instrument = IBM) -> Order:
    budget = Decimal("15000.01") if side is Side.BUY else None
    return Order(f"{number:032}", CROSS, instrument, side, budget, session, OrderStatus.PENDING, f"order {number}")


def a_fill(order: Order, session: date, quantity: str = "50", price: str = "101.050505") -> Fill:
    return Fill(order.client_order_id, session, Decimal(quantity), Decimal(price), Decimal("5.06"))


def an_entry(session: date, kind: EntryKind = EntryKind.FILL, cash: str = "-5057.59", quantity: str = "50") -> Entry:
    return Entry(session, kind, CROSS, IBM, Decimal(cash), Decimal(quantity))


def moved(account: Account, cursor: date, cash: str = "94942.41") -> Account:
    return replace(account, cursor=cursor, cash=Decimal(cash))


def store(accounts: AccountRepository, step: AccountStep) -> None:
    with accounts.locked(step.account.name) as locked:
        locked.store(step)


class AccountContract:
    """Subclasses give the fixture `accounts`, an empty repository that knows INSTRUMENTS (their signals came first)."""

    @pytest.fixture
    def paper(self, accounts: AccountRepository) -> Account:
        return accounts.open("paper", "XNYS", START, CASH)

    def test_at_first_there_is_nothing(self, accounts: AccountRepository) -> None:
        assert accounts.names() == []
        assert accounts.orders() == []
        assert accounts.order_counts() == {"pending": 0, "filled": 0, "refused": 0}
        with pytest.raises(KeyError):
            accounts.get("paper")
        with pytest.raises(KeyError), accounts.locked("paper"):
            pass

    def test_an_account_is_opened_once(self, accounts: AccountRepository) -> None:
        opened = accounts.open("paper", "XNYS", START, CASH)
        assert opened == Account("paper", "XNYS", START, None, CASH)
        assert accounts.open("paper", "XLON", JAN_3, Decimal(1)) == opened
        assert accounts.get("paper") == opened

    def test_names_come_sorted(self, accounts: AccountRepository) -> None:
        for name in ("b", "a-b", "a_b", "ab", "a1", "B"):
            accounts.open(name, "XNYS", START, CASH)
        assert accounts.names() == ["B", "a-b", "a1", "a_b", "ab", "b"]

    def test_a_step_comes_back(self, accounts: AccountRepository, paper: Account) -> None:
        buy, refused = an_order(1), replace(an_order(2), status=OrderStatus.REFUSED, reason="nothing to spend")
        first = AccountStep(replace(paper, cursor=START, pending=(buy,)), (buy, refused))
        store(accounts, first)
        assert accounts.get("paper") == first.account
        assert accounts.orders("paper") == [refused, buy]

        filled, fill, entry = replace(buy, status=OrderStatus.FILLED), a_fill(buy, JAN_3), an_entry(JAN_3)
        held = replace(moved(paper, JAN_3), positions=(Position(CROSS, IBM, Decimal(50)),))
        store(accounts, AccountStep(held, (filled,), (fill,), (entry,)))
        assert accounts.get("paper") == held
        assert accounts.orders("paper") == [refused, filled]
        assert accounts.fills("paper") == [fill]
        assert list(accounts.entries("paper")) == [entry]
        assert accounts.order_counts() == {"pending": 0, "filled": 1, "refused": 1}

    def test_the_shares_of_an_order_are_kept_and_change_with_a_split(
        self, accounts: AccountRepository, paper: Account
    ) -> None:
        order = replace(an_order(1), quantity=Decimal("40.12345678"))
        store(accounts, AccountStep(replace(paper, pending=(order, an_order(2))), (order, an_order(2))))
        assert accounts.get("paper").pending == (order, an_order(2))
        split = replace(order, quantity=Decimal("80.24691356"))
        filled = replace(split, status=OrderStatus.FILLED)
        store(accounts, AccountStep(replace(paper, pending=(split,)), (split,)))
        assert accounts.get("paper").pending[0] == split
        store(accounts, AccountStep(replace(paper, pending=()), (split, filled)))
        assert accounts.orders()[-1] == filled

    def test_an_order_keeps_everything_but_its_status_reason_and_shares(
        self, accounts: AccountRepository, paper: Account
    ) -> None:
        order = an_order(1)
        store(accounts, AccountStep(replace(paper, pending=(order,)), (order,)))
        refused = replace(order, status=OrderStatus.REFUSED, reason="50 shares cost too much")
        store(accounts, AccountStep(paper, (refused,)))
        assert accounts.orders() == [refused]
        assert accounts.get("paper").pending == ()

    def test_money_and_shares_keep_every_digit(self, accounts: AccountRepository, paper: Account) -> None:
        sell = an_order(1, Side.SELL)
        fill = a_fill(sell, JAN_3, "0.12345678", "99999999999.123456")
        entries = (an_entry(JAN_3, cash="0.01", quantity="-0.12345678"),
                   an_entry(JAN_3, EntryKind.SPLIT, "0", "1234567890.00000001"))  # fmt: skip
        shares = Position(CROSS, IBM, Decimal("1234567890.00000001"))
        account = replace(moved(paper, JAN_3, "123456789012345678.91"), positions=(shares,), pending=(sell,))
        store(accounts, AccountStep(account, (sell,), (fill,), entries))
        assert accounts.get("paper") == account
        assert accounts.fills("paper") == [fill]
        assert tuple(accounts.entries("paper")) == entries

    def test_a_position_that_is_closed_is_gone(self, accounts: AccountRepository, paper: Account) -> None:
        held = replace(paper, positions=(Position(CROSS, IBM, Decimal(1)), Position(CROSS, MSFT, Decimal(2))))
        store(accounts, AccountStep(held))
        store(accounts, AccountStep(replace(held, positions=held.positions[1:])))
        assert accounts.get("paper").positions == held.positions[1:]

    def test_positions_come_sorted(self, accounts: AccountRepository, paper: Account) -> None:
        strategies = [StrategyId("Z", "{}"), StrategyId("_", '{"A":1}'), StrategyId("_", '{"a":1}')]
        positions = tuple(Position(s, i, Decimal(1)) for s in [*strategies, StrategyId("a", "{}")] for i in INSTRUMENTS)
        store(accounts, AccountStep(replace(paper, positions=positions)))
        assert accounts.get("paper").positions == positions

    def test_orders_come_newest_first(self, accounts: AccountRepository, paper: Account) -> None:
        orders = [an_order(3), an_order(1), an_order(2, session=JAN_3), an_order(4, session=JAN_3)]
        for order in orders:
            store(accounts, AccountStep(paper, (order,)))
        accounts.open("other", "XNYS", START, CASH)
        other = an_order(5)
        store(accounts, AccountStep(accounts.get("other"), (other,)))
        assert accounts.orders("paper") == [orders[3], orders[2], orders[1], orders[0]]
        assert accounts.orders("paper", 3) == [orders[3], orders[2], orders[1]]
        assert accounts.orders() == [orders[3], orders[2], other, orders[1], orders[0]]
        assert accounts.orders("nobody") == []

    def test_waiting_orders_come_in_the_order_they_were_placed(
        self, accounts: AccountRepository, paper: Account
    ) -> None:
        orders = tuple(an_order(number, instrument=i) for number, i in zip((3, 1, 2), INSTRUMENTS, strict=False))
        store(accounts, AccountStep(replace(paper, pending=orders), orders))
        assert accounts.get("paper").pending == orders

    def test_fills_and_entries_come_oldest_first(self, accounts: AccountRepository, paper: Account) -> None:
        orders = [an_order(1), an_order(2, Side.SELL, instrument=MSFT), an_order(3, session=JAN_3)]
        early = [a_fill(orders[1], JAN_3), a_fill(orders[0], JAN_3)]  # sells are filled first
        dividend, trade = an_entry(JAN_3, EntryKind.DIVIDEND, "1.00", "0"), an_entry(JAN_3)
        store(accounts, AccountStep(paper, tuple(orders)))
        store(accounts, AccountStep(moved(paper, JAN_3), (), tuple(early), (dividend, trade)))
        late = a_fill(orders[2], JAN_4)
        store(accounts, AccountStep(moved(paper, JAN_4), (), (late,), (an_entry(JAN_4),)))
        assert accounts.fills("paper") == [early[1], early[0], late]  # within a session as their orders were placed
        assert list(accounts.entries("paper")) == [dividend, trade, an_entry(JAN_4)]
        assert accounts.fills("nobody") == []
        assert list(accounts.entries("nobody")) == []

    def test_accounts_do_not_see_each_other(self, accounts: AccountRepository, paper: Account) -> None:
        other = accounts.open("other", "XNYS", START, CASH)
        order = an_order(1)
        held = replace(paper, positions=(Position(CROSS, IBM, Decimal(1)),), pending=(order,))
        store(accounts, AccountStep(held, (order,), (a_fill(order, JAN_3),), (an_entry(JAN_3),)))
        assert accounts.get("other") == other
        assert accounts.fills("other") == []
        assert list(accounts.entries("other")) == []

    def test_several_steps_under_one_lock(self, accounts: AccountRepository, paper: Account) -> None:
        with accounts.locked("paper") as locked:
            assert locked.account == paper
            locked.store(AccountStep(moved(paper, START)))
            assert locked.account == moved(paper, START)
            locked.store(AccountStep(moved(paper, JAN_3)))
        assert accounts.get("paper") == moved(paper, JAN_3)

    def test_an_error_under_the_lock_undoes_the_step(self, accounts: AccountRepository, paper: Account) -> None:
        def store_and_fail() -> None:
            order = an_order(1)
            with accounts.locked("paper") as locked:
                locked.store(AccountStep(moved(paper, START), (order,), (a_fill(order, START),), (an_entry(START),)))
                raise RuntimeError

        with pytest.raises(RuntimeError):
            store_and_fail()
        assert accounts.get("paper") == paper
        assert accounts.orders() == []
        assert accounts.fills("paper") == []
        assert list(accounts.entries("paper")) == []
        store(accounts, AccountStep(moved(paper, START)))  # the lock is free again

    def test_a_second_holder_waits_and_sees_what_the_first_one_did(
        self, accounts: AccountRepository, paper: Account
    ) -> None:
        started = Event()

        def second() -> Account:
            started.set()
            with accounts.locked("paper") as locked:
                return locked.account

        with ThreadPoolExecutor(1) as pool:
            with accounts.locked("paper") as locked:
                waiting = pool.submit(second)
                assert started.wait(10)
                with pytest.raises(TimeoutError):
                    waiting.result(timeout=0.2)
                locked.store(AccountStep(moved(paper, START)))
            assert waiting.result(timeout=10) == moved(paper, START)

    def test_another_account_is_not_locked(self, accounts: AccountRepository, paper: Account) -> None:
        accounts.open("other", "XNYS", START, CASH)
        with accounts.locked(paper.name), accounts.locked("other") as other:
            assert other.account.name == "other"
