"""Returns by month and year."""

from dataclasses import dataclass

import numpy as np

from algo_trading.domain.bars import Floats, Times


@dataclass(frozen=True, slots=True)
class Year:
    """Returns of twelve months (None: no bars) and of the whole year, as fractions."""

    year: int
    months: tuple[float | None, ...]
    total: float


def monthly_returns(times: Times, equity: Floats, cash: float) -> list[Year]:
    """Returns by calendar month: from the last equity of the one before, at first `cash`, to the last of the month."""
    months = times.astype("datetime64[M]")
    last = np.flatnonzero(np.append(months[1:] != months[:-1], True))
    ends = equity[last]
    before = np.concatenate(([cash], ends[:-1]))
    returns = np.divide(ends, before, out=np.ones(len(ends)), where=before > 0) - 1.0
    years: dict[int, list[float | None]] = {}
    for month, value in zip(months[last].astype(np.int64).tolist(), returns.tolist(), strict=True):
        years.setdefault(1970 + month // 12, [None] * 12)[month % 12] = value
    return [
        Year(year, tuple(values), float(np.prod([1.0 + value for value in values if value is not None]) - 1.0))
        for year, values in years.items()
    ]
