"""Backtests beside vectorbt, raptorbt, backtesting.py and backtrader: sweeps, many symbols, many bars, memory, start.

Everybody crosses two moving averages, fills at the next open, goes all in and pays 0.1 %; everybody's figures are made:
equity, return, drawdown, Sharpe ratio and number of trades. Those of vectorbt and raptorbt must be ours.
"""

import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.costs import Costs
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.rules import Size, SizeKind, TradingRules
from back_testing.search.sweep import Grid, SweepBlock, sweep
from back_testing.search.symbols import run_symbols
from bench.market import MINUTE, random_bars
from bench.measure import Contender, Goal, Progress, Result, measure

CASH, FEE = 10_000.0, 0.001
RULES = TradingRules(cash=CASH, costs=Costs.of(FEE), whole_shares=False, keep_open=True)
STOPS = replace(RULES, stop_loss=0.05, size=Size(SizeKind.FRACTION, 0.5))
BARS = 5_000
GRID: Grid = {"fast": range(5, 105), "slow": range(110, 210)}
FEW: Grid = {"fast": range(5, 25), "slow": range(110, 130)}  # vectorbt keeps every bar of every setting in memory
SYMBOLS = 500
MINUTES = 1_000_000
ROUNDS = 5
Pair = tuple[int, int]


def benchmark(progress: Progress) -> list[Result]:
    """All of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peers' own
        return [
            crossings(progress),
            deciding(progress),
            symbols(progress),
            minutes(progress),
            started(progress),
        ]


def crossings(progress: Progress) -> Result:
    """One symbol, many pairs of averages."""
    bars = random_bars(BARS)
    many, few = pairs(GRID), pairs(FEW)
    ours, by_vectorbt, by_raptorbt = ours_of(bars, FEW, RULES), vectorbt(bars, few), raptorbt(bars, few)
    agree(ours, by_vectorbt, "vectorbt")
    agree(ours, by_raptorbt, "raptorbt")
    timings = measure(
        [
            Contender(
                "ours", lambda: consume(sweep(SmaCross, GRID, bars, RULES, fixed={"trend": 0})), BARS * len(many)
            ),
            Contender("raptorbt, all cores", lambda: raptorbt(bars, many[:2_000]), BARS * 2_000),
            Contender("vectorbt", lambda: vectorbt(bars, few), BARS * len(few), rounds=3),
            Contender("backtesting.py", lambda: backtesting_py(bars, few[:2]), BARS * 2, rounds=1),
            Contender("backtrader", lambda: backtrader(bars, few[:1]), BARS, rounds=1),
        ],
        ROUNDS,
        progress,
    )
    progress("peak memory")
    peak, small, large = peak_memory(10_000, BARS), peak_memory(20_000, 500), peak_memory(1_000_000, 500)
    rate = {timing.name: timing.rate for timing in timings}
    return Result(
        "Sweep of moving averages that cross, with full statistics",
        f"1 symbol x {BARS:,} bars x {len(many):,} pairs (rows are bars times pairs; the peers run fewer pairs)",
        timings,
        [
            Goal("times vectorbt", 150, rate["ours"] / rate["vectorbt"]),
            Goal("times raptorbt", 15, rate["ours"] / rate["raptorbt, all cores"]),
            Goal("MB of memory at the peak, Python and libraries included", 300, peak, at_most=True),
            Goal("MB that 1,000,000 settings need more than 20,000 (500 bars)", 10, large - small, at_most=True),
        ],
        ["final equity, drawdown and trades of each setting are those of vectorbt and raptorbt"],
    )


def deciding(progress: Progress) -> Result:
    """One symbol, many settings of a strategy that decides by itself, with a stop and half of the equity at stake."""
    bars, few = random_bars(BARS), pairs(FEW)
    timings = measure(
        [
            Contender("ours", lambda: ours_of(bars, FEW, STOPS), BARS * len(few)),
            Contender(
                "vectorbt", lambda: vectorbt(bars, few, sl_stop=0.05, size=0.5, size_type="percent"), BARS * len(few)
            ),
        ],
        ROUNDS,
        progress,
    )
    ours, peer = timings
    return Result(
        "Sweep of any strategy: its own decide, a stop, half of the equity",
        f"1 symbol x {BARS:,} bars x {len(few):,} settings",
        timings,
        [Goal("times vectorbt", 20, ours.rate / peer.rate)],
        ["vectorbt's stop looks at closes alone here, ours at highs and lows"],
    )


def symbols(progress: Progress) -> Result:
    """Many symbols, one setting, each with its own capital."""
    series = [random_bars(BARS, seed) for seed in range(SYMBOLS)]
    closes, opens = (np.stack([getattr(bars, name) for bars in series], axis=1) for name in ("close", "open"))
    strategy = SmaCross(10, 50, 0)
    columns = run_symbols(strategy, series, RULES)
    agree(columns, vectorbt_figures(closes, opens, [(10, 50)]), "vectorbt")
    timings = measure(
        [
            Contender("ours", lambda: run_symbols(strategy, series, RULES), closes.size),
            Contender("vectorbt", lambda: vectorbt_figures(closes, opens, [(10, 50)]), closes.size, rounds=3),
        ],
        ROUNDS,
        progress,
    )
    ours, peer = timings
    return Result(
        "Many symbols, one setting",
        f"{SYMBOLS} symbols x {BARS:,} bars",
        timings,
        [Goal("times vectorbt", 80, ours.rate / peer.rate)],
        ["ours checks every open, close and volume first"],
    )


def minutes(progress: Progress) -> Result:
    """One symbol, many bars, one setting."""
    bars, pair = random_bars(MINUTES, step=MINUTE), [(10, 50)]
    short = bars[: MINUTES // 10]
    grid: Grid = {"fast": [10], "slow": [50]}
    agree(ours_of(bars, grid, RULES), raptorbt(bars, pair), "raptorbt")
    timings = measure(
        [
            Contender("ours", lambda: ours_of(bars, grid, RULES), MINUTES),
            Contender("raptorbt", lambda: raptorbt(bars, pair), MINUTES),
            Contender("vectorbt", lambda: vectorbt(bars, pair), MINUTES),
            Contender("backtesting.py", lambda: backtesting_py(short, pair), len(short), rounds=1),
        ],
        ROUNDS,
        progress,
    )
    rate = {timing.name: timing.rate for timing in timings}
    return Result(
        "One symbol, one setting, one-minute bars",
        f"{MINUTES:,} bars (backtesting.py: {len(short):,})",
        timings,
        [
            Goal("times vectorbt", 20, rate["ours"] / rate["vectorbt"]),
            Goal("times raptorbt", 9, rate["ours"] / rate["raptorbt"]),
            Goal("times backtesting.py", 500, rate["ours"] / rate["backtesting.py"]),
        ],
    )


def started(progress: Progress) -> Result:
    """From the shell to the first figures, with the kernels compiled before."""
    bars = random_bars(BARS)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "acme.csv"
        columns = (bars.sessions.astype(str), bars.open, bars.high, bars.low, bars.close, bars.volume)
        lines = [",".join(map(str, row)) for row in zip(*(column.tolist() for column in columns), strict=True)]
        path.write_text("\n".join(["date,open,high,low,close,volume", *lines]) + "\n")
        command = [sys.executable, "-m", "back_testing", "run", "--strategy", "sma_cross", "--csv", str(path), "--json"]

        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

        def run() -> None:
            subprocess.run(command, check=True, capture_output=True, env=environment)

        timings = measure([Contender("backtest run", run, BARS)], ROUNDS, progress)
    return Result(
        "First result of `backtest run` from a cold shell",
        f"a CSV file of {BARS:,} bars",
        timings,
        [Goal("seconds", 3, timings[0].median, at_most=True)],
    )


def pairs(grid: Grid) -> list[Pair]:
    """Every pair of a grid, in its order."""
    return [(fast, slow) for fast in grid["fast"] for slow in grid["slow"]]


def consume(blocks: Any) -> int:
    """Look at each block and let it go, as a reader of a stream does."""
    return sum(len(block) for block in blocks)


def ours_of(bars: Bars, grid: Grid, rules: TradingRules) -> dict[str, Floats]:
    """The figures of a small sweep."""
    blocks: list[SweepBlock] = list(sweep(SmaCross, grid, bars, rules, fixed={"trend": 0}))
    return {name: np.concatenate([block.statistics[name] for block in blocks]) for name in blocks[0].statistics}


def agree(ours: dict[str, Floats], theirs: dict[str, Floats], name: str) -> None:
    """Raise AssertionError unless final equity, drawdown and number of trades are the same."""
    for figure, values in theirs.items():
        if not np.allclose(ours[figure], values, rtol=1e-6, atol=1e-9):
            raise AssertionError(f"{figure} differs from that of {name}: {ours[figure][:3]} and {values[:3]}")


def vectorbt(bars: Bars, chosen: Sequence[Pair], **more: Any) -> dict[str, Floats]:
    """Run vectorbt on one symbol."""
    return vectorbt_figures(bars.close[:, None], bars.open[:, None], chosen, **more)


def vectorbt_figures(
    closes: Floats,
    opens: Floats,
    chosen: Sequence[Pair],
    **more: Any,
) -> dict[str, Floats]:
    """Run vectorbt as its documentation does: all columns at once; signals are moved on by a bar, to its open."""
    vbt: Any = import_module("vectorbt")
    close, price = pd.DataFrame(closes), pd.DataFrame(opens)
    fast = vbt.MA.run(close, [pair[0] for pair in chosen], short_name="fast")
    slow = vbt.MA.run(close, [pair[1] for pair in chosen], short_name="slow")
    entries, exits = fast.ma_crossed_above(slow).vbt.fshift(1), fast.ma_crossed_below(slow).vbt.fshift(1)
    prices = pd.concat([price] * len(chosen), axis=1, ignore_index=True).to_numpy() if len(chosen) > 1 else opens
    portfolio = vbt.Portfolio.from_signals(
        close, entries, exits, price=prices, fees=FEE, init_cash=CASH, freq="1D", **more
    )
    portfolio.total_return(), portfolio.sharpe_ratio()
    return {
        "final_equity": np.asarray(portfolio.value().iloc[-1]),
        "max_drawdown": np.asarray(portfolio.max_drawdown()),
        "n_trades": np.asarray(portfolio.trades.closed.count()),
    }


def raptorbt(bars: Bars, chosen: Sequence[Pair]) -> dict[str, Floats]:
    """Run raptorbt: one batch over all cores for many pairs; a single run for one."""
    peer: Any = import_module("raptorbt")
    settings = peer.BacktestConfig(initial_capital=CASH, fees=FEE, fill_timing="next_bar_open")
    columns = (bars.opened_at.astype("datetime64[ns]").astype(np.int64), bars.open, bars.high, bars.low, bars.close)
    averages = {window: peer.sma(bars.close, window) for pair in chosen for window in pair}
    signals = [crossed(averages[fast], averages[slow]) for fast, slow in chosen]
    if len(chosen) == 1:
        results = [peer.run_single_backtest(*columns, bars.volume, *signals[0], config=settings)]
    else:
        items = [peer.BatchSingleItem(str(at), *flags) for at, flags in enumerate(signals)]
        results = [result for _, result in peer.batch_single_backtest(*columns, bars.volume, items, settings)]
    metrics = [result.metrics for result in results]
    return {
        "total_return": np.array([m.total_return_pct / 100 for m in metrics]),
        "max_drawdown": np.array([-m.max_drawdown_pct / 100 for m in metrics]),
    }


def crossed(fast: Floats, slow: Floats) -> tuple[Any, Any]:
    """Where one average crosses the other, as flags."""
    above, below = fast > slow, fast < slow
    entries, exits = np.zeros(len(fast), dtype=bool), np.zeros(len(fast), dtype=bool)
    entries[1:] = above[1:] & (fast[:-1] <= slow[:-1])
    exits[1:] = below[1:] & (fast[:-1] >= slow[:-1])
    return entries, exits


def backtesting_py(bars: Bars, chosen: Sequence[Pair]) -> list[Any]:
    """Run backtesting.py, pair by pair."""
    peer: Any = import_module("backtesting")
    crossover = import_module("backtesting.lib").crossover

    class Cross(peer.Strategy):  # type: ignore[misc]  # the package has no types
        pair: Pair = (10, 50)

        def init(self) -> None:
            close = pd.Series(self.data.Close)
            self.fast, self.slow = (self.I(lambda w: close.rolling(w).mean(), window) for window in self.pair)

        def next(self) -> None:
            if crossover(self.fast, self.slow):
                self.buy()
            elif crossover(self.slow, self.fast):
                self.position.close()

    frame = pd.DataFrame(
        {name.capitalize(): getattr(bars, name) for name in ("open", "high", "low", "close", "volume")},
        index=pd.DatetimeIndex(bars.opened_at),
    )
    run: Callable[..., Any] = peer.Backtest(frame, Cross, cash=1_000_000, commission=FEE).run
    return [run(pair=pair) for pair in chosen]


def backtrader(bars: Bars, chosen: Sequence[Pair]) -> None:
    """Run backtrader, pair by pair, with its analyzers for the same figures."""
    peer: Any = import_module("backtrader")

    class Cross(peer.Strategy):  # type: ignore[misc]  # the package has no types
        params = (("pair", (10, 50)),)

        def __init__(self) -> None:
            fast, slow = (peer.ind.SMA(self.data.close, period=window) for window in self.p.pair)
            self.cross = peer.ind.CrossOver(fast, slow)

        def next(self) -> None:
            if self.cross > 0:
                self.order_target_percent(target=0.95)
            elif self.cross < 0:
                self.close()

    frame = pd.DataFrame(
        {name: getattr(bars, name) for name in ("open", "high", "low", "close", "volume")},
        index=pd.DatetimeIndex(bars.opened_at),
    )
    for pair in chosen:
        engine = peer.Cerebro()
        engine.adddata(peer.feeds.PandasData(dataname=frame))
        engine.addstrategy(Cross, pair=pair)
        engine.broker.setcash(CASH)
        engine.broker.setcommission(FEE)
        for analyzer in (peer.analyzers.SharpeRatio, peer.analyzers.DrawDown, peer.analyzers.TradeAnalyzer):
            engine.addanalyzer(analyzer)
        engine.run()


MEMORY = """
import sys
from pathlib import Path
import psutil
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.rules import TradingRules
from back_testing.search.sweep import sweep
from bench.market import random_bars
settings, bars = int(sys.argv[1]), int(sys.argv[2])
grid = {"fast": range(5, 25), "slow": range(110, 210), "trend": range(settings // 2_000)}
done = sum(len(block) for block in sweep(SmaCross, grid, random_bars(bars), TradingRules(whole_shares=False)))
assert done == settings
status = Path("/proc/self/status")  # what resource tells includes the parent's memory on Linux
lines = status.read_text().splitlines() if status.exists() else []
peaks = [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
print(peaks[0] if peaks else psutil.Process().memory_info().rss / 2**20)
"""


def peak_memory(settings: int, bars: int) -> float:
    """MB that a process of its own needs at its peak for a sweep."""
    tests = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(settings), str(bars)],
        check=True,
        capture_output=True,
        text=True,
        cwd=tests,
    )
    return float(done.stdout)
