"""A morning of signals at an exchange that fails, worked on by two processes at once that die between any two steps."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal

from algo_trading.calendars import trading_calendar
from algo_trading.domain.account import AccountState, Position
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.time import Interval, Period
from algo_trading.domain.watchlist import Assignment
from algo_trading.errors import AlgoTradingError
from algo_trading.exchange import market_data
from algo_trading.exchange.orders import Order as ExchangeOrder
from algo_trading.repositories.accounts import AccountStep, StaleAccountError
from algo_trading.repositories.periods import Stage
from algo_trading.risk.exits import STAYS
from algo_trading.services.place_exits import too_old, within
from contracts.bars import bar_rows
from fakes.accounts import FakeAccounts
from fakes.clock import FakeClock
from support.exchange_world import SECRET
from support.spot_exchange import PushedEvents, SpotDesk, SpotExchange
from support.trading import Trading
from support.workers import Workers

SYMBOLS = ("BTCUSDT", "DOGEUSDT", "INJUSDT")
SCALP, SWING = StrategyId("scalp", "{}"), StrategyId("swing", "{}")
# One whose exits rest at the exchange, and one whose exits are watched.
EXITS = {SCALP: Exits(stop=0.004, target=0.003), SWING: Exits(stop=0.02, trailing=0.003, max_age=0.2)}
MINUTES = Interval.MINUTE_5
ORDER = "/api/v3/order"
FAULTS: tuple[dict[str, object], ...] = (
    {"kind": "accept_and_disconnect", "path": ORDER, "method": "POST"},
    {"kind": "accept_and_time_out", "path": ORDER, "method": "POST"},
    {"kind": "disconnect", "path": ORDER, "method": "POST"},
    {"kind": "answer", "path": ORDER, "method": "POST", "status": 503},
    {"kind": "answer", "path": ORDER, "method": "POST", "status": 429, "code": -1015, "retry_after": 3},
    {"kind": "answer", "path": ORDER, "method": "GET", "status": 502, "times": 4},
    {"kind": "disconnect", "path": "/api/v3/myTrades", "times": 4},
    {"kind": "answer", "path": "/", "status": 418, "code": -1003, "retry_after": 90},
    {"kind": "lose_events", "times": 2},
    {"kind": "duplicate_events", "times": 4},
    {"kind": "reorder_events", "times": 3},
    {"kind": "clock_skew", "milliseconds": 40_000},
    {"kind": "clock_skew", "milliseconds": -40_000},
)


class ExchangeTime(FakeClock):
    """The exchange's time."""

    def __init__(self, exchange: SpotExchange) -> None:
        super().__init__()
        self._exchange = exchange

    def now(self) -> datetime:
        return self._exchange.now()


class MortalAccounts(FakeAccounts):
    """Its caller dies before a transaction, which may be committed all the same a little later, or after it."""

    def __init__(self, workers: Workers) -> None:
        super().__init__()
        self._workers = workers

    def store(self, step: AccountStep) -> AccountState:
        self._workers.step(lambda: self._late(step))
        stored = super().store(step)
        self._workers.step()
        return stored

    def _late(self, step: AccountStep) -> None:
        with suppress(StaleAccountError, ValueError):  # somebody else was faster
            super().store(step)


class SpotScenario:
    """One account, two strategies on three pairs, and two processes that dispatch and watch, as the seed has it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - not a secret
        self.exchange = SpotExchange(USDT="10000", BNB="2")
        self.exchange.world.account.pays_in_bnb = self.random.random() < 0.4
        self.workers = Workers(self.random)
        self.exchange.step = self.workers.step  # type: ignore[method-assign]
        accounts = MortalAccounts(self.workers)
        self.desk = SpotDesk(self.exchange, accounts, start=self.exchange.now(), fraction="0.1")
        self.calendar = trading_calendar("BINANCE")
        self.said: list[Signal] = []
        self.watched_at = self.exchange.now()
        self.heard = 0  # executions that were booked because the exchange pushed them
        self.pushed = [PushedEvents(self.exchange), PushedEvents(self.exchange)]
        self.processes = [self.process(0), self.process(1)]
        self.assign()

    def assign(self) -> None:
        """Let both strategies trade all pairs."""
        self.desk.assignments.rows += [
            Assignment(
                strategy,
                Series(Instrument(symbol, "BINANCE"), MINUTES),
                "coins",
                "spot",
                "owner",
                exits=EXITS[strategy],
            )
            for strategy in (SCALP, SWING)
            for symbol in SYMBOLS
        ]

    def process(self, number: int) -> Trading:
        """The services of a process that starts now; what was pushed to the one before is gone."""
        broker, desk = self.exchange.broker(), self.desk
        self.pushed[number].cut()
        broker.listen = self.pushed[number].listen  # type: ignore[method-assign]  # without a socket
        return Trading(
            desk.accounts, desk.assignments, desk.periods, desk.signals, desk.posts, desk.bars, desk.actions,
            self.workers, ExchangeTime(self.exchange), lambda _: broker,
        )  # fmt: skip

    def run(self) -> None:
        """Some periods with all that goes wrong, and then a quiet one."""
        for _ in range(self.random.randint(2, 4)):
            self.decide()
            self.spoil()
            for _ in range(self.random.randint(1, 3)):
                self.work()
                self.exchange.world.wait(self.random.choice([1, 30, 100]))
        self.exchange.world.api.faults.clear()
        for symbol in SYMBOLS:
            self.exchange.fault("resume", symbol=symbol)
        self.exchange.world.wait(400)
        self.workers.leftovers.clear()
        for _ in range(3):
            self.exchange.world.wait(61)
            self.watched_at = self.exchange.now()
            for job in self.jobs(0):
                job()

    def jobs(self, number: int) -> list[Callable[[], object]]:
        """What a process may be asked to do."""
        process = self.processes[number]
        return [process.dispatch, process.watch, lambda: self.hear(number)]

    def hear(self, number: int) -> None:
        """Book what was pushed to a process, which connects again where it was cut off."""
        process, pushed = self.processes[number], self.pushed[number]
        process.hear.subscribe()
        pushed.late()
        if pushed.is_cut:
            pushed.connect()
        self.heard += process.hear.wait(0)

    def work(self) -> None:
        """Let both processes work at once; who dies is started again."""
        jobs = []
        for number in range(len(self.processes)):
            job = self.random.choice(self.jobs(number))
            dies = self.random.choice([0, 0, self.random.randint(1, 40), -self.random.randint(1, 5)])
            jobs.append((self.tolerant(job, number), dies))
        self.workers.run(jobs)

    def tolerant(self, job: Callable[[], object], number: int) -> Callable[[], None]:
        def tried() -> None:
            try:
                job()
            except AlgoTradingError:
                pass  # the next pass goes on
            except BaseException:
                self.processes[number] = self.process(number)
                raise

        return tried

    def spoil(self) -> None:
        """Something goes wrong, perhaps."""
        if self.random.random() < 0.6:
            fault = dict(self.random.choice(FAULTS))
            self.exchange.fault(str(fault.pop("kind")), **fault)
        if self.random.random() < 0.2:
            self.random.choice(self.pushed).cut()
        if self.random.random() < 0.1:
            self.exchange.fault("halt", symbol=self.random.choice(SYMBOLS))

    def decide(self) -> None:
        """Wait for the close of a period, store its bars, and let the strategies decide."""
        period = self.calendar.next(MINUTES, self.exchange.now())
        self.exchange.world.wait((period.closed_at - self.exchange.now()).total_seconds() + 1)
        first = self.said[-1].opened_at + timedelta(minutes=5) if self.said else self.desk.state.account.start
        for one in self.calendar.periods(MINUTES, first, period.opened_at):
            self.store_bars(one)
            self.say(one)
            self.desk.periods.mark("coins", MINUTES, one.opened_at, Stage.DECIDED)

    def store_bars(self, period: Period) -> None:
        rows = []
        for symbol in SYMBOLS:
            tape = self.exchange.world.exchange.books[symbol].tape
            first, end = (int(moment.timestamp() * 1000) for moment in (period.opened_at, period.closed_at))
            for candle in market_data.rows(tape.candles("5m", first, end, end)):
                values = map(float, market_data.kline(tape.pair, "5m", candle)[1:6])
                prices = dict(zip(("open", "high", "low", "close", "volume"), values, strict=True))
                times = {"interval": "5m", "opened_at": period.opened_at, "closed_at": period.closed_at}
                rows.append({"symbol": symbol, "venue": "BINANCE", **times, **prices})
        self.desk.bars.upsert(bar_rows(*rows), "test")

    def say(self, period: Period) -> None:
        for one in self.desk.assignments.rows:
            side = self.random.choice([Side.BUY, Side.BUY, Side.SELL, Side.HOLD])
            close = float(self.exchange.world.last(one.series.symbol))
            size = self.random.choice([1.0, 0.5, 0.0004])  # the last is below the least that may be traded
            self.said.append(
                Signal(one.strategy, one.series, period.opened_at, side, 0.9, size, close, f"it is {side}", "0f3c")
            )
        self.desk.signals.add(self.said)

    def check(self) -> None:
        """What must hold whatever happened."""
        taken = [name_of(order) for order in self.exchange_orders() if not name_of(order, whole=True).endswith("T")]
        assert [key for key, count in Counter(taken).items() if count > 1] == [], "an order was taken twice"
        booked = {order.client_order_id: order for order in self.desk.accounts.orders("spot")}
        unsent = {key for key, o in booked.items() if o.status in {OrderStatus.REJECTED, OrderStatus.EXPIRED}}
        assert set(taken) - booked.keys() == set(), "the exchange has an order that the book does not know"
        assert booked.keys() - unsent - set(taken) == set(), "an order was lost"
        assert set(taken) & {k for k in unsent if booked[k].status is OrderStatus.REJECTED} == set(), (
            "refused, and sent"
        )
        signals = Counter(order.signal for order in booked.values() if order.signal)
        assert [key for key, count in signals.items() if count > 1] == [], "a signal has two orders"
        asked = {signal.key for signal in self.said if signal.side is not Side.HOLD}
        assert asked == signals.keys(), "a signal has no order"
        self.check_fills()
        (report,) = self.processes[0].reconcile()
        assert report.agrees, report
        tried = [self.desk.accounts.submission(key) for key in booked]
        assert SECRET not in repr((self.desk.books("spot"), tried, report))
        for position in self.desk.state.positions:
            assert position.quantity > 0
            self.check_exits(position)

    def check_exits(self, position: Position) -> None:
        """A position has its exits: at the exchange for all of it, or not met yet where they are watched."""
        assert position.exits == EXITS[position.strategy]
        open_orders = [o for o in self.desk.state.orders if (o.strategy, o.series) == position.holding]
        resting = sum(((o.quantity or Decimal(0)) - o.filled for o in open_orders if o.rests), Decimal(0))
        price = float(self.exchange.world.last(position.series.symbol))
        watched = within(position, price, price, price).reason == STAYS and not too_old(position, self.watched_at)
        assert resting == position.quantity or watched, "a position is left without its exit"

    def exchange_orders(self) -> list[ExchangeOrder]:
        return [order for orders in self.exchange.world.exchange.orders.values() for order in orders]

    def check_fills(self) -> None:
        """The exchange's fills are the account's executions, to the last digit."""
        fills = {
            f"{order.pair.symbol}:{fill.id}": (
                name_of(order), order.pair.quantity(fill.lots), fill.value, fill.fee, fill.fee_asset,
            )
            for order in self.exchange_orders()
            for fill in order.fills
        }  # fmt: skip
        executions = {
            one.id: (one.client_order_id, one.quantity, one.value, one.commission, one.commission_asset)
            for one in self.desk.accounts.executions("spot")
        }
        assert executions == fills


def name_of(order: ExchangeOrder, *, whole: bool = False) -> str:
    """The client order id under which the book knows it: that of an OCO order without what its two orders end in."""
    return order.client_id if whole or len(order.client_id) <= 32 else order.client_id[:-1]


def run_scenario(seed: int) -> SpotScenario:
    """Run and check one; a failure names the seed."""
    scenario = SpotScenario(seed)
    try:
        scenario.run()
        scenario.check()
    except BaseException as error:
        error.add_note(f"seed {seed}")
        raise
    return scenario
