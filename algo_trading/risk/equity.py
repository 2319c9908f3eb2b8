"""What an account is worth."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from algo_trading.domain.account import AccountState
from algo_trading.domain.instrument import Series
from algo_trading.domain.ledger import Holding


def equity_of(state: AccountState, prices: Mapping[Series, Decimal], step: Decimal) -> Decimal:
    """Cash in the account's currency and positions at these prices, to a step of money.

    A position without a price counts as worthless.
    """
    held = sum((p.quantity * prices[p.series] for p in state.positions if p.series in prices), Decimal(0))
    return (state.money + held).quantize(step, ROUND_HALF_EVEN)


def free_money(state: AccountState, prices: Mapping[Holding, Decimal]) -> Decimal:
    """Cash that is not bound: a short position binds its value and as much again.

    One without a price counts at what it was sold for.
    """
    short = [position for position in state.positions if position.quantity < 0]
    bound = sum((p.quantity * prices.get(p.holding, p.entry_price) for p in short), Decimal(0))
    return state.money + 2 * bound
