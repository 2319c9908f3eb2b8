"""Bars in: fetch, archive the payload as it came, judge, store what is good, quarantine the rest."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import quote

import pyarrow as pa

from algo_trading.calendars import Calendars
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Series
from algo_trading.domain.quality import QuarantinedRow
from algo_trading.domain.time import Interval, Period, period_key
from algo_trading.errors import (
    NothingGoodError,
    NotYetAvailableError,
    RateLimitedError,
    SourceError,
    UnknownSymbolError,
)
from algo_trading.gateways.clock import Clock
from algo_trading.gateways.market_data import BarRequest, Fetched, MarketData, RawPayload
from algo_trading.quality.parse import parse_dates, parse_moments
from algo_trading.quality.verdict import Batch, Gate
from algo_trading.repositories.bars import TIME, BarRepository, CorporateActionRepository, series_of
from algo_trading.repositories.objects import ObjectStore
from algo_trading.repositories.quality import QualityRepository, QuarantineRepository

NEIGHBOURS = timedelta(days=15)  # around daily bars


@dataclass(frozen=True)
class IngestReport:
    """What became of the rows of a batch: fetched = stored + unchanged + quarantined."""

    fetched: int = 0
    stored: int = 0
    unchanged: int = 0
    quarantined: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    holes: Mapping[str, Sequence[str]] = field(default_factory=dict)

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
    """Bring bars from a source into the database."""

    gate: Gate
    bars: BarRepository
    actions: CorporateActionRepository
    quarantine: QuarantineRepository
    quality: QualityRepository
    objects: ObjectStore
    calendars: Calendars
    clock: Clock

    def __call__(
        self, source: MarketData, period: Period, series: Sequence[Series], wait: timedelta = timedelta(0)
    ) -> IngestReport:
        """Bring in `period` and whatever is missing before it; a new series gets its whole history up to `period`.

        A run therefore never leaves a gap that another, still to come, would have filled: partitions may run in any
        order. Nothing after `period` is asked for. All series are of one venue and of the period's interval.

        Raises:
            NothingGoodError: bars of `period` came and none is good; they are quarantined all the same.
            NotYetAvailableError: no good bar of `period` came for any series, or, less than `wait` after the close,
                none for one that traded in the period before; the bars of the others are stored.
            RateLimitedError: the source stopped answering before every series had its bar; the next try asks for
                those first.
            SourceError: the source failed for every symbol.
        """
        calendar = self.calendars(series[0].venue)
        newest = self.bars.newest_before(series, period.opened_at)
        present = self._present(period, series)
        requests = [
            BarRequest(
                one,
                calendar.back(period.interval, calendar.next(period.interval, newest[one]).opened_at, source.refetch)
                if one in newest
                else None,
                period.opened_at,
            )
            for one in sorted(series, key=lambda one: (one in present, one.sort_key))
        ]
        report, errors, refused = self._bring(source, requests, f"{period} {min(series)}..{max(series)}")
        if len(errors) == len(requests):
            raise min(errors.values(), key=lambda error: not isinstance(error, RateLimitedError))
        present = self._present(period, series)
        for one, error in errors.items():
            if isinstance(error, RateLimitedError) and one not in present:
                raise error
        names = _listed(series)
        if not present and period.key in refused:
            raise NothingGoodError(
                f"no bar of {period} that {source.name} gave for {names} is good: {_causes(report)}; "
                "`algo-trading quarantine` lists them"
            )
        if not present:
            raise NotYetAvailableError(f"{source.name} has no bar of {period} yet for any of {names}; try again later")
        until = period.closed_at + wait
        before = calendar.previous(period.interval, period.opened_at).opened_at
        late = [
            one for one in series if one not in present and newest.get(one) == before and not _unknown(errors.get(one))
        ]
        if late and self.clock.now() < until:
            raise NotYetAvailableError(
                f"{source.name} has no good bar of {period} yet for {_listed(late)}; those of other symbols are "
                f"stored, and late ones are waited for until {until:%H:%M} UTC"
            )
        return report

    def history(
        self,
        source: MarketData,
        first: datetime,
        last: datetime,
        series: Sequence[Series],
        progress: Callable[[int], None] = lambda _done: None,
    ) -> IngestReport:
        """Bring in the bars that opened in first..last, one series after the other.

        `progress` is given how many are done.

        Raises:
            NothingGoodError: not one good bar came for any symbol.
            RateLimitedError: the source stopped answering; what came before is stored.
            SourceError: the source as a whole cannot be reached, or failed for the only symbol.
        """
        report = IngestReport()
        shown = ""
        for done, one in enumerate(series, start=1):
            shown = f"{period_key(one.interval, first)}..{period_key(one.interval, last)}"
            brought, errors, _ = self._bring(source, [BarRequest(one, first, last)], f"{shown} {one}")
            for error in errors.values():
                if len(series) == 1 or isinstance(error, RateLimitedError):
                    raise error
            report += brought
            progress(done)
        if report.stored + report.unchanged == 0:
            raise NothingGoodError(
                f"{source.name} gave no good bar of {shown.replace('..', ' .. ')} for any of {_listed(series)}: "
                f"{_causes(report)}"
            )
        return report

    def _present(self, period: Period, series: Sequence[Series]) -> set[Series]:
        return set(series_of(self.bars.read(series, period.opened_at, period.opened_at)))

    def _bring(
        self, source: MarketData, requests: Sequence[BarRequest], batch: str
    ) -> tuple[IngestReport, Mapping[Series, SourceError], set[str]]:
        """Fetch and store; returns the report, the errors by series and the keys of periods with refused rows."""
        answers = source.fetch(requests)
        errors = {answer.request.series: answer.error for answer in answers if answer.error}
        tables: list[pa.Table] = []
        actions: list[CorporateAction] = []
        for payload in _payloads(answers):
            self._archive(source, payload)
            try:
                raw = source.parse(payload)
            except SourceError as error:
                errors[payload.request.series] = error
                continue
            tables.append(raw.rows)
            actions.extend(raw.actions)
        if len(errors) == len(requests):
            return IngestReport(errors=_sentences(errors)), errors, set()
        self.actions.upsert(actions, source.name)
        report, refused = self._judge(source, pa.concat_tables(tables), requests, batch, _sentences(errors))
        return report, errors, refused

    def _archive(self, source: MarketData, payload: RawPayload) -> None:
        import hashlib

        request = payload.request
        digest = hashlib.sha256(payload.content).hexdigest()[:12]
        name = f"{quote(str(request.series), safe='^=.-_')}-{digest}{payload.suffix}"
        key = f"raw/{source.name}/{request.last:%Y/%m/%d}/{name}"
        self.objects.put_new(key, payload.content, payload.media_type)

    def _judge(
        self,
        source: MarketData,
        rows: pa.Table,
        requests: Sequence[BarRequest],
        batch: str,
        errors: Mapping[str, str],
    ) -> tuple[IngestReport, set[str]]:
        series = [request.series for request in requests]
        interval = series[0].interval
        last = max(request.last for request in requests)
        firsts = [request.first for request in requests]
        asked_from = min((first for first in firsts if first is not None), default=None)
        around = neighbourhood(interval)
        begin = None if None in firsts or asked_from is None else asked_from - around
        neighbours = self.bars.read(series, begin, last + around)
        instruments = sorted({one.instrument for one in series})
        expected = _expected_from(requests, rows, neighbours)
        verdict = self.gate.judge(
            Batch(
                rows=rows,
                source=source.name,
                name=batch,
                calendar=self.calendars(series[0].venue),
                interval=interval,
                now=self.clock.now(),
                neighbours=neighbours,
                actions=self.actions.read(instruments, (last + around).date(), begin and begin.date()),
                expected={
                    request.instrument: (expected[request.series.symbol], request.last)
                    for request in requests
                    if str(request.series) not in errors
                },
            )
        )
        self.quarantine.add(verdict.quarantined)
        count = self.bars.upsert(verdict.good, source.name)
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
        return report, {row.session for row in verdict.quarantined}


def neighbourhood(interval: Interval) -> timedelta:
    """How far around a batch stored bars are looked at to judge a jump."""
    return NEIGHBOURS if not interval.intraday else 15 * interval.length + timedelta(days=1)


def reasons_of(rows: Sequence[QuarantinedRow]) -> dict[str, int]:
    """How many rows were held back for each reason, most frequent first."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.reason] = counts.get(row.reason, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _unknown(error: SourceError | None) -> bool:
    return isinstance(error, UnknownSymbolError)


def _sentences(errors: Mapping[Series, SourceError]) -> dict[str, str]:
    return {str(series): str(error) for series, error in errors.items()}


def _payloads(answers: Sequence[Fetched]) -> Iterator[RawPayload]:
    return (answer.payload for answer in answers if answer.payload is not None)


def _expected_from(requests: Sequence[BarRequest], rows: pa.Table, neighbours: pa.Table) -> dict[str, datetime]:
    """From when on a missing bar of a symbol is a gap: a series without a bar before has none before its first."""
    parse = parse_moments if requests[0].series.interval.intraday else parse_dates
    given = pa.table({"symbol": rows["symbol"], "opened_at": pa.array(parse(rows["session"])[0])})
    stored, came = _oldest(neighbours), _oldest(given.cast(pa.schema([given.schema.field(0), ("opened_at", TIME)])))
    expected: dict[str, datetime] = {}
    for request in requests:
        symbol, first = request.series.symbol, request.first
        before = stored.get(symbol)
        known = first is not None and before is not None and before < first
        expected[symbol] = first if first is not None and known else came.get(symbol, request.last)
    return expected


def _oldest(bars: pa.Table) -> dict[str, datetime]:
    """When the oldest bar of each symbol opened; unreadable times do not count."""
    found = bars.group_by("symbol").aggregate([("opened_at", "min")])
    oldest = zip(found["symbol"].to_pylist(), found["opened_at_min"].to_pylist(), strict=True)
    return {symbol: opened for symbol, opened in oldest if opened is not None}


def _listed(series: Sequence[Series], most: int = 5) -> str:
    names = [str(one) for one in series]
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _causes(report: IngestReport) -> str:
    causes = [f"{count} x {reason}" for reason, count in report.reasons.items()] + list(report.errors.values())
    return "; ".join(causes) or "it has none"
