"""Bars that were held back as a likely untold split are judged again, with the corporate actions known now."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.quality import QuarantinedRow
from algo_trading.domain.time import Interval, midnight
from algo_trading.gateways.market_data import RAW_COLUMNS, RAW_SCHEMA
from algo_trading.quality.bar_rules import Reason
from algo_trading.repositories.quality import QuarantineRepository
from algo_trading.services.accept_bars import AcceptBars, BarBatch
from algo_trading.services.export import ExportBars


@dataclass(frozen=True)
class ReleaseHeld:
    """Store what passes the gate by now, and leave in the quarantine what does not. Safe to repeat."""

    accept: AcceptBars
    quarantine: QuarantineRepository
    export: ExportBars

    def __call__(self, instruments: Sequence[Instrument]) -> int:
        """Judge what is held of these instruments; returns how many rows are held no longer."""
        rows = self.quarantine.of_symbols({one.symbol for one in instruments}, Reason.UNTOLD_SPLIT)
        held: defaultdict[tuple[Instrument, str], list[QuarantinedRow]] = defaultdict(list)
        for row in rows:
            held[Instrument(row.symbol, row.row["venue"]), row.source].append(row)
        return sum(self._judge(one, source, own) for (one, source), own in held.items() if one in set(instruments))

    def _judge(self, instrument: Instrument, source: str, rows: Sequence[QuarantinedRow]) -> int:
        records = [{**{name: row.row[name] for name in RAW_COLUMNS}, "place": row.place} for row in rows]
        raw = pa.Table.from_pylist(records, schema=RAW_SCHEMA)
        series = Series(instrument, Interval.DAY)
        judged = self.accept(
            BarBatch(source, f"judged again: {instrument}", series.venue, series.interval, [series], raw, record=False)
        )
        still = {row.place for row in judged.verdict.quarantined}
        gone = [row for row in rows if row.place not in still]
        if gone:
            self.export(series.venue, series.interval, [midnight(date.fromisoformat(row.session)) for row in gone])
        self.quarantine.remove(gone)
        return len(gone)
