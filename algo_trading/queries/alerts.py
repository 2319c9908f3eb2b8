"""Notices with what they are about and what became of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.notice import Notice, NoticeKind
from algo_trading.domain.score_alert import ScoreAlert
from algo_trading.domain.sent_signal import SentSignal
from algo_trading.domain.signal import Signal
from algo_trading.queries.plain import plain


@dataclass(frozen=True, slots=True)
class AlertLine:
    """A notice of the outbox, when it was queued, and not before when it is tried again (None: at once).

    `signal` is what a notice of that kind is about; None where it is not stored any more.
    """

    notice: Notice
    queued_at: datetime
    next_try: datetime | None = None
    signal: Signal | None = None

    @property
    def about(self) -> "About":
        """What it says, in short."""
        content = self.notice.content
        if self.signal is not None:
            one = self.signal
            text = f"{one.side} {one.series} {one.period}, {one.strategy.name}"
            return About(text, one.instrument, one.close, one.confidence)
        if content.kind is NoticeKind.SCORE:
            alert = ScoreAlert.parse(content.details)
            text = f"{alert.side} score {alert.value} of {alert.score.maximum} of {alert.score.instrument}"
            return About(text, alert.score.instrument, alert.score.price)
        if content.kind is NoticeKind.SENT_SIGNAL:
            sent = SentSignal.parse(content.key)
            return About(f"{sent.side} {sent.symbol} {sent.on}, {sent.strategy}, sent by {sent.by}")
        return About(content.key.removesuffix(f" {self.notice.recipient}"))


@dataclass(frozen=True, slots=True)
class About:
    """What an alert is about; `price` is that of the moment, `confidence` that of a signal."""

    text: str
    instrument: Instrument | None = None
    price: float | None = None
    confidence: float | None = None


def alert_json(line: AlertLine) -> dict[str, Any]:
    """An alert for programs."""
    notice, about = line.notice, line.about
    return {
        "id": notice.dedupe_key,
        "kind": str(notice.content.kind),
        "about": about.text,
        "instrument": plain(about.instrument),
        "price": about.price,
        "confidence": about.confidence,
        "address": notice.recipient,
        "channel": notice.channel,
        "status": str(notice.status),
        "attempts": notice.attempts,
        "queued_at": plain(line.queued_at),
        "sent_at": plain(notice.sent_at),
        "error": notice.last_error,
    }
