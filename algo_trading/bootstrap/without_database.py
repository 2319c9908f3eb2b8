"""Parts that need the configuration and no database."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from algo_trading.gateways.bar_files import BarFileReader
    from algo_trading.sentiment.classify.impact import ImpactWeights
    from algo_trading.settings import Settings


def impact_weights(settings: Settings) -> ImpactWeights:
    """The configured weights of kinds of events and of feeds; they need no database."""
    from algo_trading.sentiment.classify.impact import ImpactWeights

    return ImpactWeights(settings.sentiment.event_weights, {feed.name: feed.weight for feed in settings.feeds})


def bar_file_reader(settings: Settings | None = None) -> BarFileReader:
    """What reads files of bars, with the configured limits (None: the defaults); it needs no database."""
    from algo_trading.adapters.bar_files import DEFAULTS, limits_of, read_bar_files

    return partial(read_bar_files, limits=limits_of(settings.imports) if settings else DEFAULTS)
