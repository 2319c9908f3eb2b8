"""What a bar does to the orders that waited for it, to the cent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

from algo_trading.domain.account import AccountState, Position
from algo_trading.domain.booking import book_execution
from algo_trading.domain.costs import Costs, Precision, precision_of
from algo_trading.domain.instrument import Series
from algo_trading.domain.ledger import Holding
from algo_trading.domain.order import Execution, Order, OrderStatus, OrderType
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Period
from algo_trading.gateways.brokers import BrokerReport, OrderReport
from algo_trading.risk.equity import free_money
from algo_trading.risk.matching import Match, match


@dataclass(frozen=True, slots=True)
class Bar:
    """Prices of a bar as traded, as money, and its volume."""

    open: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal


@dataclass(frozen=True)
class Market:
    """A period with the bars of what is traded in it, and the last closes before of what is held short."""

    period: Period
    bars: Mapping[Series, Bar]
    marks: Mapping[Series, Decimal]


@dataclass(frozen=True, slots=True)
class _Lot:
    """How much is traded, at which price after slippage, what that is worth, and the commission on it."""

    quantity: Decimal
    price: Decimal
    value: Decimal
    commission: Decimal

    @property
    def cost(self) -> Decimal:
        return self.value + self.commission


def execute(state: AccountState, orders: Sequence[Order], market: Market) -> BrokerReport:
    """Execute the orders that can be, one after the other, each with the cash that the ones before have left.

    Those that close a position come first: what they bring in can pay for the others. Each execution has an id made
    from the order's own and the period's key. Where the account's costs limit a fill to a part of the bar's volume, an
    entry that would take more ends with that part, and what closes a position goes on at the next opens.
    """
    executions, reports = [], []
    # What is opened within the bar counts at what it was sold for.
    marks = {one.holding: market.marks[one.series] for one in state.positions if one.series in market.marks}
    for order in sorted(orders, key=lambda order: not order.closes):
        bar = market.bars[order.series]
        found = match(order, bar.open, bar.high, bar.low)
        if found.price is None:
            if found.triggered and not order.triggered:
                reports.append(OrderReport(order.client_order_id, order.status, triggered=True))
            continue
        outcome = _lot(state, order, found, market, marks)
        if isinstance(outcome, str):
            reports.append(OrderReport(order.client_order_id, OrderStatus.REJECTED, outcome))
            continue
        if not outcome.quantity:  # the volume is too small for anything
            reports.append(OrderReport(order.client_order_id, order.status, triggered=True))
            continue
        execution = _execution(state, order, outcome, market.period, at_open=found.price == bar.open)
        state = book_execution(state, order, execution, "", execution.at).state
        if not order.closes:
            marks.pop(Holding(order.strategy, order.series), None)
        executions.append(execution)
        left = order.closes and state.position(Holding(order.strategy, order.series)) is not None
        status = OrderStatus.PARTLY_FILLED if left else OrderStatus.FILLED
        reports.append(OrderReport(order.client_order_id, status, triggered=left))
    return BrokerReport(tuple(executions), tuple(reports))


def execution_id(order: Order, period: Period) -> str:
    """The id of what is executed of an order in a period."""
    return f"{order.client_order_id}:{period.key}"


def _execution(state: AccountState, order: Order, lot: _Lot, period: Period, *, at_open: bool) -> Execution:
    return Execution(
        id=execution_id(order, period),
        client_order_id=order.client_order_id,
        at=period.starts_at if at_open else period.closed_at,  # when within the bar, nobody knows
        quantity=lot.quantity,
        price=lot.price,
        value=lot.value,
        commission=lot.commission,
        commission_asset=state.account.currency,
    )


def _lot(
    state: AccountState, order: Order, found: Match, market: Market, marks: Mapping[Holding, Decimal]
) -> _Lot | str:
    """What is traded for an order, or why nothing is."""
    assert found.price is not None
    costs, precision = state.account.costs, precision_of(order.series.venue)
    most = None
    if costs.participation is not None:
        volume = market.bars[order.series].volume
        most = (costs.participation * volume).quantize(precision.quantity, ROUND_DOWN)
    price = costs.fill_price(order.side, found.price, precision) if found.slips else found.price
    position = state.position(Holding(order.strategy, order.series))
    if order.closes:
        return _closing(state, order, position, price, most)
    if position is not None and (position.quantity > 0) != (order.side is Side.BUY):
        return "what is to be closed first could not be closed within the bar"
    return _opening(state, order, price, free_money(state, marks), most)


def _closing(
    state: AccountState, order: Order, position: Position | None, price: Decimal, most: Decimal | None
) -> _Lot | str:
    if position is None:
        left = "a split has left nothing" if order.type is OrderType.MARKET else "nothing is left"
        return f"{left} to {order.side}"
    precision, quantity = precision_of(order.series.venue), abs(position.quantity)
    quantity = quantity if most is None else min(quantity, most)
    # What is below a cent is not ours, whichever way it goes.
    rounding = ROUND_DOWN if order.side is Side.SELL else ROUND_HALF_EVEN
    value = (quantity * price).quantize(precision.money, rounding)
    return _Lot(quantity, price, value, state.account.costs.commission_on(value, precision))


def _opening(state: AccountState, order: Order, price: Decimal, free: Decimal, most: Decimal | None) -> _Lot | str:
    costs, quantity, precision = state.account.costs, order.quantity, precision_of(order.series.venue)
    if quantity is not None and quantity < precision.quantity:
        return f"a split has left {quantity.normalize():f} of a share to {order.side}"
    if most is not None:
        if most < precision.quantity:
            return f"{float(costs.participation or 0):.2%} of the bar's volume are less than one can buy"
        quantity = most if quantity is None else min(quantity, most)
    budget = free if order.budget is None else order.budget
    lot = _affordable(budget, price, costs, quantity, precision)
    if lot.cost > budget:
        lot = _affordable(budget - 2 * precision.money, price, costs, quantity, precision)  # what rounding can add
    if lot.quantity <= 0:
        what = "one share" if precision.whole else "any"
        return f"the budget of {_money(budget, precision)} does not buy {what} at {_money(price, precision)}"
    if lot.cost > free:
        count = f"{lot.quantity.normalize():f}"
        what = "1 share costs" if count == "1" else f"{count} shares cost"
        cost, cash = _money(lot.cost, precision), _money(free, precision)
        return f"{what} {cost} with commission, and the account has {cash}"
    return lot


def _affordable(money: Decimal, price: Decimal, costs: Costs, most: Decimal | None, precision: Precision) -> _Lot:
    """What `money` buys, up to `most`; value and commission are rounded to the step of money."""
    each = price * (1 + costs.commission)
    quantity = ((money - costs.commission_fixed) / each).quantize(precision.quantity, ROUND_DOWN)
    if most is not None:
        quantity = min(quantity, most.quantize(precision.quantity, ROUND_DOWN))
    value = (quantity * price).quantize(precision.money, ROUND_HALF_EVEN)
    return _Lot(quantity, price, value, costs.commission_on(value, precision))


def _money(amount: Decimal, precision: Precision) -> str:
    """With cents, or where quantities are fractions with all digits."""
    return f"{amount:.2f}" if precision.whole else f"{amount.normalize():f}"
