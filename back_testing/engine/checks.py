"""What a backtest can be run on."""

import numpy as np

from algo_trading.domain.bars import COLUMNS, Bars, Floats
from algo_trading.domain.features import tuned_timeframes
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Decisions, Flags, Strategy
from back_testing.engine.workers import PARALLEL_FROM, Workers

PRICES = ("open", "high", "low", "close")
NOISE = 1e-6  # relative; adjusted prices may put the high a rounding error below the close


def require_bars(bars: Bars, threads: int | None = 1) -> None:
    """Raise ConfigError at the first bar that is none: NaN, a price of 0 or below, a high below the low.

    `threads` may look at many bars; None for as many as there are processors.
    """
    from back_testing.engine.kernels.checking import all_valid

    if not len(bars):
        raise ConfigError(f"there are no bars of {bars.instrument} in this range")
    series = [np.ascontiguousarray(getattr(bars, name), dtype=np.float64) for name in COLUMNS]
    found = []

    def look(low: int, high: int) -> None:
        found.append(all_valid(*(values[low:high] for values in series), NOISE))

    with Workers(threads if len(bars) >= PARALLEL_FROM else 1) as workers:
        workers.share(look, len(bars))
    if all(found):
        return
    columns = np.stack(series)
    prices = columns[:4]
    body_top, body_bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    problems = (
        (~np.isfinite(columns).all(axis=0), "has a value that is missing or no number"),
        ((prices <= 0).any(axis=0), "has a price of 0 or below"),
        (bars.volume < 0, "has a negative volume"),
        (bars.high < body_top * (1 - NOISE), "has a high below its open or close"),
        (bars.low > body_bottom * (1 + NOISE), "has a low above its open or close"),
    )
    for wrong, what in problems:
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ConfigError(f"the bar of {bars.instrument} on {bars.session(row)} {what}; correct it or leave it out")


def require_warmup(strategy: Strategy, bars: Bars) -> None:
    """Raise ConfigError unless there are bars enough for a first decision, with every feature that it needs."""
    if missing := missing_features(strategy, bars):
        raise ConfigError(missing)
    if len(bars) < strategy.warmup:
        raise ConfigError(
            f"{strategy.id} needs {strategy.warmup} bars before its first decision, and there are {len(bars)} of "
            f"{bars.instrument}; take an earlier --from, a later --to or shorter windows"
        )


def missing_features(strategy: Strategy, bars: Bars) -> str:
    """The features that a strategy needs and these bars lack, as a sentence; empty where nothing is missing."""
    missing = [name for name in strategy.needs if name not in bars.features]
    if not missing:
        return ""
    where = "name a symbol of the database with --symbol, without --csv"
    if any(map(tuned_timeframes, missing)):
        where = "run or compare it on symbols of the database; many settings at once have numbers as thresholds"
    return f"{strategy.name} needs {', '.join(missing)}, which these bars do not have: {where}"


def require_decisions(strategy: Strategy, bars: Bars, decisions: Decisions) -> None:
    """Raise ConfigError unless the strategy decided about each bar, with a size from 0 to 1 and no negative shares."""
    columns = (decisions.entries, decisions.exits, decisions.confidence, decisions.size, decisions.shares)
    lengths = {len(values) for values in columns if values is not None}
    if lengths != {len(bars)}:
        raise ConfigError(f"{strategy.id} gives {max(lengths)} decisions about {len(bars)} bars")
    entering = decisions.size[decisions.entries | decisions.exits]
    if not bool(((entering >= 0) & (entering <= 1)).all()):
        raise ConfigError(f"{strategy.id} suggests a size that is not between 0 and 1")
    if decisions.shares is not None and bool((decisions.shares[decisions.entries] < 0).any()):
        raise ConfigError(f"{strategy.id} suggests fewer than 0 shares")


def tradable(volume: Floats) -> Flags:
    """Bars that an order can be filled in: those with volume.

    As long as a series never had any volume (an index), it is not known, and every bar is tradable.
    """
    traded: Flags = volume > 0
    if traded.all():
        return traded
    flags: Flags = traded | ~np.logical_or.accumulate(traded)
    return flags
