"""What a trade does to balances: payment, delivery, and the fee in the right coin."""

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal

from algo_trading.exchange.accounts import ZERO, Account, Accounts
from algo_trading.exchange.orders import Fill, Order
from algo_trading.exchange.pairs import UNIT

DISCOUNT = Decimal("0.25")  # on fees that are paid in BNB


class Settlement:
    """Books fills. `price_in_bnb` gives the price of an asset in BNB, None where there is none."""

    def __init__(self, accounts: Accounts, price_in_bnb: Callable[[str], Decimal | None]) -> None:
        self._accounts = accounts
        self._price_in_bnb = price_in_bnb

    def fill(self, order: Order, price: int, lots: int, *, maker: bool, number: int, time: int) -> Fill:
        """Execute `lots` of an order at a price in ticks, and release what it need not hold any more."""
        account = self._accounts.by_name[order.request.account]
        pair = order.pair
        quantity = pair.quantity(lots)
        value = pair.price(price) * quantity
        gives, gets = (value, quantity) if order.request.buys else (quantity, value)
        received = pair.base if order.request.buys else pair.quote
        self._pay(account, order, gives)
        account.credit(received, gets)
        self._accounts.house[order.spent_asset] += gives
        self._accounts.house[received] -= gets
        fee, fee_asset = self._fee(account, received, gets, account.maker if maker else account.taker)
        account.debit(fee_asset, fee)
        self._accounts.house[fee_asset] += fee
        order.executed += lots
        order.value += value
        order.updated = account.updated = time
        order.status = "PARTIALLY_FILLED" if order.remaining else "FILLED"
        fill = Fill(number, time, price, lots, value, fee, fee_asset, maker)
        order.fills.append(fill)
        self.release(order)
        return fill

    def lock(self, order: Order, amount: Decimal) -> None:
        """Put aside what an order will give; refused where the account has less."""
        self._accounts.by_name[order.request.account].lock(order.spent_asset, amount)
        order.locked += amount

    def release(self, order: Order) -> None:
        """Give back what an order holds and does not need."""
        spare = order.locked - self._needed(order)
        if spare > 0:
            self._accounts.by_name[order.request.account].release(order.spent_asset, spare)
            order.locked -= spare

    def _needed(self, order: Order) -> Decimal:
        if not order.is_open or not order.remaining:
            return ZERO
        remaining = order.pair.quantity(order.remaining)
        if not order.request.buys:
            return remaining
        return order.pair.price(order.price) * remaining if order.has_limit else order.locked

    def _pay(self, account: Account, order: Order, gives: Decimal) -> None:
        put_aside = min(order.locked, gives)
        account.spend_locked(order.spent_asset, put_aside)
        order.locked -= put_aside
        account.debit(order.spent_asset, gives - put_aside)

    def _fee(self, account: Account, asset: str, gets: Decimal, share: Decimal) -> tuple[Decimal, str]:
        if account.pays_in_bnb and asset != "BNB" and (price := self._price_in_bnb(asset)) is not None:
            fee = (gets * share * (1 - DISCOUNT) * price).quantize(UNIT, ROUND_DOWN)
            if fee <= account.free("BNB"):
                return fee, "BNB"
        if account.pays_in_bnb and asset == "BNB":
            share *= 1 - DISCOUNT
        return (gets * share).quantize(UNIT, ROUND_DOWN), asset


__all__ = ["Settlement"]
