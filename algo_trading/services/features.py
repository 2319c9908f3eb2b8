"""Bars learn what was written and known by their closes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.features import (
    FEATURES,
    FUNDAMENTAL_FEATURES,
    TEXT_FEATURES,
    fundamental_features,
    text_features,
    threshold_features,
    tuned_timeframes,
)
from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.post import Mention
from algo_trading.domain.scores import TunedThresholds
from algo_trading.domain.time import moment_of
from algo_trading.errors import ConfigError
from algo_trading.repositories.fundamentals import FundamentalsRepository
from algo_trading.repositories.posts import MentionRepository
from algo_trading.repositories.scores import ThresholdRepository


@dataclass(frozen=True)
class Knowledge:
    """What is known of one instrument beside its prices."""

    mentions: Sequence[Mention] = ()
    figures: Sequence[Fundamentals] = ()
    tuned: Sequence[TunedThresholds] = ()

    def until(self, moment: datetime) -> "Knowledge":
        """What of it was available at `moment`."""
        return Knowledge(
            [mention for mention in self.mentions if mention.available_at <= moment],
            [figures for figures in self.figures if figures.seen_at <= moment],
            [tuned for tuned in self.tuned if tuned.usable_from <= moment],
        )


@dataclass(frozen=True)
class JoinFeatures:
    """Join features to bars, each as it was known at the bar's close."""

    mentions: MentionRepository
    fundamentals: FundamentalsRepository
    thresholds: ThresholdRepository

    def __call__(self, bars: Bars, names: Sequence[str], after: datetime | None = None) -> Bars:
        """`bars` with the features `names`; nothing that became available after the last close is read.

        Neither is what was written until `after`, if it is given.

        Raises:
            ConfigError: there is no feature of such a name.
        """
        return joined(bars, names, self.read(bars, names, after))

    def read(self, bars: Bars, names: Sequence[str], after: datetime | None = None) -> Knowledge:
        """What the features `names` of `bars` are made of.

        Raises:
            ConfigError: as above.
        """
        for name in names:
            if name not in FEATURES and not tuned_timeframes(name):
                raise ConfigError(f"there is no feature {name!r}; known are: {', '.join(sorted(FEATURES))}")
        own, until = [bars.instrument] if len(bars) else [], last_close(bars)
        tuned_on = {timeframes for name in names if (timeframes := tuned_timeframes(name))}
        return Knowledge(
            self.mentions.of_instruments(own, after, until) if set(names) & set(TEXT_FEATURES) else (),
            self.fundamentals.read(own, until) if set(names) & set(FUNDAMENTAL_FEATURES) else (),
            [one for timeframes in tuned_on for of in own for one in self.thresholds.history(of, timeframes, until)],
        )


def joined(bars: Bars, names: Sequence[str], known: Knowledge) -> Bars:
    """`bars` with the features `names` as they follow from what is known."""
    columns: dict[str, Floats] = {}
    if set(names) & set(TEXT_FEATURES):
        columns |= text_features(bars.closed_at, known.mentions)
    if set(names) & set(FUNDAMENTAL_FEATURES):
        columns |= fundamental_features(bars.closed_at, known.figures)
    for timeframes in {tuned_timeframes(name) for name in names} - {()}:
        columns |= threshold_features(bars.closed_at, timeframes, known.tuned)
    return replace(bars, features={**bars.features, **{name: columns[name] for name in names}})


def last_close(bars: Bars) -> datetime:
    """When the last bar closed; without bars it is long ago."""
    return moment_of(bars.closed_at[-1]) if len(bars) else datetime.min.replace(tzinfo=UTC)
