"""Missing bars: a backtest over a gap in a series holds positions over years that nobody knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars
from algo_trading.errors import ConfigError
from back_testing.engine.metrics import DAY, never_closes

LONGEST_CLOSURE = 15.0  # days: longer than any holidays of an exchange, and than the closure of September 2001
LONGEST_OUTAGE = 3.0  # days: where trading never stops
WEEKLY = 5.0  # days: bars that are usually further apart are weekly or longer, and
MISSED = 5  # times their usual distance is a gap
STRIDE = 128  # bars


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


def gaps(bars: Bars, start: int = 0) -> list[Gap]:
    """Where neighbouring bars from `start` on are further apart than closed markets explain."""
    opened = bars.opened_at[start:].astype("datetime64[us]", copy=False).view(np.int64)
    limit = (LONGEST_OUTAGE if never_closes(bars.instrument.venue) else LONGEST_CLOSURE) * DAY
    if len(opened) < 2 or not _may_exceed(opened, limit):
        return []
    steps = opened[1:] - opened[:-1]
    usual = float(np.median(steps))
    limit = max(limit, MISSED * usual) if usual >= WEEKLY * DAY else limit
    places = (start + np.flatnonzero(steps > limit)).tolist()
    return [Gap(bars.instrument.symbol, bars.session(at), bars.session(at + 1)) for at in places]


def _may_exceed(opened: NDArray[np.int64], limit: float) -> bool:
    """Whether some neighbours may be further apart; of a million minutes every STRIDE-th shows that none are."""
    if len(opened) >= STRIDE**2:
        some = np.append(opened[::STRIDE], opened[-1:])
        if int((some[1:] - some[:-1]).max()) <= limit:
            return False
    return int((opened[1:] - opened[:-1]).max()) > limit


def require_no_gaps(bars: Bars, start: int = 0, *, allowed: bool = False) -> None:
    """Raise ConfigError if bars are missing among those from `start` on, or just before, unless that is allowed."""
    found = [] if allowed else gaps(bars, max(0, start - 1))
    if found:
        more = f", and {len(found) - 1} more such gaps" if len(found) > 1 else ""
        raise ConfigError(
            f"{found[0]}{more}: load the missing bars, stay on one side with --from and --to, or trade over it with "
            "--allow-gaps (a split in it that is not known would look like a loss or a gain)"
        )


def gap_notes(series: Iterable[Bars]) -> tuple[str, ...]:
    """A sentence on each gap that was traded over."""
    return tuple(f"{gap}: positions are held over it at the last close" for bars in series for gap in gaps(bars))
