"""What a strategy says about several instruments, written as a table of sessions and symbols."""

import re
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import numpy as np

from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval, midnight
from algo_trading.strategies.base import Decisions, Strategy

SESSIONS = trading_calendar("XNYS").periods(Interval.DAY, midnight(date(2013, 1, 2)), midnight(date(2013, 3, 28)))
DAYS = tuple(session.date for session in SESSIONS)
CELL = re.compile(r"(?P<side>[BSX.-])(?P<confidence>\d?\.\d+)?(?:\*(?P<size>[\d.]+))?")


@dataclass(frozen=True)
class Board(Strategy):
    """Says what stands in its table: below the symbols a line for each session of New York from 2013-01-02 on.

    A cell is B (buy), S (sell), X (both), a dot (nothing) or - (there is no bar); after the side may stand a confidence
    (`B.7`, else 1) and a size (`B*0.5`, else 1).
    """

    name: ClassVar[str] = "board"
    summary: ClassVar[str] = "says what is on the board"
    warmup: ClassVar[int] = 0

    table: str

    @property
    def symbols(self) -> list[str]:
        """In the order of the columns."""
        return self.table.split("\n", 1)[0].split()

    def cells(self, symbol: str) -> dict[date, tuple[str, float, float]]:
        """Side, confidence and size by session; none where there is no bar."""
        column, lines = self.symbols.index(symbol), self.table.split("\n")[1:]
        found = {}
        for day, line in zip(DAYS, lines, strict=False):
            cell = CELL.fullmatch(line.split()[column])
            assert cell, line
            if cell["side"] != "-":
                found[day] = cell["side"], float(cell["confidence"] or 1), float(cell["size"] or 1)
        return found

    def series(self) -> list[Bars]:
        """A bar for each cell, of which every price is 100."""
        return [self._bars(symbol) for symbol in self.symbols]

    def _bars(self, symbol: str) -> Bars:
        sessions = [session for session in SESSIONS if session.date in self.cells(symbol)]
        opened, closed = (
            np.array([moment.replace(tzinfo=None) for moment in moments], dtype="datetime64[us]")
            for moments in ([s.opened_at for s in sessions], [s.closed_at for s in sessions])
        )
        price = np.full(len(sessions), 100.0)
        return Bars(Instrument(symbol), Interval.DAY, opened, closed, price, price, price, price, price * 10)

    def decide(self, bars: Bars) -> Decisions:
        cells = self.cells(bars.instrument.symbol)
        said = [cells[bars.session(index)] for index in range(len(bars))]
        sides = np.array([side for side, _, _ in said], dtype="U1")
        confidence, size = (np.array([cell[at] for cell in said], dtype=np.float64) for at in (1, 2))
        return Decisions(np.isin(sides, ["B", "X"]), np.isin(sides, ["S", "X"]), confidence, size)

    def explain(self, bars: Bars, index: int) -> str:
        return f"the board says {self.cells(bars.instrument.symbol)[bars.session(index)][0]}"

    def lines(self, bars: Bars) -> dict[str, Floats]:  # noqa: ARG002 - it watches nothing
        return {}


def board(table: str) -> Board:
    """A board of an indented table."""
    return Board("\n".join(line.strip() for line in table.strip().splitlines()))
