"""What a bar knows beyond its prices: columns joined as of its close, and never anything that came later."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import numpy as np

from algo_trading.domain.bars import Bars, Floats, Times
from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.post import Mention
from algo_trading.domain.scores import TunedThresholds
from algo_trading.domain.time import Interval, array_time

# Of the mentions that became available after the close before and until the bar's close; NaN where there was none.
SENTIMENT = "sentiment"  # mean, weighted by the confidence of the mentions
IMPACT = "impact"  # the largest one by its magnitude
INFLUENCER_CONFIDENCE = "influencer_confidence"  # of the surest mention by an influencer
INFLUENCER_SENTIMENT = "influencer_sentiment"  # of the same mention
# As last seen by the bar's close; NaN where not known.
PE_RATIO = "pe_ratio"
MARKET_CAP = "market_cap"

TEXT_FEATURES = (SENTIMENT, IMPACT, INFLUENCER_CONFIDENCE, INFLUENCER_SENTIMENT)
FUNDAMENTAL_FEATURES = (PE_RATIO, MARKET_CAP)
FEATURES = (*TEXT_FEATURES, *FUNDAMENTAL_FEATURES)

# Thresholds of scores as last tuned; infinite where no threshold survived, NaN before the first tuning. The name ends
# with the timeframes: tuned_bull:1h,4h.
TUNED_BULL, TUNED_BEAR = "tuned_bull", "tuned_bear"


def tuned_features(timeframes: Sequence[Interval]) -> tuple[str, str]:
    """The names of the tuned thresholds of bull and bear scores on some timeframes."""
    listed = ",".join(timeframes)
    return f"{TUNED_BULL}:{listed}", f"{TUNED_BEAR}:{listed}"


def tuned_timeframes(feature: str) -> tuple[Interval, ...]:
    """The timeframes of a tuned threshold; empty for any other feature."""
    name, colon, listed = feature.partition(":")
    return tuple(map(Interval, listed.split(","))) if colon and name in {TUNED_BULL, TUNED_BEAR} else ()


def text_features(closed_at: Times, mentions: Sequence[Mention]) -> dict[str, Floats]:
    """The text features of bars with these closes (datetime64[us], UTC, ascending); arrays of the same length.

    `mentions` are of one instrument, in any order; those after the last close are not seen, those up to the first
    close belong to the first bar.
    """
    columns = _unknown(TEXT_FEATURES, len(closed_at))
    at: dict[int, list[Mention]] = {}
    moments = np.array([array_time(mention.available_at) for mention in mentions], dtype="datetime64[us]")
    for mention, bar in zip(mentions, np.searchsorted(closed_at, moments, side="left").tolist(), strict=True):
        if bar < len(closed_at):
            at.setdefault(bar, []).append(mention)
    for bar, seen in at.items():
        for name, value in _said(seen).items():
            columns[name][bar] = value
    return columns


def with_mention(bars: Bars, mention: Mention) -> Bars:
    """`bars` whose last one knows of `mention` alone, whenever that came; no other bar knows of any.

    What is decided on it therefore depends on no other post. Fundamental features stay as they are.

    Raises:
        ValueError: there are no bars.
    """
    if not len(bars):
        raise ValueError(f"{bars.instrument}: there is no bar that could know of {mention.post}")
    columns = _unknown(TEXT_FEATURES, len(bars))
    for name, value in _said([mention]).items():
        columns[name][-1] = value
    return replace(bars, features={**bars.features, **columns})


def fundamental_features(closed_at: Times, seen: Sequence[Fundamentals]) -> dict[str, Floats]:
    """The fundamental features of bars with these closes; `seen` is of one instrument, in any order."""
    columns = _unknown(FUNDAMENTAL_FEATURES, len(closed_at))
    for figures in sorted(seen, key=lambda figures: figures.seen_at):
        first = int(np.searchsorted(closed_at, array_time(figures.seen_at), side="left"))
        for name in FUNDAMENTAL_FEATURES:
            value = getattr(figures, name)
            columns[name][first:] = np.nan if value is None else value
    return columns


def threshold_features(
    closed_at: Times, timeframes: Sequence[Interval], tuned: Sequence[TunedThresholds]
) -> dict[str, Floats]:
    """The tuned thresholds of bars with these closes; `tuned` is of one instrument and any timeframes, in any order."""
    names = tuned_features(timeframes)
    columns = _unknown(names, len(closed_at))
    for one in sorted(tuned, key=lambda one: one.usable_from):
        if one.timeframes == tuple(timeframes):
            first = int(np.searchsorted(closed_at, array_time(one.usable_from), side="left"))
            for name, value in zip(names, (one.bull, one.bear), strict=True):
                columns[name][first:] = value if one.survives and value is not None else inf
    return columns


def _said(mentions: Sequence[Mention]) -> dict[str, float]:
    """What mentions say together; a feature that they say nothing of is left out."""
    seen = sorted(mentions, key=lambda mention: (mention.available_at, mention.post))  # the same sums in any order
    said = {IMPACT: max((mention.impact for mention in seen), key=abs)}
    weight = sum(mention.confidence for mention in seen)
    if weight > 0:
        first = seen[0].sentiment  # what all agree on comes out exactly
        said[SENTIMENT] = first + sum(mention.confidence * (mention.sentiment - first) for mention in seen) / weight
    influencers = [mention for mention in seen if mention.influencer]
    if influencers:
        surest = max(influencers, key=lambda mention: mention.confidence)
        said[INFLUENCER_CONFIDENCE], said[INFLUENCER_SENTIMENT] = surest.confidence, surest.sentiment
    return said


def _unknown(names: Sequence[str], n: int) -> dict[str, Floats]:
    return {name: np.full(n, np.nan) for name in names}
