"""Fundamental figures in memory."""

from collections.abc import Sequence
from datetime import datetime

from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument


class FakeFundamentals:
    """Implements FundamentalsRepository."""

    def __init__(self) -> None:
        self._stored: dict[tuple[Instrument, datetime], Fundamentals] = {}

    def add(self, figures: Sequence[Fundamentals], source: str) -> int:  # noqa: ARG002 - the source does not matter here
        before = len(self._stored)
        for figure in figures:
            self._stored.setdefault((figure.instrument, figure.seen_at), figure)
        return len(self._stored) - before

    def read(self, instruments: Sequence[Instrument], until: datetime) -> list[Fundamentals]:
        wanted = set(instruments)
        found = [f for f in self._stored.values() if f.instrument in wanted and f.seen_at <= until]
        return sorted(found, key=lambda figure: (figure.instrument, figure.seen_at))

    def seen_since(self, instruments: Sequence[Instrument], since: datetime) -> set[Instrument]:
        return {f.instrument for f in self._stored.values() if f.instrument in instruments and f.seen_at >= since}
