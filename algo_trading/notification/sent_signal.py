"""Mails of signals that a program sent through the API."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from algo_trading.domain.notice import Content
from algo_trading.domain.sent_signal import SentSignal
from algo_trading.gateways.channels import UndeliverableError
from algo_trading.notification.chart import WIDTH
from algo_trading.notification.rendering import Rendering, render
from algo_trading.notification.words import one_line, shortened

COLORS = {"buy": "#1a7f4b", "sell": "#b3261e"}
NAME_SHOWN = 80


@dataclass(frozen=True)
class SentSignalNotice:
    """A sent signal in words."""

    sent: SentSignal

    @property
    def subject(self) -> str:
        """That there is a signal, and on which ticker."""
        test = "Test: " if self.sent.test else ""
        return f"{test}AlgoTrading SIGNAL Alert for {one_line(self.sent.symbol)}"

    @property
    def sentences(self) -> Sequence[str]:
        """Which strategy says what, when, and who sent it."""
        sent, strategy = self.sent, shortened(one_line(self.sent.strategy), NAME_SHOWN)
        said = f"{strategy} says {sent.side.upper()} on {sent.symbol}, {sent.on:%A, %B} {sent.on.day}, {sent.on.year}."
        by = f"It was sent by a program of {sent.by}; no strategy here has decided it, and no account acts on it."
        return (said, by, *(["This is a test, which nobody else got."] if sent.test else []))

    def rendering(self) -> Rendering:
        """The notice as texts for a mail."""
        color = COLORS.get(self.sent.side, "#616e7c")
        return Rendering(
            self.subject,
            render("sent_signal.txt.j2", notice=self),
            render("sent_signal.html.j2", notice=self, width=WIDTH, color=color),
        )


@dataclass(frozen=True)
class SentSignalRenderer:
    """Renders sent signals by their keys."""

    def begin(self) -> Callable[[Content], Rendering]:
        """It raises UndeliverableError for what is not the key of one."""
        return self._render

    def _render(self, content: Content) -> Rendering:
        try:
            return SentSignalNotice(SentSignal.parse(content.key)).rendering()
        except ValueError as error:
            raise UndeliverableError(f"there is no sent signal {content.key!r}") from error
