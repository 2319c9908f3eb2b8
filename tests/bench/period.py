"""A daily session of many symbols, step by step: what it costs with one year stored, and with twenty.

Each case has a server and a process of its own, which takes the steps of `RunPeriod` on a made-up source, strategies
on every symbol and a paper account. Processor time is that of the process and of the server together.
"""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
from sqlalchemy import text

from algo_trading.adapters.postgres.embedded import EmbeddedPostgres
from algo_trading.bootstrap import App, bootstrap
from algo_trading.calendars import trading_calendar
from algo_trading.domain.account import Mode
from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.costs import Costs
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval, Period, array_time, midnight
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.repositories.bars import bars_table
from algo_trading.repositories.watchlists import SetupChanges
from algo_trading.services.open_accounts import AccountPlan, OpenAccounts
from algo_trading.strategies.registry import build_strategy
from bench.measure import Goal, Progress, Result, Timing
from bench.series import walks
from fakes.market_data import FakeMarketData

SYMBOLS = int(os.environ.get("BENCH_SYMBOLS", "500"))  # the promise is about 5,000, which take minutes to load
YEARS = (1, 20)
DAY = date(2025, 12, 31)
STRATEGIES = ("sma_cross", "ema_cross")
LOADED = 100  # symbols that are loaded at once
WHOLE = "all steps"
AGAIN = "all steps again"
PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class Clock:
    """Implements the clock: two hours after the close, for ever."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


@dataclass(frozen=True)
class Cost:
    """Seconds of processor time by step, and megabytes at the peak."""

    seconds: Mapping[str, float]
    peak: float


def benchmark(progress: Progress) -> list[Result]:
    """Run the session with little and with much history."""
    found: dict[int, Cost] = {}
    for years in YEARS:
        progress(f"{SYMBOLS:,} symbols, {years} years: loading and running")
        with embedded_server() as server, ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            found[years] = pool.submit(_run, server.url(), server_process(server), years).result()
    few, many = (found[years] for years in YEARS)
    timings = [
        Timing(f"{step}, {years} year{'s' * (years > 1)}", SYMBOLS, (seconds,))
        for step in few.seconds
        for years, seconds in ((YEARS[0], few.seconds[step]), (YEARS[1], many.seconds[step]))
    ]
    scale = 5_000 / SYMBOLS
    return [
        Result(
            "A session of many symbols",
            f"{SYMBOLS:,} symbols, {' and '.join(STRATEGIES)} on each; seconds of processor time, server included",
            timings,
            [
                Goal("seconds for 5,000 symbols with 20 years", 20, many.seconds[WHOLE] * scale, at_most=True),
                Goal("times the cost with 1 year", 1.2, many.seconds[WHOLE] / few.seconds[WHOLE], at_most=True),
                Goal("MB at the peak", 1000, many.peak, at_most=True),
            ],
            [f"peaks of {few.peak:.0f} and {many.peak:.0f} MB, libraries included"],
            beside_peers=False,
        )
    ]


@contextmanager
def embedded_server() -> Iterator[EmbeddedPostgres]:
    """A server of its own in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root, the server runs as another user
        server = EmbeddedPostgres(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()


def server_process(server: EmbeddedPostgres) -> int:
    """Its process."""
    import psycopg

    with psycopg.connect(server.url()) as connection:
        row = connection.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'").fetchone()
    assert row is not None
    return int((Path(row[0]) / "postmaster.pid").read_text().splitlines()[0])


def _run(url: str, server: int, years: int) -> Cost:
    """Load history, then take the steps, twice; in a process of its own."""
    calendar = trading_calendar("XNYS")
    last = calendar.period(Interval.DAY, midnight(DAY))
    periods = calendar.periods(Interval.DAY, midnight(DAY.replace(year=DAY.year - years)), last.opened_at)
    symbols = [f"S{number:05}" for number in range(SYMBOLS)]
    with tempfile.TemporaryDirectory(prefix="bench-home-") as home:
        os.environ["ALGO_HOME"] = home
        with bootstrap(url=url, clock=Clock(last.closed_at + timedelta(hours=2))) as app:
            newest = _load(app, symbols, periods)
            watchlist = _configure(app, symbols, last)
            source = FakeMarketData(newest, newest=last.opened_at, refetch=5)
            Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
            first = _steps(app, watchlist, last, source, server)
            again = _steps(app, watchlist, last, source, server)
            return Cost({**first, AGAIN: again[WHOLE]}, _peak())


def _load(app: App, symbols: list[str], periods: Sequence[Period]) -> dict[str, list[list[str]]]:
    """Store all periods but the last, and return the last ten of each symbol as a source gives them."""
    opened, closed = (
        np.array([array_time(getattr(period, name)) for period in periods]) for name in ("opened_at", "closed_at")
    )
    newest: dict[str, list[list[str]]] = {}
    for first in range(0, len(symbols), LOADED):
        names = symbols[first : first + LOADED]
        closes = walks(len(names), len(periods)).reshape(len(names), -1)
        series, actions = [], []
        for name, close in zip(names, closes, strict=True):
            instrument, volume = Instrument(name), np.full(len(close), 1e5)
            prices = (close * 0.999, close * 1.01, close * 0.99, close)
            bars = Bars(instrument, Interval.DAY, opened, closed, *prices, volume)
            series.append(bars[:-1])
            actions += [
                CorporateAction(instrument, bars.session(row), ActionKind.DIVIDEND, 0.1)
                for row in range(0, len(bars) - 1, 63)
            ]
            newest[name] = [
                [
                    bars.period(row),
                    *(repr(float(getattr(bars, price)[row])) for price in PRICES),
                    "100000",
                ]
                for row in range(len(bars) - 10, len(bars))
            ]
        app.bars.upsert(bars_table(series), "fake")
        app.actions.upsert(actions, "fake")
    with app.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))  # as the server does by itself, in the middle of a measurement
    return newest


def _configure(app: App, symbols: list[str], last: Period) -> Watchlist:
    watchlist = Watchlist("bench", "XNYS", "fake", (Interval.DAY,), tuple(symbols))
    strategies = [build_strategy(name, {}) for name in STRATEGIES]
    app.setup.change(
        SetupChanges(
            watchlists=(watchlist,),
            assignments=tuple(
                Assignment(strategy.id, series, watchlist.name, "paper", "bench")
                for strategy in strategies
                for series in watchlist.series(Interval.DAY)
            ),
        )
    )
    plan = AccountPlan(
        "paper", "paper", "USD", Mode.PAPER, "bench", Decimal(100_000), Decimal("0.1"), Costs(), last.opened_at
    )
    OpenAccounts(app.accounts, app.assignments, [plan], app.calendars, app.clock)()
    return watchlist


def _steps(app: App, watchlist: Watchlist, period: Period, source: FakeMarketData, server: int) -> dict[str, float]:
    """Processor time of each step."""
    steps, series = replace(app.period_steps(), sources=lambda _name: source), watchlist.series(period.interval)
    taken: dict[str, Callable[[], object]] = {
        "ingest": lambda: steps.ingest(watchlist, period, series),
        "export": lambda: steps.accept(watchlist, period),
        "indicators": lambda: steps.compute(period, series),
        "decisions": lambda: steps.evaluate(period, series),
        "posts": lambda: steps.decided(watchlist, period),
        "orders": app.dispatch_signals(),
        "notices": app.queue_notices(),
    }
    seconds: dict[str, float] = {}
    for name, step in taken.items():
        before = processor_time(server)
        step()
        seconds[name] = processor_time(server) - before
    seconds[WHOLE] = sum(seconds.values())
    return seconds


def processor_time(server: int) -> float:
    """Seconds of this process, and of a server and its children."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended
            continue
        if int(fields[1]) == server or stat.parent.name == str(server):
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total + time.process_time()


def _peak() -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
