"""A paper account on a table: sessions made of plain numbers, and what they do to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from algo_trading.domain.account import Account, Entry, Fill, Order, OrderStatus, Position
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.domain.limits import Limits
from algo_trading.domain.post import Levels
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.repositories.accounts import AccountStep
from algo_trading.risk.costs import Costs
from algo_trading.risk.sizing import SizingRules
from algo_trading.services.paper_session import Desk, Offer, Quote, SessionInputs, advance

START = date(2013, 1, 2)
IBM, MSFT = Instrument("IBM"), Instrument("MSFT")
FAST, SLOW = StrategyId("fast", "{}"), StrategyId("slow", "{}")
FREE = Costs(Decimal(0), Decimal(0))
USUAL = Costs(Decimal("0.001"), Decimal(5))
WHOLE, HALF = SizingRules(Decimal(1)), SizingRules(Decimal("0.5"))

LEVELS = Levels(medium=0.4, high=0.7)
NOON = datetime(2013, 1, 2, 17, tzinfo=UTC)  # in New York

Prices = tuple[str, str]  # open and close


def an_account(cash: str = "1000.00", *positions: Position, pending: Iterable[Order] = ()) -> Account:
    return Account("paper", "XNYS", START, None, Decimal(cash), positions, tuple(pending))


def held(quantity: str, instrument: Instrument = IBM, strategy: StrategyId = FAST) -> Position:
    return Position(strategy, instrument, Decimal(quantity))


def a_buy(budget: str, instrument: Instrument = IBM, strategy: StrategyId = FAST, order_id: str = "buy") -> Order:
    money = Decimal(budget)
    return Order(order_id, strategy, instrument, Side.BUY, money, START, OrderStatus.PENDING, "it rises")


def a_sell(instrument: Instrument = IBM, strategy: StrategyId = FAST, order_id: str = "sell") -> Order:
    return Order(order_id, strategy, instrument, Side.SELL, None, START, OrderStatus.PENDING, "it falls")


def a_signal(
    side: Side, instrument: Instrument = IBM, strategy: StrategyId = FAST, session: date = START, size: float = 1.0
) -> Signal:
    return Signal(strategy, instrument, Interval.DAY, session, side, 0.5, size, 10.0, f"it is {side}", "0f3c")


def a_split(value: float, instrument: Instrument = IBM, day: date = START) -> CorporateAction:
    return CorporateAction(instrument, day, ActionKind.SPLIT, value)


def a_dividend(value: float, instrument: Instrument = IBM, day: date = START) -> CorporateAction:
    return CorporateAction(instrument, day, ActionKind.DIVIDEND, value)


def quotes(prices: Mapping[Instrument, Prices], closed: Iterable[Instrument] = ()) -> dict[Instrument, Quote]:
    """Quotes of a session; those of `closed` have no open that day."""
    shut = set(closed)
    return {
        i: Quote(Decimal(opened), Decimal(close), i not in shut, Decimal(opened))
        for i, (opened, close) in prices.items()
    }


def an_offer(signal: Signal, at: datetime = NOON, price: float = 10.0, before: float | None = None) -> Offer:
    """A signal whose order can be placed at a price of the same moment."""
    return Offer(signal, at, price, at, before)


@dataclass
class PaperDesk:
    """Moves an account from session to session and keeps what happened."""

    account: Account
    costs: Costs = FREE
    sizing: SizingRules = WHOLE
    limits: Mapping[StrategyId, Limits] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def session(
        self,
        prices: Mapping[Instrument, Prices],
        *signals: Signal,
        actions: Iterable[CorporateAction] = (),
        closed: Iterable[Instrument] = (),
        on_posts: Iterable[Offer] = (),
    ) -> AccountStep:
        """The next calendar day, told in texts."""
        return self.step(quotes(prices, closed), signals, tuple(actions), tuple(on_posts))

    def step(
        self,
        prices: Mapping[Instrument, Quote],
        signals: Sequence[Signal],
        actions: Sequence[CorporateAction],
        on_posts: Sequence[Offer] = (),
    ) -> AccountStep:
        """The next calendar day."""
        day = self.account.cursor + timedelta(days=1) if self.account.cursor else START
        offers = [an_offer(signal, price=signal.close) for signal in signals]
        desk = Desk(self.costs, self.sizing, self.limits, LEVELS, "America/New_York")
        step = advance(self.account, SessionInputs(day, prices, actions, offers, on_posts), desk)
        self.account = step.account
        self.orders.update({order.client_order_id: order for order in step.orders})
        self.fills.extend(step.fills)
        self.entries.extend(step.entries)
        return step
