"""Digests: what has become of one's instruments, positions and accounts since the last one."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from algo_trading.domain.bars import Floats
from algo_trading.domain.instrument import Series
from algo_trading.domain.notice import Content
from algo_trading.domain.regular_mail import MailKind
from algo_trading.domain.signal import Side, Signal
from algo_trading.domain.venue import venue_of
from algo_trading.gateways.channels import UndeliverableError
from algo_trading.notification.chart import WIDTH
from algo_trading.notification.rendering import RECIPIENT, Attachment, Rendering, picture_id, render
from algo_trading.notification.score_chart import PRICE
from algo_trading.notification.sparkline import HEIGHT as SPARK_HEIGHT
from algo_trading.notification.sparkline import WIDTH as SPARK_WIDTH
from algo_trading.notification.sparkline import draw_sparkline
from algo_trading.notification.update import due_mail, next_mail
from algo_trading.notification.words import aligned, change_text, price_text
from algo_trading.repositories.regular_mails import RecipientRepository, RegularMailRepository

FILE = "digest.csv"


@dataclass(frozen=True)
class InstrumentDigest:
    """An instrument since the last digest.

    `closes` are the last ones of `series`, back-adjusted, `change` the fraction that they gained since then (None: no
    close is as old). `indicators` are named figures, `mentions` the number of posts about it and `sentiment` their
    mean in [-1, 1].
    """

    series: Series
    closes: Floats
    change: float | None
    indicators: Mapping[str, str]
    signals: Sequence[Signal]
    mentions: int
    sentiment: float

    @property
    def title(self) -> str:
        """Symbol, price and change."""
        changed = "" if self.change is None else f"  {change_text(self.change)}"
        made_up = " (made up)" if venue_of(self.series.venue).made_up else ""
        return f"{self.series.instrument}  {price_text(float(self.closes[-1]))}{made_up}{changed}"

    @property
    def lines(self) -> Sequence[str]:
        """What there is to say."""
        found = [", ".join(f"{name} {value}" for name, value in self.indicators.items())] if self.indicators else []
        found += [
            f"{'Buy' if one.side is Side.BUY else 'Sell'} by {one.strategy.name} on {one.period}: {one.reason}"
            for one in self.signals
        ]
        if self.mentions:
            posts = "1 post" if self.mentions == 1 else f"{self.mentions} posts"
            found.append(f"{posts}, sentiment {self.sentiment:+.2f}")
        return found


@dataclass(frozen=True)
class AccountDigest:
    """An account's equity, its changes as fractions, and a row for each position (strategy, series, value, profit)."""

    name: str
    currency: str
    equity: float
    change: float
    total_return: float
    max_drawdown: float
    positions: Sequence[tuple[str, str, float, float]]

    @property
    def title(self) -> str:
        """Name, equity and change."""
        return f"Account {self.name}  {self.equity:,.2f} {self.currency}  {change_text(self.change)}"

    @property
    def line(self) -> str:
        """The performance since it was opened."""
        return f"total return {change_text(self.total_return)}, maximum drawdown {self.max_drawdown:.1%}"

    @property
    def table(self) -> Sequence[Sequence[str]]:
        """A row for each position; the first one has the headings."""
        rows = [
            (strategy, series, f"{value:,.2f}", f"{profit:+,.2f}") for strategy, series, value, profit in self.positions
        ]
        return [("strategy", "series", "value", "profit"), *rows]


@dataclass(frozen=True)
class Digest:
    """All of it; `left_out` is how many instruments there was no room for."""

    instruments: Sequence[InstrumentDigest]
    accounts: Sequence[AccountDigest]
    left_out: int = 0


class ReadDigest(Protocol):
    """Reads what a digest has to say."""

    def __call__(self, address: str, since: datetime, now: datetime) -> Digest:
        """What happened to an address's instruments and accounts between two moments."""
        ...


@dataclass(frozen=True)
class DigestNotice:
    """A digest in words and pictures."""

    digest: Digest
    span: str
    following: str

    @property
    def subject(self) -> str:
        """One line: how the instruments did."""
        moved = [one for one in self.digest.instruments if one.change is not None]
        largest = sorted(moved, key=lambda one: -abs(one.change or 0))[:3]
        said = ", ".join(f"{one.series.instrument} {change_text(one.change or 0)}" for one in largest)
        made_up = " · made-up prices" if any(venue_of(one.series.venue).made_up for one in moved) else ""
        return f"Digest {self.span}: {said or 'no new prices'}{made_up}"

    @property
    def left_out(self) -> str:
        """What is missing; empty if nothing is."""
        return f"{self.digest.left_out} more instruments are not shown." if self.digest.left_out else ""

    @property
    def change(self) -> str:
        """The command for another rhythm, or none."""
        return f"algo-trading subscribe {RECIPIENT} --digest daily    (or 12h, weekly, off)"

    @property
    def csv(self) -> str:
        """The same as comma-separated values."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("symbol", "venue", "price", "change", "signals", "mentions", "sentiment"))
        for one in self.digest.instruments:
            writer.writerow((
                one.series.symbol,
                one.series.venue,
                float(one.closes[-1]),
                "" if one.change is None else one.change,
                len(one.signals),
                one.mentions,
                one.sentiment if one.mentions else "",
            ))  # fmt: skip
        return stream.getvalue()

    def rendering(self) -> Rendering:
        """The digest as texts for a mail."""
        pictures = tuple(draw_sparkline(one.closes) for one in self.digest.instruments)
        shown = [(picture_id(number), one) for number, one in enumerate(self.digest.instruments)]
        tables = [aligned(account.table) for account in self.digest.accounts]
        return Rendering(
            subject=self.subject,
            text=render("digest.txt.j2", notice=self, tables=tables),
            html=render(
                "digest.html.j2", notice=self, width=WIDTH, color=PRICE, shown=shown, spark=(SPARK_WIDTH, SPARK_HEIGHT)
            ),
            pictures=pictures,
            attachments=(Attachment(FILE, self.csv),),
        )


@dataclass(frozen=True)
class DigestRenderer:
    """Renders digests as of when they were due."""

    mails: RegularMailRepository
    recipients: RecipientRepository
    read: ReadDigest

    def begin(self) -> Callable[[Content], Rendering]:
        """It raises UndeliverableError where somebody wants no digest any more, or there is nothing to say."""
        return self._render

    def _render(self, content: Content) -> Rendering:
        mail, due, recipient = due_mail(self.mails, self.recipients, content, MailKind.DIGEST)
        digest = self.read(mail.address, due - mail.span, due)
        if not digest.instruments and not digest.accounts:
            raise UndeliverableError(f"{mail.address} subscribes to nothing that has prices")
        span = f"{due.astimezone(recipient.clock):%Y-%m-%d %H:%M}"
        return DigestNotice(digest, span, next_mail(mail, recipient, due)).rendering()
