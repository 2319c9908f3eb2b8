"""Brokers: where orders go, and where executions come from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from algo_trading.domain.account import Account, AccountState
from algo_trading.domain.instrument import Instrument, TradingRules
from algo_trading.domain.order import Execution, Order, OrderStatus
from algo_trading.domain.time import Period
from algo_trading.errors import AlgoTradingError
from algo_trading.plugins import Context
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository
from algo_trading.repositories.trading_rules import TradingRulesRepository


class DoubtfulError(AlgoTradingError):
    """Nobody knows whether the broker has the order: a time-out, or an error after it was sent."""


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What a broker says about an order; `reason` is why it was rejected or ended, empty otherwise.

    `triggered` tells of a stop-limit, or of a stop that was not filled whole, that it has been reached, `dust` of a
    refusal to sell what is held that the venue asks for more.
    """

    client_order_id: str
    status: OrderStatus
    reason: str = ""
    triggered: bool = False
    dust: bool = False


@dataclass(frozen=True, slots=True)
class BrokerReport:
    """Executions in the order in which they happened, and the orders that stand differently by now."""

    executions: tuple[Execution, ...] = ()
    orders: tuple[OrderReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Balance:
    """What a broker holds of an asset for an account; `locked` is bound in open orders."""

    free: Decimal
    locked: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.free + self.locked


@dataclass(frozen=True, slots=True)
class Query:
    """What executions are asked for: those of the account's open orders, from `since` on.

    A simulated broker executes within `period` of `venue`, and nothing without one, and not again what is `booked` of
    partly filled orders (ids of executions); any other reports what happened since, whatever the period.
    """

    state: AccountState
    since: datetime
    venue: str = ""
    period: Period | None = None
    booked: frozenset[str] = frozenset()


class Broker(Protocol):
    """Trades for one account. Entry point `algo_trading.brokers`.

    Every method may raise ServiceUnavailableError: the broker did not get what was sent, or has not answered a
    question.
    """

    @property
    def simulated(self) -> bool:
        """Whether it executes orders on stored bars, period by period, instead of on a market."""
        ...

    @property
    def real_money(self) -> bool:
        """Whether what it buys is paid with real money."""
        ...

    @property
    def holds_exits(self) -> bool:
        """Whether it takes OCO orders, so that a position keeps its stop and target whatever becomes of us."""
        ...

    def price(self, instrument: Instrument) -> Decimal | None:
        """The price of the newest trade; None where it has no live prices."""
        ...

    def preview(self, order: Order) -> str:
        """The request that `submit` would send, without anything secret, or why it would send none."""
        ...

    def submit(self, order: Order) -> OrderReport:
        """Send an order whose `quantity` or `budget` says how much; a refusal is a report with its reason.

        Sending an order that the broker has already is no second order. What is executed at once is not reported here,
        but when executions are asked for.

        Raises:
            DoubtfulError: nobody knows whether it was accepted; ask for it before it is sent again.
        """
        ...

    def cancel(self, order: Order) -> OrderReport:
        """Take an order back, and say how it stands then: it may have been filled meanwhile.

        Raises:
            DoubtfulError: as for `submit`.
        """
        ...

    def take_over(self) -> None:
        """Expect orders of a process that died: until now it may have sent what arrives only later."""
        ...

    def order(self, order: Order) -> OrderReport | None:
        """How an order stands; None where the broker never got it, and will not get it any more."""
        ...

    def executions(self, query: Query) -> BrokerReport:
        """What has happened to open orders. Asking twice reports the same executions under the same ids.

        That an order has ended is reported together with the last of its executions or later, never before.
        """
        ...

    def balances(self, state: AccountState) -> Mapping[str, Balance]:
        """What the broker holds, by asset; assets that it holds nothing of may be missing."""
        ...

    def rules(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, TradingRules]:
        """The trading rules of those of the instruments that it trades."""
        ...


@dataclass(frozen=True, slots=True)
class BrokerContext(Context):
    """What a broker learns beside its options: its account, the bars a simulated one executes on, and stored rules."""

    account: Account
    bars: BarRepository
    actions: CorporateActionRepository
    trading_rules: TradingRulesRepository


Brokers = Callable[[Account], Broker]  # the broker of an account
