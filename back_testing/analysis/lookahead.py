"""Look on data for decisions and fills that know the future.

- The future is cut off after many bars (`lookahead_cuts`): what is said of the bars before must stay the same.
- Prices and volumes are rescaled: decisions must stay. The level of adjusted prices knows later splits and dividends.
- No decision may come in the warm-up.
- What comes after a fill is changed (`lookahead_fills`): that fill and all before it must stay the same.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.cross_section import decide_all, decide_one
from back_testing.analysis.lookahead_cuts import Answers, Questions, ask_in_fresh_process, spread_out
from back_testing.analysis.lookahead_fills import fills_of, moved_fill
from back_testing.engine import backtest
from back_testing.engine.checks import require_bars, require_warmup
from back_testing.engine.result import BacktestResult
from back_testing.engine.rules import TradingRules
from back_testing.engine.trade import Trade

MOST_CUTS = 2_500  # of all symbols together, but
FEWEST_CUTS = 250  # of each
MOST_FILLS = 40
SCALES = tuple(2.0**power for power in (-12, -5, -2, -1, 1, 2, 5, 12))  # exact in floating point: no rounding differs


Say = Callable[[Bars], Decisions]  # what is decided about an instrument, with these bars in place of its own


@dataclass(frozen=True)
class LookaheadReport:
    """What was tried on one symbol, and every leak found, as sentences; `idle` is why there was no trade, else empty.

    `cuts` are series whose future was cut off, `fills` those asked about, `rescalings` other price levels.
    """

    symbol: str
    cuts: int
    fills: int
    rescalings: int
    decisions_changed: tuple[str, ...]
    remembered: tuple[str, ...]
    level_dependent: tuple[str, ...]
    in_warmup: tuple[str, ...]
    fills_moved: tuple[str, ...]
    idle: str = ""

    @property
    def proven(self) -> bool:
        """Whether there was a fill to ask about, and nothing was found."""
        return self.honest and self.fills > 0

    @property
    def honest(self) -> bool:
        """Whether nothing was found."""
        return not self.sentences

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that was found."""
        return (
            *self.decisions_changed,
            *self.remembered,
            *self.level_dependent,
            *self.in_warmup,
            *self.fills_moved,
        )


def as_they_are(bars: Bars) -> Bars:
    """Bars of a strategy that needs no features."""
    return bars


def check_lookahead(
    strategy: Strategy,
    series: Sequence[Bars],
    rules: TradingRules,
    first: date | None = None,
    *,
    join: Callable[[Bars], Bars] = as_they_are,
    ask: Callable[[Questions], list[Answers]] | None = None,
) -> list[LookaheadReport]:
    """Ask a strategy about each of `series`, each traded alone by `rules` from the session `first` on.

    `join` gives bars whose future was cut off the features that were known by their last close. `ask` puts the
    questions about cuts, in a fresh process unless given.

    Raises:
        ConfigError: bars cannot be traded, as `backtest.run` says, or the strategy's class cannot be imported.
    """
    for bars in series:
        require_bars(bars)
        require_warmup(strategy, bars)
    whole = tuple(decide_all(strategy, series))  # as a portfolio's backtest asks
    budget = max(MOST_CUTS // len(series), FEWEST_CUTS)
    asked = [partial(decide_one, strategy, series, k) for k in range(len(series))]
    cuts = tuple(_cuts(strategy, bars, said, budget, say) for bars, said, say in zip(series, whole, asked, strict=True))
    answers = (ask or ask_in_fresh_process)(Questions(strategy, tuple(series), whole, cuts, join))
    reports = []
    for bars, said, kept, answer, say in zip(series, whole, cuts, answers, asked, strict=True):
        result = backtest.run_decisions(strategy, bars, said, rules, first)
        reports.append(_report(result, bars, said, answer, say, len(kept), first))
    return reports


def _report(  # noqa: PLR0917 - one value of each kind
    result: BacktestResult,
    bars: Bars,
    whole: Decisions,
    answers: Answers,
    say: Say,
    cuts: int,
    first: date | None,
) -> LookaheadReport:
    strategy, filled = result.strategy, fills_of(bars, result.trades)

    def trade(these: Bars) -> list[Trade]:
        return backtest.trades_alone(strategy, these, say(these), result.rules, first)

    asked = [filled[i] for i in spread_out(len(filled), MOST_FILLS)]
    moved = [moved_fill(bars, fill, filled, lambda these: fills_of(these, trade(these))) for fill in asked]
    return LookaheadReport(
        symbol=bars.instrument.symbol,
        cuts=cuts,
        fills=len(asked),
        rescalings=2 * len(SCALES),
        decisions_changed=tuple(dict.fromkeys(answers.changed)),
        remembered=tuple(dict.fromkeys(answers.remembered)),
        level_dependent=tuple(_level_dependent(say, bars, whole)),
        in_warmup=tuple(_in_warmup(strategy, bars, whole)),
        fills_moved=tuple(dict.fromkeys(filter(None, moved))),
        idle="" if filled else _idle(result, whole),
    )


def _cuts(strategy: Strategy, bars: Bars, whole: Decisions, budget: int, say: Say) -> list[int]:
    """Numbers of bars to keep: all, else up to each decision, to where there might have been one, and some in between.

    Where there might have been one is where there is one on other volumes: a decision that tomorrow's volume vetoed.
    """
    warmup, n = max(strategy.warmup, 1), len(bars)
    every = np.arange(warmup, n)
    if len(every) <= budget:
        return every.tolist()
    decided = whole.entries | whole.exits
    for seed in range(4):
        noise = np.exp(np.random.default_rng(seed).normal(0, 1.5, n))
        other = say(replace(bars, volume=bars.volume * noise))
        decided = decided | other.entries | other.exits
    places = np.flatnonzero(decided) + 1
    chosen = places[spread_out(len(places), budget // 2)]
    cuts: list[int] = np.union1d(chosen, np.linspace(warmup, n, budget // 2, dtype=np.int64)).tolist()
    return [cut for cut in cuts if warmup <= cut < n]


def _level_dependent(say: Say, bars: Bars, whole: Decisions) -> Iterator[str]:
    """What changes when prices are at another level, as a split (volumes the other way) or a dividend leaves them."""
    for kind, power in (("volumes divided by it", -1), ("volumes as they are", 0)):
        for scale in SCALES:
            prices = {name: getattr(bars, name) * scale for name in ("open", "high", "low", "close")}
            seen = say(replace(bars, **prices, volume=bars.volume * scale**power))
            for name in ("entries", "exits", "confidence", "size"):
                then, now = getattr(seen, name), getattr(whole, name)
                same = np.isclose(then, now, rtol=1e-9, atol=1e-9, equal_nan=True)
                if not same.all():
                    at = int(np.argmin(same))
                    level = f"all prices times {scale:g} and {kind}"
                    yield (
                        f"{name} at {bars.session(at)} is {now[at]}, and {then[at]} with {level}: it depends on the "
                        "level of adjusted prices, which later splits and dividends change"
                    )
                    return


def _in_warmup(strategy: Strategy, bars: Bars, whole: Decisions) -> Iterator[str]:
    early = np.flatnonzero((whole.entries | whole.exits)[: max(strategy.warmup - 1, 0)])
    if len(early):
        yield (
            f"it decides at {bars.session(int(early[0]))}, bar {int(early[0]) + 1}, and says that it needs "
            f"{strategy.warmup} bars before its first decision"
        )


def _idle(result: BacktestResult, whole: Decisions) -> str:
    """Why nothing was filled."""
    decided = whole.entries[result.history :] | whole.exits[result.history :]
    limit = result.limits.max_positions
    if decided.any():
        why = (
            result.below_order_level and f"{result.below_order_level} are below {result.limits.order_from} confidence",
            result.at_position_limit and f"{result.at_position_limit} came at the limit of {limit}",
            result.refused and f"{result.refused} could not be afforded",
        )
        named = " and ".join(reason for reason in why if reason)
        return f"none of its {int(decided.sum())} decisions led to a fill" + (f", and {named}" if named else "")
    return "; ".join(result.notes) or f"it decided nothing on {len(result.times):,} bars"
