"""Fundamental figures in memory."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument


class FakeFundamentals:
    """Implements FundamentalsRepository."""

    def __init__(self) -> None:
        self._stored: dict[tuple[Instrument, date], Fundamentals] = {}

    def add(self, figures: Sequence[Fundamentals], source: str) -> int:  # noqa: ARG002 - the source does not matter here
        before = len(self._stored)
        for figure in sorted(figures, key=lambda figure: figure.seen_at):
            self._stored.setdefault((figure.instrument, figure.seen_at.astimezone(UTC).date()), figure)
        return len(self._stored) - before

    def read(self, instruments: Sequence[Instrument], until: datetime) -> list[Fundamentals]:
        wanted = set(instruments)
        found = [f for f in self._stored.values() if f.instrument in wanted and f.seen_at <= until]
        return sorted(found, key=lambda figure: (figure.instrument, figure.seen_at))
