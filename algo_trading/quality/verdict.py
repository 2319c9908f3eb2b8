"""What goes into the gate and what comes out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from algo_trading.calendars import TradingCalendar
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.quality import QualityResult, QuarantinedRow
from algo_trading.domain.time import Interval
from algo_trading.quality.rules import Columns, Suite
from algo_trading.repositories.objects import ObjectStore


@dataclass(frozen=True)
class Batch:
    """Rows of bars of one interval as they came and what is needed to judge them.

    `rows` has RAW_SCHEMA, perhaps with columns of TURNOVER. `now` bounds the future; `neighbours` (BAR_SCHEMA) are
    stored bars next to the rows, against which a jump is measured; `actions` explain jumps, and `believed` are
    sessions of symbols whose bars are right as they are, whatever split they look like. For finding gaps `expected`
    gives the first and last period, by when they opened, that each instrument should have; None stands for all between
    an instrument's first and last good row.
    """

    rows: pa.Table
    source: str
    name: str
    calendar: TradingCalendar
    interval: Interval
    now: datetime
    neighbours: pa.Table
    actions: Sequence[CorporateAction] = ()
    expected: Mapping[Instrument, tuple[datetime, datetime]] | None = field(default_factory=dict)
    believed: Collection[tuple[str, date]] = ()


@dataclass(frozen=True)
class Verdict:
    """Bars to store, rows held back, and the counts; good + quarantined = rows.

    `good` has unique keys, and TURNOVER_SCHEMA where the rows had any turnover, else BAR_SCHEMA.
    """

    good: pa.Table
    quarantined: tuple[QuarantinedRow, ...]
    result: QualityResult


class Gate(Protocol):
    """Judges batches of bars."""

    def judge(self, batch: Batch) -> Verdict:
        """Let good rows through and name the first rule that each other row breaks."""
        ...


class FaultPages(Protocol):
    """Shows people the batches of which something was held back."""

    def add(
        self, batch: str, suite: Suite, columns: Columns, reasons: NDArray[np.object_], judged_at: datetime
    ) -> None:
        """Note what a suite found in a batch; `reasons` are as `Suite.first_broken` gives them, some not None."""
        ...

    def publish(self, objects: ObjectStore, label: str) -> str | None:
        """Store what was added since the last call as pages under quality/docs/`label`.

        Returns the key of the page to begin with; None where nothing was added. Call it once at the end of a command.
        """
        ...


class NoPages:
    """Implements FaultPages where nobody looks."""

    def add(
        self, batch: str, suite: Suite, columns: Columns, reasons: NDArray[np.object_], judged_at: datetime
    ) -> None:
        """Note nothing."""

    def publish(self, objects: ObjectStore, label: str) -> str | None:  # noqa: ARG002 - the protocol's
        """Store nothing."""
        return None
