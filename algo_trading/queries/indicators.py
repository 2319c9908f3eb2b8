"""Indicators as they were published."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from algo_trading.domain.instrument import Series


@dataclass(frozen=True, slots=True)
class IndicatorLine:
    """What a period saw, on closes adjusted as of it; None until there are enough bars."""

    series: Series
    opened_at: datetime
    values: Mapping[str, float | None]
