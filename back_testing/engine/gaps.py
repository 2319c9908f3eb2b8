"""Missing bars: a backtest over a hole in a series holds positions over years that nobody knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.errors import ConfigError
from back_testing.engine.metrics import ALWAYS_OPEN, DAY

LONGEST_CLOSURE = 15.0  # days: longer than any holidays of an exchange, and than the closure of September 2001
LONGEST_OUTAGE = 3.0  # days: where trading never stops
WEEKLY = 5.0  # days: bars that are usually further apart are weekly or longer, and
MISSED = 5  # times their usual distance is a gap


@dataclass(frozen=True, slots=True)
class Gap:
    """The sessions on both sides of missing bars."""

    symbol: str
    before: date
    after: date

    def __str__(self) -> str:
        return (
            f"{self.symbol} has no bars between {self.before} and {self.after} ({(self.after - self.before).days} days)"
        )


def gaps(bars: Bars) -> list[Gap]:
    """Where neighbouring bars are further apart than closed markets explain."""
    if len(bars) < 2:
        return []
    opened = bars.opened_at.astype("datetime64[us]", copy=False).view(np.int64)
    steps = opened[1:] - opened[:-1]
    limit = (LONGEST_OUTAGE if bars.instrument.venue == ALWAYS_OPEN else LONGEST_CLOSURE) * DAY
    if int(steps.max()) <= limit:
        return []
    usual = float(np.median(steps))
    limit = max(limit, MISSED * usual) if usual >= WEEKLY * DAY else limit
    symbol = bars.instrument.symbol
    return [Gap(symbol, bars.session(at), bars.session(at + 1)) for at in np.flatnonzero(steps > limit).tolist()]


def require_no_gaps(bars: Bars, start: int = 0, *, allowed: bool = False) -> None:
    """Raise ConfigError if bars are missing among those from `start` on, or just before, unless that is allowed."""
    found = [] if allowed else gaps(bars[max(0, start - 1) :])
    if found:
        more = f", and {len(found) - 1} more such gaps" if len(found) > 1 else ""
        raise ConfigError(
            f"{found[0]}{more}: load the missing bars, stay on one side with --from and --to, or trade over it with "
            "--allow-gaps (a split in it that is not known would look like a loss or a gain)"
        )


def gap_notes(series: Iterable[Bars]) -> tuple[str, ...]:
    """A sentence on each gap that was traded over."""
    return tuple(f"{gap}: positions are held over it at the last close" for bars in series for gap in gaps(bars))
