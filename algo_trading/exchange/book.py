"""Order book of a pair: what the market offers and what customers have resting, by price and then time."""

from bisect import insort
from collections.abc import Iterator
from typing import NamedTuple

from algo_trading.exchange.intervals import DAY, MINUTE
from algo_trading.exchange.noise import key, uniform
from algo_trading.exchange.orders import Order
from algo_trading.exchange.pairs import Pair
from algo_trading.exchange.tape import Print, Tape

LEVELS = 1000
SPREAD = 0.00008  # of the price, at the least; up to twice as much
FEW_LOTS = 1000  # a level's size where nothing was traded yet


class Level(NamedTuple):
    """A price (ticks) and how much is offered there (lots)."""

    price: int
    lots: int


class Ladder(NamedTuple):
    """The market's offers on a side: prices from `best` in steps (ticks), some `size` lots at each."""

    best: int
    step: int
    size: int
    noise: int

    def lots(self, number: int) -> int:
        """Lots at the level of that number, more the farther away it is."""
        return max(1, int(self.size * (0.4 + 1.2 * uniform(self.noise, number)) * (1 + 0.08 * number)))


class Book:
    """Bids and asks of one pair.

    The market's own offers follow from its newest trade; what customers take of them is gone until the next one.
    """

    def __init__(self, seed: int, pair: Pair, tape: Tape) -> None:
        self.pair, self.tape = pair, tape
        self.status = "TRADING"
        self.seen = 0  # ms; what was traded until then has met the orders
        self.resting: dict[str, list[Order]] = {"BUY": [], "SELL": []}
        self.stops: list[Order] = []
        self._key = key(seed, pair.symbol, "ladder")
        self.newest: Print | None = None
        self._taken: dict[tuple[str, int], int] = {}
        self._sizes: dict[int, int] = {}

    def rest(self, order: Order) -> None:
        """Put an order behind those that came before it at its price and behind what the market shows there."""
        side = order.request.side
        sign = -1 if side == "BUY" else 1
        order.ahead = self._shown_at(side, order.price)
        insort(self.resting[side], order, key=lambda other: other.price * sign)

    def remove(self, order: Order) -> None:
        """Take an order out, wherever it waits."""
        for orders in (self.resting[order.request.side], self.stops):
            if order in orders:
                orders.remove(order)

    @property
    def has_orders(self) -> bool:
        """Whether any order rests or waits for its stop price."""
        return bool(self.stops or self.resting["BUY"] or self.resting["SELL"])

    def look(self, now: int) -> Print | None:
        """Bring the market's offers up to date; the newest trade, None before the first one."""
        newest = self.tape.last(now)
        if newest != self.newest:
            self.newest = newest
            self._taken.clear()
        return newest

    def take(self, side: str, price: int, lots: int) -> None:
        """A customer has taken of what the market offered on that side."""
        self._taken[side, price] = self._taken.get((side, price), 0) + lots

    def offers(self, side: str) -> Iterator[tuple[Level, Order | None]]:
        """What can be traded on a side, best first, each with the customer's order or None for the market's."""
        market, orders = self._market(side), iter(list(self.resting[side]))
        sign = 1 if side == "BUY" else -1
        level, order = next(market, None), next(orders, None)
        while level or order:
            first = order and (
                not level or order.price * sign > level.price * sign or (order.price == level.price and not order.ahead)
            )
            if order and first:
                if order.is_open and order.remaining:
                    yield Level(order.price, order.remaining), order
                order = next(orders, None)
            elif level:
                yield level, None
                level = next(market, None)

    def levels(self, side: str, count: int) -> list[Level]:
        """The best prices of a side with what is shown there."""
        shown: dict[int, int] = {}
        for level, order in self.offers(side):
            if level.price not in shown and len(shown) == count:
                break
            visible = level.lots
            if order and order.request.iceberg:
                visible = min(visible, int(order.request.iceberg / self.pair.lot))
            shown[level.price] = shown.get(level.price, 0) + visible
        return [Level(price, lots) for price, lots in shown.items()]

    def _market(self, side: str) -> Iterator[Level]:
        """The market's own offers, best first, without what was taken."""
        ladder = self._ladder(side)
        for number in range(LEVELS if ladder else 0):
            assert ladder
            price = ladder.best + ladder.step * number
            if price <= 0:
                return
            left = ladder.lots(number) - self._taken.get((side, price), 0)
            if left > 0:
                yield Level(price, left)

    def _shown_at(self, side: str, price: int) -> int:
        """Lots that the market offers at a price."""
        ladder = self._ladder(side)
        if ladder is None:
            return 0
        number, rest = divmod(price - ladder.best, ladder.step)
        if rest or not 0 <= number < LEVELS:
            return 0
        return max(ladder.lots(number) - self._taken.get((side, price), 0), 0)

    def _ladder(self, side: str) -> "Ladder | None":
        """Where the market's offers lie; None where it has none."""
        newest = self.newest
        if newest is None or self.status != "TRADING":
            return None
        sign = -1 if side == "BUY" else 1
        noise = key(self._key, newest.id, side)
        spread = max(1, round(newest.price * SPREAD * (1 + uniform(self._key, newest.id))))
        # The newest trade took place at the ask if its taker bought, else at the bid.
        best_price = newest.price if newest.bought == (side == "SELL") else newest.price + sign * spread
        return Ladder(best_price, sign * max(1, round(newest.price * SPREAD)), self._size(newest.time), noise)

    def _size(self, time: int) -> int:
        """Usual lots of a level: an eighth of what was traded in a minute of the day before."""
        day = time // DAY * DAY
        if day not in self._sizes:
            traded = self.tape.window(day, DAY)
            minutes = DAY // MINUTE
            self._sizes = {day: max(1, int(traded.volume[0]) // minutes // 8) if len(traded) else FEW_LOTS}
        return self._sizes[day]


def best(book: Book, side: str) -> Level | None:
    """The best price of a side."""
    return next((level for level, _ in book.offers(side)), None)


__all__ = ["LEVELS", "Book", "Level", "best"]
