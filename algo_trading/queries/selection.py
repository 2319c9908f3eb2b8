"""Which signals or orders are asked for."""

from dataclasses import dataclass
from datetime import date, datetime

from algo_trading.domain.time import DAY, midnight


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for; None: any. `first` and `last` are the dates of the periods that were decided on."""

    symbol: str | None = None
    strategy: str | None = None
    account: str | None = None
    first: date | None = None
    last: date | None = None

    @property
    def opened_from(self) -> datetime | None:
        """When the first period may have opened."""
        return None if self.first is None else midnight(self.first)

    @property
    def opened_before(self) -> datetime | None:
        """Before which the last period opened."""
        return None if self.last is None else midnight(self.last) + DAY
