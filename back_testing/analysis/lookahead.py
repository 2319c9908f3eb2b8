"""Prove on data that neither decisions nor fills know the future.

Decisions: the future is cut off after many bars, and what the strategy says of the bars before must stay the same. Text
and figures are joined anew to the bars that are left, so a join that knows the future is found out too.
Fills: prices after a fill are changed and text is forgotten, and that fill and all before it must stay the same. A fill
at an open is asked with the high, low and close of its own bar changed too.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from itertools import zip_longest
from math import isclose

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.decide import decide
from back_testing.engine import backtest
from back_testing.engine.result import BacktestResult, ExitReason
from back_testing.engine.rules import TradingRules

MOST_CUTS = 600
MOST_FILLS = 40
INTRABAR = {ExitReason.STOP_LOSS, ExitReason.TRAILING_STOP, ExitReason.TAKE_PROFIT, ExitReason.RUIN}
NO_FILL = {ExitReason.END_OF_DATA, ExitReason.OPEN}
SAME = 1e-9  # relative: rounding may depend on where an array ends


@dataclass(frozen=True, slots=True)
class Fill:
    """An entry or exit: the bar it was filled in, whether at its open, and what was filled."""

    index: int
    at_open: bool
    kind: str
    price: float
    size: float


@dataclass(frozen=True)
class LookaheadReport:
    """What was asked, and every answer that changed, as sentences; `idle` is why there was no trade, else empty."""

    symbol: str
    cuts: int
    fills: int
    decisions_changed: tuple[str, ...]
    fills_moved: tuple[str, ...]
    idle: str = ""

    @property
    def proven(self) -> bool:
        """Whether there was a fill to ask about, and nothing changed."""
        return self.honest and self.fills > 0

    @property
    def honest(self) -> bool:
        """Whether nothing changed."""
        return not self.sentences

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that changed."""
        return (*self.decisions_changed, *self.fills_moved)


def check_lookahead(
    strategy: Strategy,
    bars: Bars,
    rules: TradingRules,
    first: date | None = None,
    join: Callable[[Bars], Bars] = lambda bars: bars,
) -> LookaheadReport:
    """Ask a strategy on `bars`, traded by `rules` from the session `first` on.

    `join` gives bars whose future was cut off the features that were known by their last close.

    Raises:
        ConfigError: the bars cannot be traded, as `engine.run` says.
    """

    def fills_on(these: Bars) -> list[Fill]:
        return fills_of(backtest.run(strategy, these, rules, first))

    result = backtest.run(strategy, bars, rules, first)
    filled = fills_of(result)
    asked = [filled[i] for i in _spread(len(filled), MOST_FILLS)]
    moved = []
    for fill in asked:
        for factor in (0.7, 1.4):
            sentence = _moved(bars, fill, filled, fills_on(_with_later_prices(bars, fill, factor)))
            if sentence:
                moved.append(sentence)
                break
    whole = decide(strategy, bars)
    cuts = _cuts(whole, strategy.warmup, len(bars))
    changed = [sentence for cut in cuts for sentence in _cut_off(strategy, bars, whole, join(bars[:cut]))]
    return LookaheadReport(
        symbol=bars.instrument.symbol,
        cuts=len(cuts),
        fills=len(asked),
        decisions_changed=tuple(dict.fromkeys(changed)),
        fills_moved=tuple(dict.fromkeys(moved)),
        idle="" if filled else _idle(result, whole),
    )


def fills_of(result: BacktestResult) -> list[Fill]:
    """Every fill in the order of time; `index` counts the history too. The closing at the end of the data is none."""
    times = result.times.astype("datetime64[us]").tolist()
    places = {time.replace(tzinfo=UTC): index + result.history for index, time in enumerate(times)}
    fills = []
    for trade in result.trades:
        entry = Fill(
            places[trade.entry_time], at_open=True, kind=f"{trade.side} entry", price=trade.entry_price, size=trade.size
        )
        fills.append(entry)
        if trade.exit_time is not None and trade.reason not in NO_FILL:
            at_open = trade.reason not in INTRABAR
            kind = f"{trade.side} exit ({trade.reason})"
            fills.append(Fill(places[trade.exit_time], at_open, kind, trade.exit_price, trade.size))
    return sorted(fills, key=lambda fill: (fill.index, not fill.at_open))


def _idle(result: BacktestResult, whole: Decisions) -> str:
    """Why nothing was filled."""
    decided = whole.entries[result.history :] | whole.exits[result.history :]
    if decided.any():
        why = (
            result.below_order_level and f"{result.below_order_level} are below {result.limits.order_from} confidence",
            result.at_position_limit
            and f"{result.at_position_limit} found {result.limits.max_positions} positions taken",
            result.refused and f"{result.refused} could not be afforded",
        )
        told = " and ".join(reason for reason in why if reason)
        return f"none of its {int(decided.sum())} decisions led to a fill" + (f", and {told}" if told else "")
    return "; ".join(result.notes) or f"it decided nothing on {len(result.times):,} bars"


def _cuts(whole: Decisions, warmup: int, n: int) -> Sequence[int]:
    """Numbers of bars to keep: up to each decision, and some in between."""
    decided = np.flatnonzero(whole.entries | whole.exits) + 1
    chosen = decided[_spread(len(decided), MOST_CUTS // 2)]
    cuts: list[int] = np.union1d(chosen, np.linspace(warmup, n, MOST_CUTS // 2, dtype=np.int64)).tolist()
    return [cut for cut in cuts if warmup <= cut < n]


def _spread(n: int, most: int) -> list[int]:
    """At most `most` of n positions, evenly spread."""
    places: list[int] = np.unique(np.linspace(0, n - 1, min(n, most), dtype=np.int64)).tolist()
    return places


def _cut_off(strategy: Strategy, bars: Bars, whole: Decisions, known: Bars) -> Iterator[str]:
    seen, cut = decide(strategy, known), len(known)
    later = f"without the {len(bars) - cut} bars after {bars.session(cut - 1)}"
    for name in strategy.features:
        then, now = known.features[name], bars.features[name][:cut]
        if not np.array_equal(then, now, equal_nan=True):
            at = int(np.argmin((then == now) | (np.isnan(then) & np.isnan(now))))
            yield f"{name} at {bars.session(at)} is {now[at]}, and {then[at]} {later}"
    columns = ("entries", "exits", "confidence", "size", *(() if whole.shares is None else ("shares",)))
    for name in columns:
        then, now = getattr(seen, name), getattr(whole, name)[:cut]
        if then is None or len(then) != cut:
            yield f"{name} has {0 if then is None else len(then)} values for {cut} bars"
            continue
        if np.array_equal(then, now):
            continue
        same = np.isclose(then, now, rtol=SAME, atol=SAME, equal_nan=True)
        if not same.all():
            at = int(np.argmin(same))
            yield f"{name} at {bars.session(at)} is {now[at]}, and {then[at]} {later}"
    if strategy.explain(known, -1) != strategy.explain(bars, cut - 1):
        yield f"the reason at {bars.session(cut - 1)} is another one {later}"


def _moved(bars: Bars, fill: Fill, before: Sequence[Fill], after: Sequence[Fill]) -> str:
    """What became of the first fill up to `fill` that is not the same once later prices are others."""

    def known(fills: Sequence[Fill]) -> list[Fill]:
        return [f for f in fills if f.index < fill.index or (f.index == fill.index and (f.at_open or not fill.at_open))]

    for old, new in zip_longest(known(before), known(after)):
        if not _same_fill(old, new):
            return (
                f"{_told(bars, old)} becomes {_told(bars, new)} when only prices after the "
                f"{'open' if fill.at_open else 'bar'} of {bars.session(fill.index)} change"
            )
    return ""


def _with_later_prices(bars: Bars, fill: Fill, factor: float) -> Bars:
    """Every price after `fill` is another one, and no text is known; whether a bar can be traded in (volume) stays."""
    n = len(bars)
    wobble = factor * (1 + 0.05 * np.sin(np.arange(n) * 1.7))
    start = fill.index + 1
    prices = {name: getattr(bars, name).copy() for name in ("open", "high", "low", "close")}
    for values in prices.values():
        values[start:] *= wobble[start:]
    if fill.at_open:
        at = fill.index
        prices["close"][at] *= factor
        prices["high"][at] = 1.01 * max(prices["open"][at], prices["close"][at])
        prices["low"][at] = 0.99 * min(prices["open"][at], prices["close"][at])
    heard = {name: values.copy() for name, values in bars.features.items()}
    for values in heard.values():
        values[fill.index if fill.at_open else start :] = np.nan
    return replace(bars, **prices, features=heard)


def _same_fill(one: Fill | None, other: Fill | None) -> bool:
    if one is None or other is None:
        return one is other
    return (
        (one.index, one.at_open, one.kind) == (other.index, other.at_open, other.kind)
        and isclose(one.price, other.price, rel_tol=SAME)
        and isclose(one.size, other.size, rel_tol=SAME)
    )


def _told(bars: Bars, fill: Fill | None) -> str:
    if fill is None:
        return "no fill"
    return f"the {fill.kind} of {bars.session(fill.index)} at {fill.price:.4f} (size {fill.size:g})"
