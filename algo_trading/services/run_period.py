"""What happens to a period of a watchlist, from its bars to its mails: the one recipe that every entry point calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from algo_trading.domain.instrument import Series
from algo_trading.domain.time import Interval, Period
from algo_trading.domain.watchlist import Watchlist
from algo_trading.gateways.market_data import Sources
from algo_trading.repositories.periods import PeriodLog, Stage
from algo_trading.repositories.posts import PostRepository
from algo_trading.repositories.watchlists import AssignmentRepository
from algo_trading.services.annotate_posts import AnnotatePosts
from algo_trading.services.compute import ComputeIndicators, ComputeReport
from algo_trading.services.decide_on_posts import DecideOnPosts
from algo_trading.services.deliver import DeliverNotices, DeliveryReport
from algo_trading.services.dispatch import DispatchReport, DispatchSignals
from algo_trading.services.evaluate import EvaluateReport, EvaluateStrategies, needs_text
from algo_trading.services.export import ExportBars
from algo_trading.services.ingest import IngestBars, IngestReport
from algo_trading.services.notify import QueueNotices
from algo_trading.services.run_text import RunText, TextReport
from algo_trading.strategies.registry import Strategies


@dataclass(frozen=True)
class DecidedReport:
    """How many periods were decided, and their rows of indicators and signals (as `EvaluateReport`)."""

    periods: int = 0
    indicators: int = 0
    decided: int = 0
    new: int = 0
    skipped: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    def __add__(self, other: "DecidedReport") -> "DecidedReport":
        return DecidedReport(
            self.periods + other.periods,
            self.indicators + other.indicators,
            self.decided + other.decided,
            self.new + other.new,
            self.skipped + other.skipped,
            self.failed + other.failed,
        )


@dataclass(frozen=True)
class PeriodSteps:
    """The steps up to the signals of a period, in their order; one that was taken before changes nothing.

    `ingest`, `compute` and `evaluate` may be taken for parts of the watchlist's series, in any order and at once. Stage
    marks are made here and nowhere else.
    """

    ingest_bars: IngestBars
    export: ExportBars
    compute_indicators: ComputeIndicators
    annotate_posts: AnnotatePosts
    decide_on_posts: DecideOnPosts
    evaluate_strategies: EvaluateStrategies
    posts: PostRepository
    periods: PeriodLog
    assignments: AssignmentRepository
    strategies: Strategies
    sources: Sources

    def ingest(
        self, watchlist: Watchlist, period: Period, series: Sequence[Series], wait: timedelta = timedelta(0)
    ) -> IngestReport:
        """Bring bars in from the watchlist's source; errors and `wait` as those of `IngestBars`."""
        return self.ingest_bars(self.sources(watchlist.source), period, series, wait)

    def accept(self, watchlist: Watchlist, period: Period) -> list[str]:
        """Every series is ingested: refresh the Parquet file, return its key, and mark the period."""
        keys = self.export(watchlist.venue, period.interval, [period.opened_at])
        self.periods.mark(watchlist.name, period.interval, period.opened_at, Stage.ACCEPTED)
        return keys

    def compute(self, period: Period, series: Sequence[Series]) -> ComputeReport:
        """Publish the indicators of some series."""
        return self.compute_indicators(period, series)

    def evaluate(self, period: Period, series: Sequence[Series]) -> EvaluateReport:
        """Decide on some series. Where a strategy reads text, posts that wait for it are annotated before."""
        self._annotate(period.closed_at)
        return self.evaluate_strategies(period, series)

    def decided(self, watchlist: Watchlist, period: Period) -> EvaluateReport:
        """Every series is evaluated: decide on posts that wait for it, and mark the period.

        No account passes a signal that is still to come: behind its cursor it is too late for a mail and an order.
        """
        on_posts = self.decide_on_posts(period.closed_at)
        self.periods.mark(watchlist.name, period.interval, period.opened_at, Stage.DECIDED)
        return on_posts

    def together(self, watchlist: Watchlist, periods: Sequence[Period]) -> DecidedReport:
        """Take every step after the first one for consecutive periods of one date, whose bars are ingested.

        The end is that of the same steps for one period after the other; bars are read once. The Parquet file is
        refreshed where one of the periods ends an hour.
        """
        series, last = watchlist.series(periods[0].interval), periods[-1]
        if any(period.closed_at == period.closed_at.replace(minute=0, second=0) for period in periods):
            self.export(watchlist.venue, last.interval, [last.opened_at])
        self._mark(watchlist, periods, Stage.ACCEPTED)
        computed = self.compute_indicators.over(periods, series)
        self._annotate(last.closed_at)
        decided = self.evaluate_strategies.over(periods, series)
        self.decide_on_posts(last.closed_at)
        self._mark(watchlist, periods, Stage.DECIDED)
        return DecidedReport(
            len(periods), computed.published, decided.decided, decided.new, decided.skipped, decided.failed
        )

    def _annotate(self, until: datetime) -> None:
        if needs_text(self.assignments.all(), self.strategies) and self.posts.unread(1, until):
            self.annotate_posts(until)

    def _mark(self, watchlist: Watchlist, periods: Sequence[Period], stage: Stage) -> None:
        for period in periods:
            self.periods.mark(watchlist.name, period.interval, period.opened_at, stage)


@dataclass(frozen=True)
class PeriodReport:
    """What a period brought; `session` is its key, `accounts` and mails include what had waited before."""

    watchlist: str
    interval: Interval
    session: str
    ingested: IngestReport
    indicators: int
    text: TextReport
    decided: EvaluateReport
    accounts: tuple[DispatchReport, ...]
    queued: int
    delivered: DeliveryReport


@dataclass(frozen=True)
class RunPeriod:
    """Bars, gate, indicators, text, strategies, orders and mails of one period in this process."""

    steps: PeriodSteps
    text: RunText
    dispatch: DispatchSignals
    queue: QueueNotices
    deliver: DeliverNotices

    def __call__(self, watchlist: Watchlist, period: Period) -> PeriodReport:
        """Take every step for the whole watchlist."""
        series = watchlist.series(period.interval)
        ingested = self.steps.ingest(watchlist, period, series)
        self.steps.accept(watchlist, period)
        computed = self.steps.compute(period, series)
        text = self.text(period.closed_at)
        decided = self.steps.evaluate(period, series)
        self.steps.decided(watchlist, period)
        return PeriodReport(
            watchlist=watchlist.name,
            interval=period.interval,
            session=period.key,
            ingested=ingested,
            indicators=computed.published,
            text=text,
            decided=decided,
            accounts=tuple(self.dispatch()),
            queued=self.queue(),
            delivered=self.deliver(),
        )
