"""Orders: from a decided signal to the wire at a hundred a second, and booking ten thousand executions.

The exchange is the practice exchange in a process of its own, the database a PostgreSQL of its own.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import requests
from requests.adapters import HTTPAdapter

from algo_trading.adapters.binance.broker import BinanceBroker
from algo_trading.adapters.binance.config import BinanceBrokerConfig
from algo_trading.adapters.binance.signed import SignedRest
from algo_trading.adapters.postgres.accounts import PostgresAccounts
from algo_trading.adapters.postgres.approvals import PostgresApprovals
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.embedded import EmbeddedPostgres
from algo_trading.adapters.postgres.kill_switch import PostgresKillSwitch
from algo_trading.adapters.postgres.schema import metadata
from algo_trading.adapters.postgres.trading_rules import PostgresTradingRules
from algo_trading.domain.account import AccountState
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.domain.time import Interval
from algo_trading.gateways.clock import SystemClock
from algo_trading.repositories.accounts import AccountRepository, AccountStep
from algo_trading.services.approve_orders import ReadAnswers
from algo_trading.services.book_executions import BookExecutions
from algo_trading.services.order_gate import OrderGate
from algo_trading.services.submit_orders import SubmitOrders
from bench.measure import Goal, Progress, Result, Timing
from fakes.broker import FakeBroker
from support.trading import an_account, opening

EXECUTIONS, FILLS_OF_ONE = 10_000, 100
ORDERS, RATE = 300, 100.0
WARM_UP = 20
KEY, SECRET = "bench-key", "bench-secret"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STRATEGY = StrategyId("scalp", "{}")


class Stopwatch(HTTPAdapter):
    """Notes when each order goes out, by the monotonic clock."""

    def __init__(self, sent: list[float]) -> None:
        super().__init__()
        self._sent = sent

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        if request.method == "POST" and request.path_url.startswith("/api/v3/order") and "test" not in request.path_url:
            self._sent.append(time.perf_counter())
        return super().send(request, *arguments, **options)


def benchmark(progress: Progress) -> list[Result]:
    """Both measurements, on servers that are gone afterwards."""
    with _database() as database:
        progress("booking executions")
        booked = book(PostgresAccounts(database))
        with _exchange() as address:
            progress("sending orders")
            waits = send(database, address)
    p99 = float(np.percentile(waits, 99))
    return [
        Result(
            "Booking executions",
            f"{EXECUTIONS:,} executions of {EXECUTIONS // FILLS_OF_ONE} orders, one report, PostgreSQL",
            [Timing("book", EXECUTIONS, (booked,))],
            [Goal("seconds for 10,000 executions", 5.0, booked, at_most=True)],
            beside_peers=False,
        ),
        Result(
            "From a decision to the wire",
            f"{ORDERS} orders at {RATE:.0f} a second, stored, judged, marked and sent on loopback",
            [Timing("median", 1, (float(np.median(waits)),)), Timing("p99", 1, (p99,))],
            [Goal("milliseconds to the wire, p99", 20.0, 1000 * p99, at_most=True)],
            beside_peers=False,
        ),
    ]


def book(accounts: AccountRepository) -> float:
    """Seconds that booking takes."""
    broker, series = FakeBroker(), Series(Instrument("INJUSDT", "BINANCE"), Interval.MINUTE_5)
    state = accounts.open(opening(an_account("book", NOW - timedelta(days=1), currency="USDT"), "10000000"))
    orders = [
        Order(
            f"b{n}", "book", StrategyId(f"s{n}", "{}"), series, Side.BUY, NOW, NOW, "", budget=Decimal(20_000),
            status=OrderStatus.OPEN,
        )
        for n in range(EXECUTIONS // FILLS_OF_ONE)
    ]  # fmt: skip
    after = state
    for order in orders:
        after = after.ordering(order)
        broker.submit(order)
    state = accounts.store(AccountStep(state, after, NOW, tuple(orders)))
    for order in orders:
        for part in range(FILLS_OF_ONE):
            last = part == FILLS_OF_ONE - 1
            broker.fill(order.client_order_id, "1", "20.5", NOW, commission="0.01", asset="USDT", whole=last)
    begun = time.perf_counter()
    report = BookExecutions(accounts, lambda _: broker, SystemClock())(state)
    taken = time.perf_counter() - begun
    assert report.executed == EXECUTIONS
    return taken


def send(database: Database, address: str) -> list[float]:
    """Seconds from each decision until its order is on the wire."""
    accounts, clock = PostgresAccounts(database), SystemClock()
    config = BinanceBrokerConfig.model_validate({"base_url": address, "api_key": KEY, "api_secret": SECRET})
    sent: list[float] = []
    rest = SignedRest(config, transport=lambda: Stopwatch(sent))
    broker = BinanceBroker(rest, PostgresTradingRules(database), config)
    gate = OrderGate(accounts.entries_sent, PostgresKillSwitch(database).current, "", clock)
    book_executions = BookExecutions(accounts, lambda _: broker, clock)
    answers = ReadAnswers(PostgresApprovals(database), clock)
    submit = SubmitOrders(accounts, lambda _: broker, gate, book_executions, answers, clock)
    state = accounts.open(opening(an_account("wire", NOW - timedelta(days=1), currency="USDT"), "10000000"))
    series = Series(Instrument("BTCUSDT", "BINANCE"), Interval.MINUTE_5)
    for n in range(WARM_UP):  # connections, rules, `order/test`
        state = _decide(submit, accounts, state, [_order(f"warm{n}", series)])
    sent.clear()
    begun, done = time.perf_counter(), 0
    while done < ORDERS:
        time.sleep(max(0.0, begun + done / RATE - time.perf_counter()))
        due = min(ORDERS, int((time.perf_counter() - begun) * RATE) + 1)
        state = _decide(submit, accounts, state, [_order(f"w{n}", series) for n in range(done, due)])
        done = due
    return [at - begun - n / RATE for n, at in enumerate(sent)]


def _order(name: str, series: Series) -> Order:
    now = datetime.now(UTC)
    return Order(name, "wire", STRATEGY, series, Side.BUY, NOW, now, "", budget=Decimal(20), signal=f"s{name}")


def _decide(
    submit: SubmitOrders, accounts: AccountRepository, state: AccountState, orders: list[Order]
) -> AccountState:
    """What was decided since the last time is stored in one step, as by a dispatch, and sent."""
    after = state
    for order in orders:
        after = after.ordering(order)
    return submit(accounts.store(AccountStep(state, after, orders[0].decided_at, tuple(orders)))).state


@contextmanager
def _database() -> Iterator[Database]:
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root, the server runs as another user
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            database = Database(server.url())
            metadata.create_all(database.engine)
            yield database
            database.close()
        finally:
            server.stop()


@contextmanager
def _exchange() -> Iterator[str]:
    program = str(Path(sys.executable).with_name("algo-trading"))
    command = [program, "exchange", "--port", "0", "--api-key", KEY]
    command += ["--api-secret", SECRET, "--balance", "USDT=10000000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = ""
            while not address:
                found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
                address = found.group() if found else ""
            yield address
        finally:
            process.terminate()
