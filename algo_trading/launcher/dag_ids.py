"""What the DAGs are called."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from algo_trading.domain.time import Interval

DISPATCH = "signal_dispatch"
PER_WATCHLIST = {
    "bars",
    "candles",
    "candle_backfill",
    "indicators",
    "signals",
}  # files that make DAGs for each watchlist's intervals
# The watchlist of the sample keeps the names that its DAGs have always had.
FIRST_NAMES = {("us_stocks", Interval.DAY): ("equity_daily_bars", "daily_indicators", "strategy_signals")}


@dataclass(frozen=True, slots=True)
class DagIds:
    """The DAGs that bring bars in, compute indicators and decide; of an intraday interval the first does all three.

    `backfill` does so for whole days of an intraday interval's history.
    """

    bars: str
    indicators: str
    signals: str
    backfill: str


def clock_name(watchlist: str, interval: Interval) -> str:
    """E.g. `us_stocks_1d`; a month is written out, because names differ by more than their case."""
    return f"{watchlist}_{'1month' if interval is Interval.MONTH else interval}"


def dag_ids(watchlist: str, interval: Interval) -> DagIds:
    """The ids of a watchlist's interval."""
    name = clock_name(watchlist, interval)
    made = (f"bars_{name}", f"indicators_{name}", f"signals_{name}")
    return DagIds(*FIRST_NAMES.get((watchlist, interval), made), f"backfill_{name}")


def chain(watchlist: str, interval: Interval) -> tuple[str, ...]:
    """The DAGs that a period passes, in order; the first is the one to backfill."""
    ids = dag_ids(watchlist, interval)
    return (ids.bars, DISPATCH) if interval.intraday else (ids.bars, ids.indicators, ids.signals, DISPATCH)


def every_dag(folder: Path, clocks: Iterable[tuple[str, Interval]]) -> set[str]:
    """Of a folder of DAG files: one DAG for each file, and those of each watchlist's intervals."""
    found = {path.stem for path in folder.glob("*.py")} - PER_WATCHLIST
    for watchlist, interval in clocks:
        found.update(chain(watchlist, interval))
        if interval.intraday:
            found.add(dag_ids(watchlist, interval).backfill)
    return found
