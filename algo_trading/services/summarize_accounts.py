"""Every day owners get the standing of all accounts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from algo_trading.domain.letter import Letter
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.regular_mail import DAILY, MailKind, RegularMail
from algo_trading.domain.time import DAY
from algo_trading.gateways.clock import Clock
from algo_trading.notification.digest import AccountDigest, ReadDigest
from algo_trading.notification.words import change_text
from algo_trading.repositories.notices import NoticeQueue
from algo_trading.repositories.regular_mails import RecipientRepository

HEADINGS = ("account", "equity", "day", "since start", "drawdown", "positions", "profit")


@dataclass(frozen=True)
class SummarizeAccounts:
    """Queue one notice a day for each of the `owners`, at `hour` of their day (None: never), once whoever looks."""

    read: ReadDigest
    queue: NoticeQueue
    recipients: RecipientRepository
    clock: Clock
    owners: Callable[[], Sequence[str]]
    page: Callable[[str], str]
    hour: int | None

    def __call__(self) -> int:
        """Queue what is due; returns how many notices are new."""
        now, new = self.clock.now(), 0
        if self.hour is None:
            return 0
        told = set(self.queue.keys(NoticeKind.LETTER))
        for address in self.owners():
            daily = RegularMail(address, MailKind.DIGEST, DAILY, now - DAY, self.hour)
            due = daily.due(self.recipients.get(address), now)
            key = f"accounts {address} {due and due.isoformat()}"
            if due is not None and key not in told and (letter := self._letter(address, due)):
                new += self.queue.tell(Content(NoticeKind.LETTER, key, now, letter.details), [address])
        return new

    def _letter(self, address: str, due: datetime) -> Letter | None:
        """What there is to say of the day before a moment; None without accounts."""
        accounts = self.read(address, due - DAY, due).accounts
        if not accounts:
            return None
        said = ", ".join(f"{one.name} {change_text(one.change)}" for one in accounts)
        sentences = ("Every account as of its last closes, with the change of the last 24 hours.",)
        rows = (HEADINGS, *map(_row, accounts))
        return Letter(f"Accounts {due:%Y-%m-%d}: {said}", sentences, self.page("/accounts"), rows)


def _row(one: AccountDigest) -> tuple[str, ...]:
    profit = sum(position[3] for position in one.positions)
    return (
        one.name, f"{one.equity:,.2f} {one.currency}", change_text(one.change), change_text(one.total_return),
        f"{one.max_drawdown:.1%}", str(len(one.positions)), f"{profit:+,.2f}",
    )  # fmt: skip
