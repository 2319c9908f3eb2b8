"""Twenty five-minute watchlists that close at the same moment: how long until the last signal is stored.

Each watchlist is taken through `RunRange`, as the task of its DAG does, without Airflow's own time: candles are asked
for (of a made-up source that answers at once), judged, stored, indicators computed, two strategies asked about every
series. Two processes with an application of their own share the watchlists, as two of Airflow's workers would.
"""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from algo_trading.bootstrap import App, bootstrap
from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import Bars
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval, Period, array_time
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.repositories.bars import bars_table
from algo_trading.repositories.periods import Stage
from algo_trading.repositories.watchlists import SetupChanges
from algo_trading.services.run_range import RunRange
from algo_trading.strategies.registry import build_strategy
from bench.measure import Goal, Progress, Result, Timing
from bench.period import PRICES, Clock, embedded_server
from bench.series import walks
from fakes.market_data import FakeMarketData

WATCHLISTS = int(os.environ.get("BENCH_WATCHLISTS", "20"))
SERIES = 50  # of each
PROCESSES = 2
INTERVAL = Interval.MINUTE_5
LAST = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)  # when the newest candle opens
STORED = 288  # candles of each series, a day
KEPT = 6  # that the source still has
ROUNDS = 3  # periods that are measured, after one to warm up
STRATEGIES = ("sma_cross", "ema_cross")

_app: list[App] = []
_range: list[RunRange] = []


def benchmark(progress: Progress) -> list[Result]:
    """Load a day, then take the newest periods of all watchlists, one after the other."""
    periods = _periods()
    with embedded_server() as server, tempfile.TemporaryDirectory(prefix="bench-home-") as home:
        os.environ["ALGO_HOME"] = home
        progress(f"{WATCHLISTS * SERIES:,} series: loading {STORED:,} candles of each")
        with bootstrap(url=server.url()) as app:
            _load(app, periods[: -ROUNDS - 1])
        spawn = multiprocessing.get_context("spawn")
        seconds = []
        with ProcessPoolExecutor(PROCESSES, spawn, initializer=_begin, initargs=(server.url(), home)) as pool:
            for number, period in enumerate(periods[-ROUNDS - 1 :]):
                progress(f"period {number} of {ROUNDS}")
                begin = time.monotonic()
                decided = sum(pool.map(_run, range(WATCHLISTS), [period.opened_at] * WATCHLISTS))
                seconds.append(time.monotonic() - begin)
                assert decided == WATCHLISTS * SERIES * len(STRATEGIES)
    timing = Timing("from the close to the last stored signal", WATCHLISTS * SERIES, tuple(seconds[1:]))
    return [
        Result(
            "Watchlists side by side",
            f"{WATCHLISTS} watchlists of {SERIES} series of {INTERVAL} in {PROCESSES} processes, "
            f"{' and '.join(STRATEGIES)} on each",
            [timing],
            [Goal("seconds from the close to the last signal", 30, max(seconds[1:]), at_most=True)],
            ["without Airflow's own time, and with a source that answers at once"],
            beside_peers=False,
        )
    ]


def _periods() -> Sequence[Period]:
    calendar = trading_calendar("BINANCE")
    return calendar.periods(INTERVAL, LAST - (STORED - 1) * INTERVAL.length, LAST)


def _watchlist(number: int) -> Watchlist:
    symbols = tuple(f"C{number:02}{one:03}USDT" for one in range(SERIES))
    return Watchlist(f"bench{number:02}", "BINANCE", "fake", (INTERVAL,), symbols)


def _candles(number: int) -> list[Bars]:
    """Those of a watchlist, the same in every process."""
    periods = _periods()
    opened, closed = (
        np.array([array_time(getattr(period, name)) for period in periods]) for name in ("opened_at", "closed_at")
    )
    found = []
    for symbol, close in zip(_watchlist(number).symbols, walks(SERIES, STORED).reshape(SERIES, -1), strict=True):
        prices = (close * 0.999, close * 1.01, close * 0.99, close)
        found.append(Bars(Instrument(symbol, "BINANCE"), INTERVAL, opened, closed, *prices, np.full(STORED, 1e5)))
    return found


def _load(app: App, periods: Sequence[Period]) -> None:
    lists = [_watchlist(number) for number in range(WATCHLISTS)]
    ids = [build_strategy(name, {}).id for name in STRATEGIES]
    app.setup.change(
        SetupChanges(
            watchlists=tuple(lists),
            assignments=tuple(
                Assignment(strategy, series, one.name, "paper", "bench")
                for one in lists
                for series in one.series(INTERVAL)
                for strategy in ids
            ),
        )
    )
    for number, one in enumerate(lists):
        app.bars.upsert(bars_table([bars[: len(periods)] for bars in _candles(number)]), "fake")
        app.periods.mark(one.name, INTERVAL, periods[-1].opened_at, Stage.DECIDED)


def _begin(url: str, home: str) -> None:
    """In each process: an application, and the source with the newest candles of every watchlist."""
    os.environ["ALGO_HOME"] = home
    rows = {
        bars.instrument.symbol: [
            [
                bars.period(row),
                *(repr(float(getattr(bars, price)[row])) for price in PRICES),
                "100000",
            ]
            for row in range(STORED - KEPT, STORED)
        ]
        for number in range(WATCHLISTS)
        for bars in _candles(number)
    }
    app = bootstrap(url=url, clock=Clock(LAST + INTERVAL.length + timedelta(seconds=2)))
    source = FakeMarketData(rows, refetch=1)
    _app.append(app)
    _range.append(RunRange(replace(app.period_steps(), sources=lambda _name: source), app.calendars))


def _run(number: int, opened_at: datetime) -> int:
    """Take one watchlist through a period; returns how many signals were decided."""
    period = trading_calendar("BINANCE").period(INTERVAL, opened_at)
    return _range[0].catch_up(_watchlist(number), period).decided.decided
