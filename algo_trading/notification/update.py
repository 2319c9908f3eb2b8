"""Updates: how unusual the candles of one's pairs are, every some hours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from algo_trading.domain.notice import Content
from algo_trading.domain.regular_mail import MailKind, Recipient, RegularMail
from algo_trading.domain.score_alert import ScoreSubscription
from algo_trading.domain.scores import PairScore
from algo_trading.domain.venue import venue_of
from algo_trading.gateways.channels import UndeliverableError
from algo_trading.notification.candle_texts import scores_csv
from algo_trading.notification.chart import WIDTH
from algo_trading.notification.rendering import RECIPIENT, Attachment, Rendering, picture_id, render
from algo_trading.notification.score_alert import ReadPastScores
from algo_trading.notification.score_chart import PRICE
from algo_trading.notification.words import price_text
from algo_trading.repositories.regular_mails import RecipientRepository, RegularMailRepository
from algo_trading.repositories.score_alerts import ScoreAlertRepository
from algo_trading.repositories.scores import ScoreRepository

MOST_PICTURES = 10  # of a mail; the table has every pair
FILE = "scores.csv"


@dataclass(frozen=True)
class Update:
    """The newest scores of one's pairs; `pictures` are PNGs with what they show."""

    scores: Sequence[PairScore]
    pictures: Sequence[tuple[str, bytes]]
    every: str
    following: str

    @property
    def subject(self) -> str:
        """One line with the pairs."""
        made_up = " · made-up prices" if any(venue_of(one.instrument.venue).made_up for one in self.scores) else ""
        return f"UPDATE for coins [{', '.join(str(one.instrument) for one in self.scores)}]{made_up}"

    @property
    def table(self) -> Sequence[Sequence[str]]:
        """A row for each pair; the first one has the headings."""
        rows = [
            (
                str(one.instrument),
                price_text(one.price),
                f"{one.bull} of {one.maximum}",
                f"{one.bear} of {one.maximum}",
                f"{one.at:%m-%d %H:%M}",
            )
            for one in self.scores
        ]
        return [("pair", "price", "bull", "bear", "at (UTC)"), *rows]

    @property
    def attached(self) -> str:
        """What comes with the mail."""
        return f"Attached: {FILE}, every figure, rank and average of each pair and timeframe."

    @property
    def change(self) -> str:
        """The command for another rhythm, or none."""
        return f"algo-trading subscribe {RECIPIENT} --update 4h    (or daily, weekly, off)"

    def rendering(self) -> Rendering:
        """The update as texts for a mail."""
        shown = [(picture_id(number), alt) for number, (alt, _) in enumerate(self.pictures)]
        return Rendering(
            subject=self.subject,
            text=render("update.txt.j2", notice=self),
            html=render("update.html.j2", notice=self, width=WIDTH, color=PRICE, shown=shown),
            pictures=tuple(picture for _, picture in self.pictures),
            attachments=(Attachment(FILE, scores_csv(self.scores)),),
        )


@dataclass(frozen=True)
class UpdateRenderer:
    """Renders updates from the newest scores of the pairs that an address subscribes to."""

    mails: RegularMailRepository
    recipients: RecipientRepository
    alerts: ScoreAlertRepository
    scores: ScoreRepository
    past: ReadPastScores

    def begin(self) -> Callable[[Content], Rendering]:
        """It raises UndeliverableError where somebody wants no updates any more, or has no pairs."""
        newest = {one.instrument: one for one in self.scores.newest()}

        def rendering(content: Content) -> Rendering:
            mail, due, recipient = due_mail(self.mails, self.recipients, content, MailKind.UPDATE)
            own = [one for one in self.alerts.all() if one.address == mail.address and one.instrument in newest]
            if not own:
                raise UndeliverableError(f"{mail.address} subscribes to no pair that has been scored")
            scores = [newest[one.instrument] for one in own]
            pictures = [self._picture(one, newest[one.instrument]) for one in own[:MOST_PICTURES]]
            shown = [picture for picture in pictures if picture[1]]
            return Update(scores, shown, mail.every, next_mail(mail, recipient, due)).rendering()

        return rendering

    def _picture(self, subscription: ScoreSubscription, score: PairScore) -> tuple[str, bytes]:
        past = self.past(score, subscription.threshold or score.maximum + 1)
        alt = f"The price of {score.instrument} over its last weeks, with the bull and the bear score beneath"
        return alt, past.picture if past else b""


def due_mail(
    mails: RegularMailRepository, recipients: RecipientRepository, content: Content, kind: MailKind
) -> tuple[RegularMail, datetime, Recipient]:
    """The mail that a content is about, the moment at which it was due, and its reader.

    Raises:
        UndeliverableError: it is not wanted any more.
    """
    address, _, due = content.key.rpartition(" ")
    mail = mails.find(address, kind)
    if mail is None:
        raise UndeliverableError(f"{address} wants no {kind} any more")
    return mail, datetime.fromisoformat(due), recipients.get(address)


def next_mail(mail: RegularMail, recipient: Recipient, due: datetime) -> str:
    """When the next one comes."""
    following = mail.next(recipient, due)
    hours = round((following - due).total_seconds() / 3600)
    length = f"{hours} hour{'s' if hours > 1 else ''}"
    local = following.astimezone(recipient.clock)
    quiet = f"; nothing comes between {recipient.quiet_from}:00 and {recipient.quiet_to}:00" if recipient.quiet else ""
    return f"The next {mail.kind} comes in {length}, at {local:%Y-%m-%d %H:%M} ({recipient.zone}){quiet}."
