"""The whole chain for one session in this process: the same services that the DAGs call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from algo_trading.calendars import market_calendar
from algo_trading.domain.instrument import Instrument
from algo_trading.repositories.signals import SessionLog, Stage
from algo_trading.services.compute import ComputeIndicators
from algo_trading.services.deliver import DeliverMails, DeliveryReport
from algo_trading.services.evaluate import EvaluateReport, EvaluateStrategies
from algo_trading.services.execute import ExecuteReport, ExecuteSignals
from algo_trading.services.export import ExportBars
from algo_trading.services.ingest import IngestBars, IngestReport
from algo_trading.services.notify import NotifySubscribers
from algo_trading.services.run_text import RunText, TextReport


@dataclass(frozen=True)
class SessionReport:
    """What a session brought."""

    session: date
    ingested: IngestReport
    indicators: int
    text: TextReport
    decided: EvaluateReport
    accounts: tuple[ExecuteReport, ...]
    queued: int
    delivered: DeliveryReport


@dataclass(frozen=True)
class RunSession:
    """Bars, gate, indicators, text, strategies, orders and mails of one session."""

    ingest: IngestBars
    export: ExportBars
    compute: ComputeIndicators
    text: RunText
    evaluate: EvaluateStrategies
    execute: ExecuteSignals
    notify: NotifySubscribers
    deliver: DeliverMails
    sessions: SessionLog
    instruments: Sequence[Instrument]

    def __call__(self, session: date) -> SessionReport:
        """Run the chain; a step that was done before changes nothing."""
        venue = self.instruments[0].venue
        ingested = self.ingest(session, self.instruments)
        self.export(venue, [session.year])
        self.sessions.mark(venue, session, Stage.INGESTED)
        computed = self.compute(session, self.instruments)
        text = self.text(market_calendar(venue).session(session).closes_at)
        decided = self.evaluate(session, self.instruments)
        self.sessions.mark(venue, session, Stage.DECIDED)
        accounts = self.execute()
        queued = self.notify()
        delivered = self.deliver()
        return SessionReport(session, ingested, computed.published, text, decided, tuple(accounts), queued, delivered)
