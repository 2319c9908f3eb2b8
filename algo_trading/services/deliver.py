"""Notices of the outbox go out."""

from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.headerregistry import Address
from functools import lru_cache

from algo_trading.domain.notice import Content, Notice, NoticeKind, NoticeStatus
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.channels import Channels, ChannelSession, DeferredError, Mail, UndeliverableError
from algo_trading.gateways.clock import Clock
from algo_trading.notification.mail import MailForm, Unsubscribing, sender_address
from algo_trading.notification.own_templates import templates_from
from algo_trading.notification.rendering import Renderer
from algo_trading.repositories.notices import Outbox, Outcome, Sender

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
BATCH = 100  # notices that are claimed together: at most so many are repeated after a crash
LEASE = timedelta(minutes=15)  # how long they are kept from others; longer than this and one mail together take:
SETTLED_AFTER = timedelta(minutes=1)
ENDED = frozenset({
    NoticeKind.SIGNAL, NoticeKind.SENT_SIGNAL, NoticeKind.SCORE, NoticeKind.UPDATE, NoticeKind.DIGEST,
})  # what people subscribe to  # fmt: skip
FORMS_KEPT = 16  # each about 100 kB; the recipients of a content are next to each other


Link = Callable[[str, NoticeKind], str]
"""Makes the link with which a recipient ends what brings notices of a kind; "" where there are no pages."""


@dataclass(frozen=True)
class DeliveryReport:
    """What became of the notices that were due: sent, to be tried again, given up.

    `error` is the sentence of the last one that is to be tried again, `refusal` that of the last one that was given up;
    they are empty if there is none. `refusals` counts the given up ones by their sentence.
    """

    sent: int = 0
    retried: int = 0
    failed: int = 0
    error: str = ""
    refusal: str = ""
    refusals: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DeliverNotices:
    """Deliver what waits in the outbox, many notices in one conversation and none of it in a transaction.

    A batch is claimed, delivered and settled. After a crash what was not settled is delivered again, with the same key.
    """

    outbox: Outbox
    renderers: Mapping[NoticeKind, Renderer]
    channels: Channels
    clock: Clock
    sender: str
    resting: Callable[[datetime], Collection[str]] = lambda _now: ()
    links: Callable[[], Link] = lambda: lambda _recipient, _kind: ""
    mailbox: str = ""
    templates: str = ""

    def __call__(self, progress: Callable[[int], None] = lambda _sent: None) -> DeliveryReport:
        """Deliver every notice that is due now; one that is refused does not hold up the others.

        When a channel as a whole does not work, its notices stay in the outbox, and so do those for addresses that are
        `resting`, in whose quiet hours a moment lies. `progress` is called with the number that are sent. What people
        subscribe to has the link that ends it, as `links` makes it, and the `mailbox` that does.

        Raises:
            ConfigError: `sender` is not a valid email address.
        """
        forms = _Forms(self.renderers, sender_address(self.sender), self.links(), self.mailbox)
        own = templates_from(self.templates)
        with self.outbox.sender() as sender, own, ExitStack() as conversations:
            now = self.clock.now()
            resting = self.resting(now)
            delivery = _Delivery(now, resting, sender, forms, self.channels, self.clock, conversations, progress)
            while delivery.batch():
                pass
        return delivery.report


class _Forms:
    """Mails of contents, each rendered once, and the errors of those that cannot be."""

    def __init__(self, renderers: Mapping[NoticeKind, Renderer], sender: Address, link: Link, mailbox: str) -> None:
        self._render = {kind: renderer.begin() for kind, renderer in renderers.items()}
        self._sender, self._link, self._mailbox = sender, link, mailbox
        self._kept = lru_cache(maxsize=FORMS_KEPT)(self._made)

    def of(self, content: Content) -> MailForm:
        made = self._kept(content)
        if isinstance(made, Exception):
            raise made
        return made

    def _made(self, content: Content) -> MailForm | UndeliverableError | AlgoTradingError:
        try:
            rendering = self._render[content.kind](content)
            unsubscribing = Unsubscribing(lambda recipient: self._link(recipient, content.kind), self._mailbox)
            return MailForm(rendering, self._sender, unsubscribing if content.kind in ENDED else None)
        except (UndeliverableError, AlgoTradingError) as error:
            return error.with_traceback(None)


@dataclass
class _Delivery:
    """One round through the outbox; `due` is fixed: what is put off now is not taken again."""

    due: datetime
    resting: Collection[str]
    outbox: Sender
    forms: _Forms
    channels: Channels
    clock: Clock
    conversations: ExitStack
    progress: Callable[[int], None]
    report: DeliveryReport = field(default_factory=DeliveryReport)
    sessions: dict[str, ChannelSession] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)

    def batch(self) -> bool:
        """Deliver the next notices; False if there are none."""
        claimed = self.outbox.claim(self.due, self.clock.now() + LEASE, BATCH, self.down, self.resting)
        outcomes: list[Outcome] = []
        settled_at = self.clock.now()
        try:
            for place, notice in enumerate(claimed):
                if self.clock.now() - settled_at > SETTLED_AFTER:
                    self.outbox.settle(outcomes)
                    outcomes, settled_at = [], self.clock.now()
                    self.outbox.extend(claimed[place:], settled_at + LEASE)
                if notice.channel not in self.down:
                    outcomes.append(self._outcome(notice))
                    if outcomes[-1].status is NoticeStatus.SENT:
                        self.progress(self.report.sent)
        finally:
            self.outbox.settle(outcomes)
        return bool(claimed)

    def _outcome(self, notice: Notice) -> Outcome:
        report = self.report
        try:
            mail = self.forms.of(notice.content).fill(notice.recipient, notice.dedupe_key, self.clock.now())
            self._deliver(notice.channel, mail)
        except UndeliverableError as refusal:
            said = str(refusal)
            refusals = {**report.refusals, said: report.refusals.get(said, 0) + 1}
            self.report = replace(report, failed=report.failed + 1, refusal=said, refusals=refusals)
            return Outcome(notice.dedupe_key, NoticeStatus.FAILED, self.clock.now(), said)
        except AlgoTradingError as error:
            self.report = replace(report, retried=report.retried + 1, error=str(error))
            again = self.clock.now() + pause(notice.attempts)
            return Outcome(notice.dedupe_key, NoticeStatus.PENDING, again, str(error))
        self.report = replace(report, sent=report.sent + 1)
        return Outcome(notice.dedupe_key, NoticeStatus.SENT, self.clock.now())

    def _deliver(self, channel: str, mail: Mail) -> None:
        try:
            if channel not in self.sessions:
                self.sessions[channel] = self.conversations.enter_context(self.channels(channel).session())
            self.sessions[channel].deliver(mail)
        except DeferredError:
            raise
        except AlgoTradingError:
            self.down.add(channel)
            raise


def pause(attempts: int) -> timedelta:
    """How long to wait after `attempts` earlier ones: a minute, doubling up to an hour."""
    return min(FIRST_PAUSE * (1 << min(attempts, 10)), LONGEST_PAUSE)
