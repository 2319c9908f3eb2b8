"""An account's book against its state, and both against the broker."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from algo_trading.domain.account import AccountState
from algo_trading.domain.ledger import differences, sums_of
from algo_trading.gateways.brokers import Broker, Brokers
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.locks import ExclusiveWork


@dataclass(frozen=True)
class ReconcileReport:
    """The differences that were found, a sentence each; without any, account, book and broker agree."""

    account: str
    book: tuple[str, ...] = ()
    broker: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether there is no difference."""
        return not (self.book or self.broker or self.orders)


@dataclass(frozen=True)
class Reconcile:
    """Compare, and change nothing."""

    accounts: AccountRepository
    brokers: Brokers
    locks: ExclusiveWork

    def __call__(self, only: str | None = None) -> list[ReconcileReport]:
        """Compare every account, or only one, while nobody else works on it."""
        reports = []
        for name in self.accounts.names() if only is None else [only]:
            with self.locks.exclusively(f"account {name}"):
                reports.append(self._account(name))
        return reports

    def _account(self, name: str) -> ReconcileReport:
        state = self.accounts.state(name)
        broker = self.brokers(state.account)
        return ReconcileReport(
            name,
            book=tuple(differences(sums_of(self.accounts.entries(name)), state.sums)),
            broker=tuple(_balances(state, broker)),
            orders=tuple(_orders(state, broker)),
        )


def _balances(state: AccountState, broker: Broker) -> list[str]:
    """Assets of which the broker holds another amount than cash and positions come to together."""
    ours = _by_asset(state, broker)
    theirs = {asset: balance.total for asset, balance in broker.balances(state).items()}
    sentences = []
    for asset in sorted({*ours, *theirs}):
        booked, held = ours.get(asset, Decimal(0)), theirs.get(asset, Decimal(0))
        if booked != held:
            sentences.append(f"{asset}: the account has {booked.normalize():f}, the broker {held.normalize():f}")
    return sentences


def _by_asset(state: AccountState, broker: Broker) -> Mapping[str, Decimal]:
    amounts = dict(state.cash)
    rules = broker.rules(sorted({position.instrument for position in state.positions}))
    for position in state.positions:
        known = rules.get(position.instrument)
        asset = known.base if known is not None else position.instrument.symbol
        amounts[asset] = amounts.get(asset, Decimal(0)) + position.quantity
    return amounts


def _orders(state: AccountState, broker: Broker) -> list[str]:
    """Orders that are open here and stand otherwise at the broker."""
    sentences = []
    for order in state.orders:
        if not order.status.at_broker:
            continue
        report = broker.order(order)
        if report is None:
            sentences.append(f"order {order.client_order_id} is {order.status} here, and the broker does not know it")
        elif report.status is not order.status:
            sentences.append(f"order {order.client_order_id} is {order.status} here and {report.status} at the broker")
    return sentences
