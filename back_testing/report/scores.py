"""What a report shows of a strategy on candle scores: price with both scores, and what came after they were reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.indicators.candle_ranks import Integers
from algo_trading.strategies.candle_rank import CandleRank
from algo_trading.strategies.score_history import ScoreHistory
from back_testing.report.charts import Chart, kept_points, line, time_axis
from back_testing.report.packed import packed
from back_testing.search.crossings import HORIZONS, Crossing, crossings

NOTHING = "\N{EN DASH}"
MOST_STEPS = 3_000  # points of a line: each is drawn three times
COLOURS = {"bull": "var(--up)", "bear": "var(--down)"}


@dataclass(frozen=True, slots=True)
class ScoreSection:
    """A chart, and a row for each level that a score reached: its name, how often, and a text for each horizon."""

    symbol: str
    maximum: int
    chart: Chart
    horizons: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[str, ...]], ...]


def score_section(strategy: CandleRank, whole: Bars, shown: int) -> ScoreSection:
    """The section about the last `shown` of `whole`; scores rest on those before, too."""
    start = len(whole) - shown
    scores, thresholds = strategy.scores(whole).after(start), [values[start:] for values in strategy.thresholds(whole)]
    bars = whole[start:]
    return ScoreSection(
        bars.instrument.symbol,
        scores.maximum,
        score_chart(bars, scores, dict(zip(COLOURS, thresholds, strict=True))),
        tuple(HORIZONS),
        tuple(map(_row, crossings(bars, scores))),
    )


def score_chart(bars: Bars, scores: ScoreHistory, thresholds: Mapping[str, Floats]) -> Chart:
    """Closes, and beneath them the scores with their thresholds; of points left out the highest score stays."""
    kept = kept_points(len(bars), MOST_STEPS)
    series = [line(bars.instrument.symbol, bars.close[kept], "var(--strategy)", format="price")]
    segments = []
    for name, values in (("bull", scores.bull), ("bear", scores.bear)):
        series.append(line(f"{name} score", _highest(values, kept), COLOURS[name], pane=1, format="count", step=True))
        if np.isfinite(thresholds[name]).any():
            segments.append(_threshold(f"{name} threshold", thresholds[name], kept, COLOURS[name]))
    return {
        **time_axis(bars.opened_at[kept]),
        "panes": [
            {"title": "price", "weight": 0.64},
            {"title": "scores", "weight": 0.36, "range": [0, scores.maximum]},
        ],
        "series": series,
        "segments": segments,
    }


def _threshold(name: str, levels: Floats, kept: slice, colour: str) -> Chart:
    """A dotted line for each stretch with the same finite threshold, from its first place to the next one's."""
    levels = np.where(np.isfinite(levels), levels, np.nan)
    changed = ~((levels[1:] == levels[:-1]) | (np.isnan(levels[1:]) & np.isnan(levels[:-1])))
    starts = np.concatenate(([0], np.flatnonzero(changed) + 1))
    ends = np.append(starts[1:], len(levels) - 1)
    some = np.isfinite(levels[starts])
    places = [np.maximum(0, (bars - kept.start) // kept.step) for bars in (starts[some], ends[some])]
    level = packed(levels[starts[some]])
    return {"name": name, "pane": 1, "colour": colour, "from": packed(places[0]), "to": packed(places[1]),
            "start": level, "end": level}  # fmt: skip


def _highest(values: Integers, kept: slice) -> Floats:
    """The greatest value up to each point kept, since the one before."""
    if not len(values):
        return np.empty(0)
    starts = np.maximum(np.arange(kept.start, len(values), kept.step) - kept.step + 1, 0)
    return np.maximum.reduceat(values, starts).astype(np.float64)


def _row(crossing: Crossing) -> tuple[str, int, tuple[str, ...]]:
    changes = (f"{change:+z.1f}" if isfinite(change) else NOTHING for change in crossing.best.values())
    return f"{crossing.kind} {crossing.score}", crossing.count, tuple(changes)


def score_sections(strategy: Any, chosen: Sequence[tuple[Bars, int]]) -> list[ScoreSection]:  # noqa: ANN401
    """A section for each of the bars, history included, with how many of them are shown; none for other strategies."""
    if not isinstance(strategy, CandleRank):
        return []
    return [score_section(strategy, whole, shown) for whole, shown in chosen]
