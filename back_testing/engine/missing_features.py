"""Features that were never known while a backtest traded, and how to bring them in: without them nothing is traded."""

from collections.abc import Callable, Sequence

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.domain.features import FUNDAMENTAL_FEATURES, TEXT_FEATURES, tuned_timeframes
from algo_trading.strategies.base import Strategy

LISTED = 5  # symbols that a sentence names
FIGURES = (
    "`algo-trading import-fundamentals FILE` brings its history into the database, `algo-trading look-up` what is "
    "known from today on"
)
TEXT = (
    "the database has no posts or articles that say it; `algo-trading run-text` brings them in through the configured "
    "feeds, of which `file` replays history (docs/feeds.md)"
)
TUNING = (
    "no threshold was tuned on candles before them; `algo-trading tune PAIR --at MOMENT` tunes on what was known at a "
    "moment (docs/crypto.md)"
)
SOURCES: Sequence[tuple[Callable[[str], object], str]] = (
    (TEXT_FEATURES.__contains__, TEXT),
    (FUNDAMENTAL_FEATURES.__contains__, FIGURES),
    (tuned_timeframes, TUNING),
)


def unknown_features(strategy: Strategy | type[Strategy], series: Sequence[Bars]) -> tuple[str, ...]:
    """A sentence for each kind of features that `strategy` needs and that are NaN on every bar of an instrument.

    `series` are the bars traded, without those that only warm up.
    """
    sentences: list[str] = []
    series = [bars for bars in series if len(bars)]
    if not series:
        return ()
    all_needed = strategy.features if isinstance(strategy, type) else strategy.needs
    first, last = min(bars.session(0) for bars in series), max(bars.session(-1) for bars in series)
    for is_of_kind, hint in SOURCES:
        needed = [name for name in all_needed if is_of_kind(name)]
        symbols: dict[tuple[str, ...], list[str]] = {}
        for bars in series:
            missing = tuple(name for name in needed if bool(np.isnan(bars.features[name]).all()))
            if missing:
                symbols.setdefault(missing, []).append(bars.instrument.symbol)
        sentences += [
            f"{strategy.name} needs {' and '.join(names)}, unknown for {_listed(of)} on every bar from {first} to "
            f"{last}: {hint}"
            for names, of in symbols.items()
        ]
    return tuple(sentences)


def _listed(symbols: Sequence[str]) -> str:
    more = f" and {len(symbols) - LISTED} more" if len(symbols) > LISTED else ""
    return ", ".join(symbols[:LISTED]) + more
