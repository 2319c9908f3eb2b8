"""What goes into the gate and what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from algo_trading.calendars import TradingCalendar
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.quality import QualityResult, QuarantinedRow
from algo_trading.domain.time import Interval
from algo_trading.repositories.objects import ObjectStore


@dataclass(frozen=True)
class Batch:
    """Rows of bars of one interval as they came and what is needed to judge them.

    `rows` has RAW_SCHEMA, perhaps with columns of TURNOVER. `now` bounds the future; `neighbours` (BAR_SCHEMA) are
    stored bars next to the rows, against which a jump is measured; `actions` explain jumps. For finding gaps `expected`
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

    def publish(self, objects: ObjectStore, label: str) -> str | None:
        """Show people the batches judged since the last call, as pages under quality/docs/`label`.

        Returns the key of the index page; None where nothing was judged. Call it once at the end of a command.
        """
        ...
