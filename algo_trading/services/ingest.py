"""Bars in: fetch, archive the payload as it came, judge, store what is good, quarantine the rest."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc

from algo_trading.calendars import market_calendar
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.domain.quality import QuarantinedRow
from algo_trading.errors import (
    NothingGoodError,
    NotYetAvailableError,
    RateLimitedError,
    SourceError,
    UnknownSymbolError,
)
from algo_trading.quality.verdict import Batch, Gate
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository
from algo_trading.repositories.clock import Clock
from algo_trading.repositories.market_data import BarRequest, Fetched, MarketData, RawPayload
from algo_trading.repositories.objects import ObjectStore
from algo_trading.repositories.quality import QualityRepository, QuarantineRepository

NEIGHBOURS = timedelta(days=15)  # how far around a batch stored bars are looked at to judge a jump


@dataclass(frozen=True)
class IngestReport:
    """What became of the rows of a batch: fetched = stored + unchanged + quarantined."""

    fetched: int = 0
    stored: int = 0
    unchanged: int = 0
    quarantined: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    holes: Mapping[str, Sequence[date]] = field(default_factory=dict)

    def __add__(self, other: "IngestReport") -> "IngestReport":
        reasons = dict(self.reasons)
        for reason, count in other.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + count
        return IngestReport(
            self.fetched + other.fetched,
            self.stored + other.stored,
            self.unchanged + other.unchanged,
            self.quarantined + other.quarantined,
            reasons,
            {**self.errors, **other.errors},
            {**self.holes, **other.holes},
        )


@dataclass(frozen=True)
class IngestBars:
    """Bring daily bars from the configured source into the database."""

    market_data: MarketData
    gate: Gate
    bars: BarRepository
    actions: CorporateActionRepository
    quarantine: QuarantineRepository
    quality: QualityRepository
    objects: ObjectStore
    clock: Clock

    def __call__(
        self, session: date, instruments: Sequence[Instrument], patience: timedelta = timedelta(0)
    ) -> IngestReport:
        """Bring in `session` and whatever is missing before it; a new symbol gets its whole history up to `session`.

        A run therefore never leaves a hole that another, still to come, would have filled: partitions may run in any
        order. Nothing after `session` is asked for.

        Raises:
            NothingGoodError: bars of `session` came and none is good; they are quarantined all the same.
            NotYetAvailableError: no good bar of `session` came for any instrument, or, less than `patience` after the
                close, none for one that traded in the session before; the bars of the others are stored.
            RateLimitedError: the source stopped answering before every instrument had its bar; the next try asks for
                those first.
            SourceError: the source failed for every symbol.
        """
        calendar = market_calendar(instruments[0].venue)
        calendar.session(session)
        newest = self.bars.newest_before(instruments, Interval.DAY, session)
        present = self._present(session, instruments)
        requests = [
            BarRequest(
                instrument,
                calendar.back(calendar.next(newest[instrument]).date, self.market_data.refetch)
                if instrument in newest
                else None,
                session,
            )
            for instrument in sorted(instruments, key=lambda instrument: (instrument in present, instrument))
        ]
        report, errors, refused = self._bring(requests, f"{session} {min(instruments)}..{max(instruments)}")
        if len(errors) == len(requests):
            raise min(errors.values(), key=lambda error: not isinstance(error, RateLimitedError))
        present = self._present(session, instruments)
        for instrument, error in errors.items():
            if isinstance(error, RateLimitedError) and instrument not in present:
                raise error
        source, names = self.market_data.name, _listed(instruments)
        if not present and session in refused:
            raise NothingGoodError(
                f"no bar of {session} that {source} gave for {names} is good: {_causes(report)}; "
                "`algo-trading quarantine` lists them"
            )
        if not present:
            raise NotYetAvailableError(f"{source} has no bar of {session} yet for any of {names}; try again later")
        until = calendar.session(session).closes_at + patience
        before = calendar.previous(session).date
        late = [i for i in instruments if i not in present and newest.get(i) == before and not _unknown(errors.get(i))]
        if late and self.clock.now() < until:
            raise NotYetAvailableError(
                f"{source} has no good bar of {session} yet for {_listed(late)}; those of other symbols are stored, "
                f"and late ones are waited for until {until:%H:%M} UTC"
            )
        return report

    def history(
        self,
        first: date,
        last: date,
        instruments: Sequence[Instrument],
        progress: Callable[[int], None] = lambda _done: None,
    ) -> IngestReport:
        """Bring in the sessions first..last, one symbol after the other; `progress` hears how many are done.

        Raises:
            NothingGoodError: not one good bar came for any symbol.
            RateLimitedError: the source stopped answering; what came before is stored.
            SourceError: the source as a whole cannot be reached, or failed for the only symbol.
        """
        report = IngestReport()
        for done, instrument in enumerate(instruments, start=1):
            brought, errors, _ = self._bring([BarRequest(instrument, first, last)], f"{first}..{last} {instrument}")
            for error in errors.values():
                if len(instruments) == 1 or isinstance(error, RateLimitedError):
                    raise error
            report += brought
            progress(done)
        if report.stored + report.unchanged == 0:
            raise NothingGoodError(
                f"{self.market_data.name} gave no good bar of {first} .. {last} for any of {_listed(instruments)}: "
                f"{_causes(report)}"
            )
        return report

    def _present(self, session: date, instruments: Sequence[Instrument]) -> set[Instrument]:
        rows = self.bars.read(instruments, Interval.DAY, session, session)
        return set(map(Instrument, rows["symbol"].to_pylist(), rows["venue"].to_pylist()))

    def _bring(
        self, requests: Sequence[BarRequest], batch: str
    ) -> tuple[IngestReport, Mapping[Instrument, SourceError], set[date]]:
        """Fetch and store; returns the report, the errors by instrument and the sessions of refused rows."""
        answers = self.market_data.fetch(requests)
        errors = {answer.request.instrument: answer.error for answer in answers if answer.error}
        tables: list[pa.Table] = []
        actions: list[CorporateAction] = []
        for payload in _payloads(answers):
            self._archive(payload)
            try:
                raw = self.market_data.parse(payload)
            except SourceError as error:
                errors[payload.request.instrument] = error
                continue
            tables.append(raw.rows)
            actions.extend(raw.actions)
        if len(errors) == len(requests):
            return IngestReport(errors=_sentences(errors)), errors, set()
        self.actions.upsert(actions, self.market_data.name)
        report, refused = self._judge(pa.concat_tables(tables), requests, batch, _sentences(errors))
        return report, errors, refused

    def _archive(self, payload: RawPayload) -> None:
        import hashlib

        request = payload.request
        digest = hashlib.sha256(payload.content).hexdigest()[:12]
        name = f"{quote(request.instrument.symbol, safe='^=.-_')}-{digest}{payload.suffix}"
        key = f"raw/{self.market_data.name}/{request.last:%Y/%m/%d}/{name}"
        self.objects.put_new(key, payload.content, payload.media_type)

    def _judge(
        self,
        rows: pa.Table,
        requests: Sequence[BarRequest],
        batch: str,
        errors: Mapping[str, str],
    ) -> tuple[IngestReport, set[date]]:
        instruments = [request.instrument for request in requests]
        last = max(request.last for request in requests)
        firsts = [request.first for request in requests]
        asked_from = min((first for first in firsts if first is not None), default=None)
        begin = None if None in firsts or asked_from is None else asked_from - NEIGHBOURS
        neighbours = self.bars.read(instruments, Interval.DAY, begin, last + NEIGHBOURS)
        verdict = self.gate.judge(
            Batch(
                rows=rows,
                source=self.market_data.name,
                name=batch,
                calendar=market_calendar(instruments[0].venue),
                now=self.clock.now(),
                neighbours=neighbours,
                actions=self.actions.read(instruments, last + NEIGHBOURS),
                expected={
                    request.instrument: (_expected_from(request, rows, neighbours), request.last)
                    for request in requests
                    if request.instrument.symbol not in errors
                },
            )
        )
        self.quarantine.add(verdict.quarantined)
        count = self.bars.upsert(verdict.good, self.market_data.name)
        self.quality.record(replace(verdict.result, errors=errors))
        report = IngestReport(
            fetched=rows.num_rows,
            stored=count.stored,
            unchanged=count.unchanged,
            quarantined=len(verdict.quarantined),
            reasons=reasons_of(verdict.quarantined),
            errors=errors,
            holes=verdict.result.holes,
        )
        return report, {day for row in verdict.quarantined if (day := _day(row.session))}


def reasons_of(rows: Sequence[QuarantinedRow]) -> dict[str, int]:
    """How many rows were held back for each reason, most frequent first."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.reason] = counts.get(row.reason, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _unknown(error: SourceError | None) -> bool:
    return isinstance(error, UnknownSymbolError)


def _sentences(errors: Mapping[Instrument, SourceError]) -> dict[str, str]:
    return {instrument.symbol: str(error) for instrument, error in errors.items()}


def _payloads(answers: Sequence[Fetched]) -> Iterator[RawPayload]:
    return (answer.payload for answer in answers if answer.payload is not None)


def _expected_from(request: BarRequest, rows: pa.Table, neighbours: pa.Table) -> date:
    """From which session on a missing bar is a hole: an instrument without a bar before has none before its first."""
    stored = neighbours.filter(pc.equal(neighbours["symbol"], request.instrument.symbol))["opened_at"]
    if request.first is not None and any(opened.as_py().date() < request.first for opened in stored[:1]):
        return request.first
    own = rows.filter(pc.equal(rows["symbol"], request.instrument.symbol))["session"].to_pylist()
    return min((day for text in own if (day := _day(text))), default=request.last)


def _day(text: str | None) -> date | None:
    """The date that a row's text begins with, None if it is none: the gate says so to the user."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _listed(instruments: Sequence[Instrument], most: int = 5) -> str:
    names = [instrument.symbol for instrument in instruments]
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _causes(report: IngestReport) -> str:
    causes = [f"{count} x {reason}" for reason, count in report.reasons.items()] + list(report.errors.values())
    return "; ".join(causes) or "it has none"
