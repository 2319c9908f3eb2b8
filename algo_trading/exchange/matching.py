"""How orders meet the market and one another: price first, then time."""

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

from algo_trading.exchange.accounts import Accounts
from algo_trading.exchange.book import Book
from algo_trading.exchange.orders import Fill, Order, OrderList, Prevented
from algo_trading.exchange.reports import Json, execution, list_status, position
from algo_trading.exchange.settlement import Settlement
from algo_trading.exchange.tape import Print, iter_prints


class Matching:
    """Orders in the books of all pairs. `emit` gets every change as (account, event)."""

    def __init__(self, books: dict[str, Book], accounts: Accounts, emit: Callable[[str, Json], None]) -> None:
        self.books, self.accounts = books, accounts
        self.settlement = Settlement(accounts, self._price_in_bnb)
        self.lists: dict[int, OrderList] = {}
        self.prevented: defaultdict[str, list[Prevented]] = defaultdict(list)
        self._emit = emit
        self._trades: defaultdict[str, int] = defaultdict(int)
        self.now = 0  # of the trade that is being worked on, ms

    def advance(self, now: int) -> list[Order]:
        """Let open orders meet everything that was traded since; the orders that were filled by it."""
        filled: list[Order] = []
        while True:
            waiting = [book for book in self.books.values() if book.has_orders and book.seen < now]
            touches = [(touch, book) for book in waiting if (touch := self._touch(book, now)) is not None]
            for book in waiting:
                if all(book is not other for _, other in touches):
                    book.seen = now
            if not touches:
                return filled
            first = min(touch for touch, _ in touches)
            for touch, book in touches:
                if touch == first:
                    filled += self._run(book, touch, min(touch + book.tape.length - 1, now))

    def accept(self, order: Order) -> None:
        """Execute a new or triggered order as far as the market allows; the rest waits in the book or expires."""
        book = self.books[order.pair.symbol]
        order.working_since = self.now
        self._take(book, order)
        if not order.is_open:
            return
        if not order.has_limit or order.request.time_in_force != "GTC":
            self.finish(order, "EXPIRED")
        else:
            book.rest(order)

    def wait(self, order: Order) -> None:
        """Let a stop order wait for its price."""
        self.books[order.pair.symbol].stops.append(order)
        if order.request.trailing_delta is not None and not order.stop:
            order.trailing_since = self.now

    def finish(self, order: Order, status: str, *, cancel_id: str = "") -> None:
        """End an order, and the other one of its list: `status` is CANCELED or EXPIRED."""
        self._end(order, status, cancel_id)
        self._end_list(order, status)

    def available(self, order: Order, budget: Decimal | None = None) -> tuple[int, Decimal]:
        """Lots that the other side offers to an order within its price, and their cost; at most for the budget."""
        lots, cost = 0, Decimal(0)
        book = self.books[order.pair.symbol]
        for level, _ in book.offers("SELL" if order.request.buys else "BUY"):
            if lots >= order.lots or self._beyond_limit(order, level.price):
                break
            each_lot = order.pair.price(level.price) * order.pair.lot
            here = min(level.lots, order.lots - lots)
            if budget is not None:
                here = min(here, int((budget - cost) / each_lot))
            if not here:
                break
            lots, cost = lots + here, cost + here * each_lot
        return lots, cost

    def emit(
        self, order: Order, kind: str, fill: Fill | None = None, *, cancel_id: str = "", match: Prevented | None = None
    ) -> None:
        """Report a change of an order and of the balances that it moved."""
        account = self.accounts.by_name[order.request.account]
        self._emit(account.name, execution(order, kind, self.now, fill, cancel_id=cancel_id, prevented=match))
        assets = account.changed()
        if assets:
            account.updated = self.now
            self._emit(account.name, position(account, assets, self.now))

    def begin_list(self, orders: OrderList) -> None:
        """Take in a list of orders and report it to its account."""
        self.lists[orders.id] = orders
        self._emit(orders.account, list_status(orders, self.now))

    def _touch(self, book: Book, now: int) -> int | None:
        """Opening time of the next candle in which something may happen to an order of the book."""
        low = [order.price for order in book.resting["BUY"][:1]]
        high = [order.price for order in book.resting["SELL"][:1]]
        for order in book.stops:
            if order.request.trailing_delta is not None:
                return book.tape.first_touch(book.seen + 1, now, 1 << 62, None)
            (high if order.request.stops_above else low).append(order.stop)
        return book.tape.first_touch(book.seen + 1, now, max(low, default=None), min(high, default=None))

    def _run(self, book: Book, first: int, until: int) -> list[Order]:
        filled = []
        for trade in iter_prints(book.tape.prints(max(book.seen, first - 1), until)):
            book.seen = self.now = trade.time
            if book.status == "TRADING":
                filled += self._fill_resting(book, trade, "BUY") + self._fill_resting(book, trade, "SELL")
                for order in list(book.stops):
                    if order.is_open and _triggered(order, trade):
                        self._trigger(book, order)
        book.seen = max(book.seen, until)
        return filled

    def _fill_resting(self, book: Book, trade: Print, side: str) -> list[Order]:
        """Fill resting orders of one side out of a trade of the market, the best price and the oldest first.

        An order at a better price than the trade's comes before what the market showed; one at the same price comes
        after what the market had shown there when it arrived, and only if the trade's taker was on the other side.
        """
        left, gone, filled = trade.quantity, 0, []
        for order in list(book.resting[side]):
            better = order.price > trade.price if side == "BUY" else order.price < trade.price
            same = order.price == trade.price and trade.bought == (side == "SELL")
            if not left or not (better or same):
                break
            if same:
                before = min(max(order.ahead - gone, 0), left)
                gone, left = gone + before, left - before
            lots = min(order.remaining, left) if order.is_open else 0
            if lots:
                left -= lots
                self._execute(order, order.price, lots, self._trade(book), maker=True)
                filled += [] if order.is_open else [order]
        if gone:
            for order in book.resting[side]:
                if order.price == trade.price:
                    order.ahead = max(order.ahead - gone, 0)
        return filled

    def _trigger(self, book: Book, order: Order) -> None:
        book.stops.remove(order)
        order.triggered = True
        self._end_list(order, "EXPIRED", inherit=True)
        book.look(self.now)
        order.working_since = order.updated = self.now
        self.emit(order, "NEW")
        self.accept(order)

    def _take(self, book: Book, order: Order) -> None:
        """Execute an order against what is offered."""
        side = "SELL" if order.request.buys else "BUY"
        account = self.accounts.by_name[order.request.account]
        for level, maker in book.offers(side):
            if not order.is_open or not order.remaining or self._beyond_limit(order, level.price):
                return
            if maker and maker.request.account == order.request.account and order.request.self_trade != "NONE":
                self._prevent(order, maker, level.price)
                continue
            lots = min(order.remaining, level.lots)
            if order.request.buys:
                cost = order.pair.price(level.price) * order.pair.lot
                lots = min(lots, int((order.locked + account.free(order.spent_asset)) / cost))
            if not lots:
                return
            number = self._trade(book)
            if maker is None:
                book.take(side, level.price, lots)
            else:
                self._execute(maker, level.price, lots, number, maker=True)
            self._execute(order, level.price, lots, number, maker=False)

    def _execute(self, order: Order, price: int, lots: int, number: int, *, maker: bool) -> None:
        self._end_list(order, "EXPIRED", inherit=True)
        fill = self.settlement.fill(order, price, lots, maker=maker, number=number, time=self.now)
        if not order.is_open:
            self.books[order.pair.symbol].remove(order)
        self.emit(order, "TRADE", fill)
        if not order.is_open:
            self._end_list(order, "EXPIRED")

    def _prevent(self, taker: Order, maker: Order, price: int) -> None:
        """Keep an account from trading with itself as the taker's mode says."""
        mode = taker.request.self_trade
        both = min(taker.remaining, maker.remaining)
        lots = {
            "EXPIRE_TAKER": (taker.remaining, 0),
            "EXPIRE_MAKER": (0, maker.remaining),
            "EXPIRE_BOTH": (taker.remaining, maker.remaining),
            "DECREMENT": (both, both),
        }[mode]
        known = self.prevented[taker.pair.symbol]
        match = Prevented(len(known), self.now, maker.id, taker.id, price, lots[1], lots[0], mode)
        known.append(match)
        for order, prevented in ((maker, lots[1]), (taker, lots[0])):
            if not prevented:
                continue
            order.prevented += prevented
            order.prevented_ids.append(match.id)
            order.updated = self.now
            if not order.remaining:
                order.status = "EXPIRED_IN_MATCH"
                self.books[order.pair.symbol].remove(order)
            self.settlement.release(order)
            self.emit(order, "TRADE_PREVENTION", match=match)
            if not order.is_open:
                self._end_list(order, "EXPIRED")

    def _end(self, order: Order, status: str, cancel_id: str = "") -> None:
        order.status, order.updated = status, self.now
        self.settlement.release(order)
        self.books[order.pair.symbol].remove(order)
        self.emit(order, status, cancel_id=cancel_id)

    def _end_list(self, order: Order, status: str, *, inherit: bool = False) -> None:
        """End the other order of a list; with `inherit` this one goes on with what the two had put aside."""
        orders = self.lists.get(order.list_id)
        if orders is None:
            return
        other = orders.other(order)
        if other.is_open:
            if inherit:
                order.locked, other.locked = order.locked + other.locked, Decimal(0)
            self._end(other, status)
        if orders.status_type != "ALL_DONE" and not any(each_order.is_open for each_order in orders.orders):
            orders.status_type = orders.status = "ALL_DONE"
            orders.time = self.now
            self._emit(orders.account, list_status(orders, self.now))

    def _trade(self, book: Book) -> int:
        self._trades[book.pair.symbol] += 1
        return self._trades[book.pair.symbol]

    @staticmethod
    def _beyond_limit(order: Order, price: int) -> bool:
        if not order.has_limit:
            return False
        return price > order.price if order.request.buys else price < order.price

    def _price_in_bnb(self, asset: str) -> Decimal | None:
        """Price of an asset in BNB, by the pair of the two or by way of USDT."""
        if asset == "USDT":
            price = self._last("BNBUSDT")
            return 1 / price if price else None
        if price := self._last(f"BNB{asset}"):
            return 1 / price
        dollars, bnb = self._last(f"{asset}USDT"), self._last("BNBUSDT")
        return dollars / bnb if dollars and bnb else None

    def _last(self, symbol: str) -> Decimal | None:
        last = self.books[symbol].tape.last(self.now) if symbol in self.books else None
        return self.books[symbol].pair.price(last.price) if last else None


def _triggered(order: Order, trade: Print) -> bool:
    """Whether a trade triggers a stop order; a trailing one follows the price first."""
    above, price = order.request.stops_above, trade.price
    reached = not order.stop or (price >= order.stop if above else price <= order.stop)
    delta = order.request.trailing_delta
    if delta is None:
        return reached
    if order.extreme is None:
        if not reached:
            return False
        order.extreme, order.trailing_since = price, order.trailing_since or trade.time
        return False
    order.extreme = min(order.extreme, price) if above else max(order.extreme, price)
    if above:
        return price * 10_000 >= order.extreme * (10_000 + delta)
    return price * 10_000 <= order.extreme * (10_000 - delta)


__all__ = ["Matching"]
