"""Balances: what is free, what is locked by open orders, and what the exchange itself has gained or lost."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from algo_trading.exchange.errors import insufficient

ZERO = Decimal(0)


@dataclass(slots=True)
class Balance:
    """Amounts of one asset."""

    free: Decimal = ZERO
    locked: Decimal = ZERO


@dataclass
class Account:
    """What a customer has, may do and pays. `maker` and `taker` are shares of a trade's value."""

    name: str
    number: int
    maker: Decimal = Decimal("0.001")
    taker: Decimal = Decimal("0.001")
    pays_in_bnb: bool = False  # with a discount of a quarter
    may_trade: bool = True
    may_withdraw: bool = False
    updated: int = 0
    balances: defaultdict[str, Balance] = field(default_factory=lambda: defaultdict(Balance))
    _changed: set[str] = field(default_factory=set, repr=False)

    def free(self, asset: str) -> Decimal:
        """What may be spent of an asset."""
        return self.balances[asset].free

    def credit(self, asset: str, amount: Decimal) -> None:
        """Add to what is free."""
        self._change(asset, amount, ZERO)

    def debit(self, asset: str, amount: Decimal) -> None:
        """Take from what is free."""
        self._change(asset, -amount, ZERO)

    def lock(self, asset: str, amount: Decimal) -> None:
        """Reserve a free amount for an order."""
        self._change(asset, -amount, amount)

    def release(self, asset: str, amount: Decimal) -> None:
        """Free what was reserved."""
        self._change(asset, amount, -amount)

    def spend_locked(self, asset: str, amount: Decimal) -> None:
        """Take from what is reserved."""
        self._change(asset, ZERO, -amount)

    def changed(self) -> Iterable[str]:
        """The assets that changed since the last call, in alphabetical order."""
        names = sorted(self._changed)
        self._changed.clear()
        return names

    def _change(self, asset: str, free: Decimal, locked: Decimal) -> None:
        balance = self.balances[asset]
        if balance.free + free < 0 or balance.locked + locked < 0:
            raise insufficient()
        if free or locked:
            balance.free += free
            balance.locked += locked
            self._changed.add(asset)


class Accounts:
    """Everyone's balances. What an account gains the exchange's own balance loses, so that sums never change."""

    def __init__(self) -> None:
        self.by_name: dict[str, Account] = {}
        self.house: defaultdict[str, Decimal] = defaultdict(Decimal)

    def open(self, name: str, balances: Mapping[str, Decimal]) -> Account:
        """A new account; what it begins with comes from the exchange."""
        account = Account(name, 100_000 + len(self.by_name))
        self.by_name[name] = account
        for asset, amount in balances.items():
            self.deposit(account, asset, amount)
        return account

    def deposit(self, account: Account, asset: str, amount: Decimal) -> None:
        """Give an amount, or take it away where it is negative."""
        account.credit(asset, amount)
        self.house[asset] -= amount

    def total(self, asset: str) -> Decimal:
        """The sum of all balances with the exchange's own: always 0."""
        held = (account.balances[asset] for account in self.by_name.values())
        return sum((balance.free + balance.locked for balance in held), self.house[asset])


__all__ = ["ZERO", "Account", "Accounts", "Balance"]
