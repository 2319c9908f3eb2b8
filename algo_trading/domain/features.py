"""What a bar knows beyond its prices: columns joined as of its close, and never anything that came later."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from algo_trading.domain.bars import Bars, Floats, Times
from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.post import Mention
from algo_trading.domain.time import array_time

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
