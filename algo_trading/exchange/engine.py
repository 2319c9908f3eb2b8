"""The exchange itself: accounts, pairs, orders and what happens to them as time passes. No I/O."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from algo_trading.exchange.accounts import ZERO, Account, Accounts
from algo_trading.exchange.book import Book, best
from algo_trading.exchange.clock import Clock
from algo_trading.exchange.errors import RefusalError, insufficient, rejected, unknown_order
from algo_trading.exchange.filters import FilterContext, check
from algo_trading.exchange.matching import Matching
from algo_trading.exchange.noise import key
from algo_trading.exchange.orders import STOPS, NewOrder, Order, OrderList, Prevented
from algo_trading.exchange.pairs import Filter
from algo_trading.exchange.reports import Json, deposited, position
from algo_trading.exchange.tape import Print, Tape

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Exchange:
    """All state. The same seed, clock and calls give the same trades.

    `listeners` are called with (account, event) for each event of the user data stream.
    """

    def __init__(self, seed: int, tapes: Sequence[Tape], clock: Clock, filters: tuple[Filter, ...] = ()) -> None:
        self.seed, self.clock, self.filters = seed, clock, filters
        self.books = {tape.pair.symbol: Book(seed, tape.pair, tape) for tape in tapes}
        self.accounts = Accounts()
        self.matching = Matching(self.books, self.accounts, self._emit)
        self.orders: dict[str, list[Order]] = {symbol: [] for symbol in self.books}
        self._live: dict[str, list[Order]] = {symbol: [] for symbol in self.books}  # open ones, and some just done
        self.lists: list[OrderList] = []
        self.listeners: list[Callable[[str, Json], None]] = []
        self.on_filled: Callable[[Order], None] = lambda _: None
        self._named = 0

    def open_account(self, name: str, balances: Mapping[str, Decimal]) -> Account:
        """An account with what it begins with."""
        account = self.accounts.open(name, balances)
        account.changed()
        account.updated = self.clock.now()
        return account

    def deposit(self, name: str, asset: str, amount: Decimal) -> None:
        """Give an account an amount, or take it away where it is negative."""
        now = self.advance()
        account = self.accounts.by_name[name]
        self.accounts.deposit(account, asset, amount)
        account.updated = now
        self._emit(name, deposited(asset, amount, now))
        self._emit(name, position(account, account.changed(), now))

    def advance(self) -> int:
        """Bring everything up to the clock; the time of the market (ms)."""
        now = self.clock.now()
        for order in self.matching.advance(now):
            self.on_filled(order)
        self.matching.now = now
        return now

    def book(self, symbol: str) -> Book:
        """The book with the market's offers of this moment."""
        book = self.books[symbol]
        book.look(self.advance())
        return book

    def last(self, symbol: str) -> Print | None:
        """The newest trade of a pair, None before the first one."""
        return self.books[symbol].tape.last(self.clock.now())

    def status(self, symbol: str) -> str:
        """TRADING, or why not."""
        book = self.books[symbol]
        if book.status != "TRADING":
            return book.status
        return "TRADING" if book.tape.open_at(self.clock.now()) else "BREAK"

    def set_status(self, symbol: str, status: str) -> None:
        """Halt a pair or let it trade again; while it is halted the market stands still."""
        now = self.advance()
        book = self.books[symbol]
        book.seen = now
        if status == "TRADING" and book.status != "TRADING":
            book.tape.end_gaps(now)
        elif status != "TRADING" and book.status == "TRADING":
            book.tape.skip(now + 1, 1 << 62)
        book.status = status

    def test(self, request: NewOrder) -> Order:
        """Judge an order without placing it; what it would be."""
        now = self.advance()
        check(request, self._filter_context(request), self.filters)
        return self._made(request, now)

    def place(self, request: NewOrder) -> Order:
        """Accept an order and execute it as far as the market allows, or refuse it."""
        order = self.test(request)
        book = self.book(request.pair.symbol)
        self._admit(book, order)
        if request.type == "MARKET" and request.quote_quantity is not None:
            order.lots = 1 << 62
            order.lots, _ = self.matching.available(order, request.quote_quantity)
            if not order.lots:
                raise rejected("Order book liquidity is less than LOT_SIZE filter minimum quantity.")
        elif (
            request.time_in_force == "FOK"
            and self.matching.available(order)[0] < order.lots
            and not order.is_waiting_stop
        ):
            self._enter(order, ZERO)
            order.working_since = order.created
            self.matching.finish(order, "EXPIRED")
            return order
        self._enter(order, self._cost(order))
        if order.is_waiting_stop:
            self.matching.wait(order)
            return order
        self.matching.accept(order)
        if order.status == "FILLED":
            self.on_filled(order)
            if request.quote_quantity is not None and self._left_over(order, request.quote_quantity):
                order.status = "EXPIRED"
        return order

    def place_list(self, first: NewOrder, second: NewOrder, client_id: str | None) -> OrderList:
        """Place two orders of which one cancels the other (OCO); `first` is the one above the market."""
        now = self.advance()
        book = self.book(first.pair.symbol)
        both = (first, second)
        for request in both:
            check(request, self._filter_context(request, list_of=both), self.filters)
        orders = (self._made(first, now), self._made(second, now))
        self._admit_list(book, orders, client_id)
        cost = max(self._cost(order) for order in orders)
        if cost > self.accounts.by_name[first.account].free(orders[0].spent_asset):
            raise insufficient()
        made = OrderList(len(self.lists), client_id or self.new_id(), first.account, first.pair, now, orders)
        self.lists.append(made)
        for order in orders:
            order.list_id = made.id
            self._number(order)
        self.matching.begin_list(made)
        self._enter(orders[0], cost)
        self._enter(orders[1], ZERO)
        for order in orders:
            if order.is_waiting_stop:
                self.matching.wait(order)
            else:
                self.matching.accept(order)
        return made

    def cancel(self, order: Order, cancel_id: str | None = None, only: str | None = None) -> str:
        """End an open order, and with it the other of its list; the id of the cancellation."""
        self.advance()
        if not order.is_open:
            raise unknown_order()
        if only and order.status != only.removeprefix("ONLY_"):
            raise RefusalError(-2011, "Order was not canceled due to cancel restrictions.")
        cancel_id = cancel_id or self.new_id()
        self.matching.finish(order, "CANCELED", cancel_id=cancel_id)
        return cancel_id

    def find(self, account: str, symbol: str, number: int | None, client_id: str | None) -> Order | None:
        """An order by its number, else the newest by its client's id."""
        if number is not None:
            orders = self.orders[symbol]
            found = orders[number - 1] if 0 < number <= len(orders) else None
            return found if found and found.request.account == account else None
        own = (order for order in reversed(self.orders[symbol]) if order.request.account == account)
        return next((order for order in own if order.client_id == client_id), None)

    def prevented_by(self, order: Order) -> list[Prevented]:
        """Matches with orders of the same account that did not come about when the order was placed."""
        return [match for match in self.matching.prevented[order.pair.symbol] if match.taker_id == order.id]

    def open_orders(self, account: str, symbol: str | None = None) -> list[Order]:
        """What the account has open, in a pair or everywhere."""
        found = []
        for name in self.books if symbol is None else [symbol]:
            self._live[name] = [order for order in self._live[name] if order.is_open]
            found += [order for order in self._live[name] if order.request.account == account]
        return found

    def open_lists(self, account: str) -> list[OrderList]:
        """The order lists of an account that are not done."""
        return [orders for orders in self.lists if orders.account == account and orders.status == "EXECUTING"]

    def new_id(self) -> str:
        """A client order id, where the client sent none."""
        self._named += 1
        number = key(self.seed, "order id", self._named) << 64 | key(self.seed, "order id", -self._named)
        letters = ""
        for _ in range(22):
            number, place = divmod(number, len(LETTERS))
            letters += LETTERS[place]
        return letters

    def average(self, symbol: str, minutes: int) -> Decimal | None:
        """Average price over some minutes, the last one for 0."""
        book = self.books[symbol]
        price = book.tape.average(self.clock.now(), minutes)
        return None if price is None else book.pair.tick * Decimal(price)

    def _emit(self, account: str, event: Json) -> None:
        for listener in self.listeners:
            listener(account, event)

    def _made(self, request: NewOrder, now: int) -> Order:
        pair = request.pair
        return Order(
            request,
            0,
            request.client_id or self.new_id(),
            now,
            int(request.quantity / pair.lot) if request.quantity is not None else 0,
            int(request.price / pair.tick) if request.price is not None else 0,
            int(request.stop_price / pair.tick) if request.stop_price is not None else 0,
            now,
        )

    def _filter_context(self, request: NewOrder, list_of: Sequence[NewOrder] = ()) -> FilterContext:
        symbol = request.pair.symbol
        everywhere = self.open_orders(request.account)
        here = [order for order in everywhere if order.pair.symbol == symbol]
        account = self.accounts.by_name[request.account]
        held = account.balances[request.pair.base]
        ordered = sum(order.remaining for order in here if order.request.buys)
        return FilterContext(
            average=lambda minutes: self.average(symbol, minutes),
            open_orders=len(here),
            open_stops=sum(order.is_waiting_stop for order in here),
            open_icebergs=sum(bool(order.request.iceberg) for order in here),
            open_lists=sum(orders.pair.symbol == symbol for orders in self.open_lists(request.account)),
            orders_everywhere=len(everywhere),
            stops_everywhere=sum(order.is_waiting_stop for order in everywhere),
            position=held.free + held.locked + request.pair.quantity(ordered),
            placing=max(len(list_of), 1),
            placing_stops=sum(other.type in STOPS for other in list_of),
        )

    def _admit(self, book: Book, order: Order) -> None:
        """What the matching engine refuses."""
        request = order.request
        if not self.accounts.by_name[request.account].may_trade:
            raise rejected("This account may not place or cancel orders.")
        last = self.last(request.pair.symbol)
        if self.status(request.pair.symbol) != "TRADING" or last is None:
            raise rejected("Market is closed.")
        if any(other.client_id == order.client_id for other in self.open_orders(request.account)):
            raise rejected("Duplicate order sent.")
        if order.is_waiting_stop and order.stop and request.trailing_delta is None:
            beyond = order.stop > last.price if request.stops_above else order.stop < last.price
            if not beyond:
                raise rejected("Order would trigger immediately.")
        if request.type == "LIMIT_MAKER":
            other = best(book, "SELL" if request.buys else "BUY")
            if other and (order.price >= other.price if request.buys else order.price <= other.price):
                raise rejected("Order would immediately match and take.")

    def _admit_list(self, book: Book, orders: tuple[Order, Order], client_id: str | None) -> None:
        """What the matching engine refuses of two orders that belong together."""
        account = orders[0].request.account
        if client_id and any(other.client_id == client_id for other in self.open_lists(account)):
            raise rejected("Duplicate order sent.")
        last = self.last(book.pair.symbol)
        if last and not _fits(*orders, last.price):
            raise rejected("The relationship of the prices for the orders is not correct.")
        for order in orders:
            self._admit(book, order)
        if orders[0].client_id == orders[1].client_id:
            raise rejected("Duplicate order sent.")

    def _cost(self, order: Order) -> Decimal:
        """What the order must put aside."""
        if not order.request.buys:
            return order.pair.quantity(order.lots)
        if order.has_limit:
            return order.pair.price(order.price) * order.pair.quantity(order.lots)
        if order.is_waiting_stop:
            last = self.last(order.pair.symbol)
            return order.pair.price(order.stop or (last.price if last else 0)) * order.pair.quantity(order.lots)
        return self.matching.available(order)[1]

    def _enter(self, order: Order, cost: Decimal) -> None:
        """Put the order's cost aside, number the order and report it."""
        self.matching.settlement.lock(order, cost)
        if not order.id:
            self._number(order)
        self.books[order.pair.symbol].seen = self.matching.now
        if not order.is_waiting_stop:
            order.working_since = order.created
        self.matching.emit(order, "NEW")

    def _number(self, order: Order) -> None:
        orders = self.orders[order.pair.symbol]
        order.id = len(orders) + 1
        orders.append(order)
        self._live[order.pair.symbol].append(order)

    def _left_over(self, order: Order, budget: Decimal) -> bool:
        """Whether the market had less to offer than the budget would have bought."""
        others = self.books[order.pair.symbol].offers("SELL" if order.request.buys else "BUY")
        level = next((level for level, _ in others), None)
        return level is None and budget - order.value >= order.pair.tick * order.pair.lot


def _fits(above: Order, below: Order, last: int) -> bool:
    """Whether the two orders of a list lie on their sides of the last price."""
    up, down = above.stop if above.request.type in STOPS else above.price, below.stop
    down = below.stop if below.request.type in STOPS else below.price
    trails = [order.request.trailing_delta is not None and not order.stop for order in (above, below)]
    return (trails[0] or up > last) and (trails[1] or last > down)


__all__ = ["Exchange"]
