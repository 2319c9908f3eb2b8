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
)
from algo_trading.errors import ConfigError
from algo_trading.repositories.fundamentals import FundamentalsRepository
from algo_trading.repositories.posts import MentionRepository


@dataclass(frozen=True)
class JoinFeatures:
    """Join features to bars, each as it was known at the bar's close."""

    mentions: MentionRepository
    fundamentals: FundamentalsRepository

    def __call__(self, bars: Bars, names: Sequence[str]) -> Bars:
        """`bars` with the features `names`; nothing that became available after the last close is read.

        Raises:
            ConfigError: there is no feature of such a name.
        """
        for name in names:
            if name not in FEATURES:
                raise ConfigError(f"there is no feature {name!r}; known are: {', '.join(sorted(FEATURES))}")
        columns: dict[str, Floats] = {}
        own, until = [bars.instrument] if len(bars) else [], _last_close(bars)
        if set(names) & set(TEXT_FEATURES):
            columns |= text_features(bars.closed_at, self.mentions.of_instruments(own, None, until))
        if set(names) & set(FUNDAMENTAL_FEATURES):
            columns |= fundamental_features(bars.closed_at, self.fundamentals.read(own, until))
        return replace(bars, features={**bars.features, **{name: columns[name] for name in names}})


def _last_close(bars: Bars) -> datetime:
    """Without bars it is long ago."""
    close = bars.closed_at[-1].astype("datetime64[us]").item() if len(bars) else datetime.min  # noqa: DTZ901 - UTC below
    assert isinstance(close, datetime)
    return close.replace(tzinfo=UTC)
