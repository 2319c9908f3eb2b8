"""How unusual candles are in short texts, and the tables of scores that mails carry and other programs read."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import fields
from math import isnan
from typing import Any

from algo_trading.domain.scores import CandleRank, PairScore
from algo_trading.notification.words import price_text

RARE, COMMON = 20.0, 80.0  # ranks up to the one and from the other on are worth a look
ORDINARY, ABSENT = "AVERAGE", "NA"
FIGURES = tuple(field.name for field in fields(CandleRank))
TEXTS = ("candle_change", "candle_amplitude", "candle_max_up", "candle_max_down")
COLUMNS = ("pair", "venue", "at", "price", "bull", "bear", "maximum", "timeframe", *FIGURES, *TEXTS)


def candle_texts(rank: CandleRank) -> dict[str, str]:
    """A text for each of TEXTS.

    Where a rank is out of the ordinary it has the rank, the present value and the mean of the closed candles, else it
    is AVERAGE, and NA without a rank. What is ranked among the highs and lows of other candles is the change, so it
    is the present value there, too; high ranks say nothing then and are AVERAGE.
    """
    values = (
        ("change", f"{rank.change:+z.1f}", rank.rank_change, f"{rank.average_change:+z.1f}", True),
        ("amplitude", f"{rank.amplitude:.1f}", rank.rank_amplitude, f"{rank.average_amplitude:.1f}", True),
        ("change", f"{rank.change:+z.1f}", rank.rank_max_up, f"{rank.average_max_up:+z.1f}", False),
        ("change", f"{rank.change:+z.1f}", rank.rank_max_down, f"{rank.average_max_down:+z.1f}", False),
    )
    return {
        text: _text(name, present, place, average, both_ends=both_ends)
        for text, (name, present, place, average, both_ends) in zip(TEXTS, values, strict=True)
    }


def score_title(score: PairScore) -> str:
    """A pair's price and scores in a line."""
    return (
        f"{score.instrument}  {price_text(score.price)}  at {score.at:%Y-%m-%d %H:%M} UTC:  "
        f"bull {score.bull} of {score.maximum}, bear {score.bear} of {score.maximum}"
    )


def scores_csv(scores: Iterable[PairScore]) -> str:
    """A line with COLUMNS for each pair and timeframe; figures have full digits, those that are not there are empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for score in scores:
        pair = (score.instrument.symbol, score.instrument.venue, score.at.isoformat(), score.price)
        for interval, rank in score.timeframes.items():
            figures: Sequence[Any] = [getattr(rank, name) for name in FIGURES]
            row = [*pair, score.bull, score.bear, score.maximum, str(interval), *map(_shown, figures)]
            writer.writerow([*row, *candle_texts(rank).values()])
    return stream.getvalue()


def _text(name: str, present: str, place: float, average: str, *, both_ends: bool) -> str:
    if isnan(place):
        return ABSENT
    if place <= RARE or (both_ends and place >= COMMON):
        return f"rank {place:.1f}, {name} {present}, average {average}"
    return ORDINARY


def _shown(value: float) -> float | str:
    return "" if isnan(value) else value
