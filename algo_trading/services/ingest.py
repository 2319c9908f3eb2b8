"""Bars in: fetch, archive the payload as it came, accept what is in it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

import pyarrow as pa

from algo_trading.calendars import Calendars
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Series
from algo_trading.domain.names import names_about
from algo_trading.domain.quality import QuarantinedRow
from algo_trading.domain.time import Period, period_key
from algo_trading.errors import (
    NothingGoodError,
    NotYetAvailableError,
    RateLimitedError,
    SourceError,
    UnknownSymbolError,
)
from algo_trading.gateways.clock import Clock
from algo_trading.gateways.market_data import BarRequest, Fetched, MarketData, RawPayload
from algo_trading.repositories.bars import BarRepository, series_of
from algo_trading.repositories.names import NameRepository
from algo_trading.repositories.objects import ObjectStore
from algo_trading.services.accept_bars import AcceptBars, AcceptedBars, BarBatch


@dataclass(frozen=True)
class IngestReport:
    """What became of the rows of a batch: fetched = stored + unchanged + quarantined."""

    fetched: int = 0
    stored: int = 0
    unchanged: int = 0
    quarantined: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    gaps: Mapping[str, Sequence[str]] = field(default_factory=dict)

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
            {**self.gaps, **other.gaps},
        )


@dataclass(frozen=True)
class IngestBars:
    """Bring bars from a source into the database."""

    accept: AcceptBars
    bars: BarRepository
    objects: ObjectStore
    names: NameRepository
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
        names = self.names.all()
        requests = [
            BarRequest(
                one,
                calendar.back(period.interval, calendar.next(period.interval, newest[one]).opened_at, source.refetch)
                if one in newest
                else None,
                period.opened_at,
                names_about(one.instrument, names),
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
        listed = _listed(series)
        if not present and period.key in refused:
            raise NothingGoodError(
                f"no bar of {period} that {source.name} gave for {listed} is good: {_causes(report)}; "
                "`algo-trading quarantine` lists them"
            )
        if not present:
            raise NotYetAvailableError(f"{source.name} has no bar of {period} yet for any of {listed}; try again later")
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
        report, names = IngestReport(), self.names.all()
        shown = ""
        for done, one in enumerate(series, start=1):
            shown = f"{period_key(one.interval, first)}..{period_key(one.interval, last)}"
            request = BarRequest(one, first, last, names_about(one.instrument, names))
            brought, errors, _ = self._bring(source, [request], f"{shown} {one}")
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
        accepted = self.accept(
            BarBatch(
                source=source.name,
                name=batch,
                venue=requests[0].series.venue,
                interval=requests[0].series.interval,
                series=[request.series for request in requests],
                rows=pa.concat_tables(tables),
                actions=actions,
                asked={
                    request.series: (request.first, request.last)
                    for request in requests
                    if request.series not in errors
                },
                errors=_sentences(errors),
            )
        )
        return _report(accepted, errors), errors, {row.session for row in accepted.verdict.quarantined}

    def _archive(self, source: MarketData, payload: RawPayload) -> None:
        import hashlib

        request = payload.request
        digest = hashlib.sha256(payload.content).hexdigest()[:12]
        name = f"{quote(str(request.series), safe='^=.-_')}-{digest}{payload.suffix}"
        key = f"raw/{source.name}/{request.last:%Y/%m/%d}/{name}"
        self.objects.put_new(key, payload.content, payload.media_type)


def reasons_of(rows: Sequence[QuarantinedRow]) -> dict[str, int]:
    """How many rows were held back for each reason, most frequent first."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.reason] = counts.get(row.reason, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _unknown(error: SourceError | None) -> bool:
    return isinstance(error, UnknownSymbolError)


def _report(accepted: AcceptedBars, errors: Mapping[Series, SourceError]) -> IngestReport:
    verdict = accepted.verdict
    return IngestReport(
        fetched=len(verdict.good) + len(verdict.quarantined),
        stored=accepted.stored,
        unchanged=accepted.unchanged,
        quarantined=len(verdict.quarantined),
        reasons=reasons_of(verdict.quarantined),
        errors=_sentences(errors),
        gaps=verdict.result.gaps,
    )


def _sentences(errors: Mapping[Series, SourceError]) -> dict[str, str]:
    return {str(series): str(error) for series, error in errors.items()}


def _payloads(answers: Sequence[Fetched]) -> Iterator[RawPayload]:
    return (answer.payload for answer in answers if answer.payload is not None)


def _listed(series: Sequence[Series], most: int = 5) -> str:
    names = [str(one) for one in series]
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _causes(report: IngestReport) -> str:
    causes = [f"{count} x {reason}" for reason, count in report.reasons.items()] + list(report.errors.values())
    return "; ".join(causes) or "it has none"
