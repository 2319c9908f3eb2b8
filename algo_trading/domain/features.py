"""What a bar knows beyond its prices: columns joined as of its close, and never anything that came later."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from algo_trading.domain.bars import Floats, Times
from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.post import Mention

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
    columns = {name: np.full(len(closed_at), np.nan) for name in TEXT_FEATURES}
    at: dict[int, list[Mention]] = {}
    for mention in mentions:
        bar = int(np.searchsorted(closed_at, _time(mention.available_at), side="left"))
        if bar < len(closed_at):
            at.setdefault(bar, []).append(mention)
    for bar, seen in at.items():
        seen.sort(key=lambda mention: (mention.available_at, mention.post))  # sums come out the same in any order
        weight = sum(mention.confidence for mention in seen)
        if weight > 0:
            columns[SENTIMENT][bar] = sum(mention.confidence * mention.sentiment for mention in seen) / weight
        columns[IMPACT][bar] = max((mention.impact for mention in seen), key=abs)
        influencers = [mention for mention in seen if mention.influencer]
        if influencers:
            surest = max(influencers, key=lambda mention: mention.confidence)
            columns[INFLUENCER_CONFIDENCE][bar] = surest.confidence
            columns[INFLUENCER_SENTIMENT][bar] = surest.sentiment
    return columns


def fundamental_features(closed_at: Times, seen: Sequence[Fundamentals]) -> dict[str, Floats]:
    """The fundamental features of bars with these closes; `seen` is of one instrument, in any order."""
    columns = {name: np.full(len(closed_at), np.nan) for name in FUNDAMENTAL_FEATURES}
    for figures in sorted(seen, key=lambda figures: figures.seen_at):
        first = int(np.searchsorted(closed_at, _time(figures.seen_at), side="left"))
        for name in FUNDAMENTAL_FEATURES:
            value = getattr(figures, name)
            columns[name][first:] = np.nan if value is None else value
    return columns


def _time(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")
