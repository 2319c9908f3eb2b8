"""Commands by mail: who may, what they do, and what they are answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest

from algo_trading.domain.inbound import InboundOutcome
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.regular_mail import MailKind
from algo_trading.domain.scores import PairScore
from algo_trading.domain.subscription import EVERY
from algo_trading.domain.time import Interval, moment_of
from algo_trading.domain.user import Role, User
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import ServiceUnavailableError, SourceError
from algo_trading.repositories.bars import bars_table
from algo_trading.services.poll_mailbox import Handle
from algo_trading.strategies.sma_cross import SmaCross
from contracts.inbound import InboundContract
from contracts.scores import RISEN
from fakes.assignments import assigned
from fakes.inbound import FakeInboundMails
from fakes.market_data import FakeMarketData
from support.candles import candles
from support.inbound_mail import AUTHSERV, VOUCHED, a_mail
from support.world import World

pytestmark = pytest.mark.unit

FRAMES = (Interval.HOUR_1, Interval.DAY)
COINS = Watchlist("coins", "BINANCE", "binance", FRAMES, ("BTCUSDT", "ETHUSDT"))
IBM = Instrument("IBM")
BARS = candles(900, Interval.HOUR_1, seed=5)
NOW = moment_of(BARS.closed_at[-1])
ANN, BOB, EVE = "ann@example.com", "bob@example.com", "eve@example.com"
HOUR = timedelta(hours=1)


class TestFakeInboundMails(InboundContract):
    @pytest.fixture
    def inbound(self) -> FakeInboundMails:
        return FakeInboundMails()


class Post(World):
    """Ann owns the installation, Bob is a member; both write."""

    def __init__(self) -> None:
        super().__init__([COINS], assigned((SmaCross(), IBM)), {"binance": FakeMarketData({})}, now=NOW)
        self.bars.upsert(bars_table([BARS]), "test")
        pairs = [Instrument(symbol, "BINANCE") for symbol in COINS.symbols]
        self.scores.store([PairScore(pair, NOW, 42_000.5, 7, 1, 12, dict.fromkeys(FRAMES, RISEN)) for pair in pairs])
        self.users.add(User("ann", Role.OWNER, NOW, "Ann@example.com"), "")
        self.users.add(User("bob", Role.MEMBER, NOW, BOB), "")

    def write(self, text: str, sender: str = BOB, **headers: str) -> InboundOutcome:
        """What becomes of a mail."""
        self.put(a_mail(text, sender=sender, **{"X-Number": str(len(self.mailbox.mails)), **headers}))
        return self.inbound_mails.recent(1)[0].outcome

    def put(self, content: bytes) -> None:
        self.mailbox.put(content, self.clock.now())
        assert self.poll_mailbox()().handled == 1

    def ask(self, text: str, sender: str = BOB) -> str:
        """The text of the answer."""
        assert self.write(text, sender) is InboundOutcome.ANSWERED
        body = self.newest().get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    def newest(self) -> EmailMessage:
        self.deliver_notices()()
        return list(self.mail.mails.values())[-1]


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    monkeypatch.setenv("ALGO_INBOUND_MAIL__MAILBOX", "imap")
    monkeypatch.setenv("ALGO_INBOUND_MAIL__AUTHSERV_ID", AUTHSERV)
    monkeypatch.setenv("ALGO_INBOUND_MAIL__PER_HOUR", "4")
    monkeypatch.setenv("ALGO_INBOUND_MAIL__MAX_KB", "8")
    return Post()


def test_an_answer_names_its_question(post: Post) -> None:
    assert post.write("status") is InboundOutcome.ANSWERED
    answer = post.newest()
    assert (answer["To"], answer["Subject"], answer["In-Reply-To"]) == (BOB, "Re: Hello", "<1@example.com>")
    assert (answer["References"], answer["Auto-Submitted"]) == ("<1@example.com>", "auto-replied")


def test_an_owner_monitors_and_drops(post: Post) -> None:
    said = post.ask("monitor ETHUSDT[4h,3h] NOPE [\ndrop BTCUSDT_1d XRP", ANN)
    assert "not listed at the exchange: NOPE" in said
    assert "unknown timeframe: ETHUSDT[4h,3h] (there are 1m 3m 5m 15m 30m 1h 2h 4h" in said
    assert "wrong syntax: [" in said
    assert "not monitored any more: BTCUSDT_1d" in said
    assert "not found: XRP" in said
    assert "monitored: BTCUSDT_1h ETHUSDT_1h ETHUSDT_1d" in post.ask("monitoring")
    assert [(one.action, one.detail["command"]) for one in post.audit.newest(9)] == [
        ("mail.command", "drop BTCUSDT_1d XRP")
    ]


def test_removing_from_the_database_is_asked_for(post: Post) -> None:
    stored = post.bars.series()[0]
    said = post.ask(f"drop {stored.symbol} -drop", ANN)
    assert f"removed from the database: {stored.symbol}_{stored.interval}" in said
    assert post.bars.count() == 0


@pytest.mark.parametrize("command", ["monitor INJ", "drop BTCUSDT", "all", "drop BTCUSDT -drop"])
def test_members_do_not_steer(post: Post, command: str) -> None:
    before = post.monitor().read()
    assert "this is for owners" in post.ask(command)
    assert post.monitor().read() == before


def test_scores_come_with_a_table(post: Post) -> None:
    said = post.ask("score BTCUSDT")
    assert "BTCUSDT  42,000.50" in said
    assert "bull 7 of 12, bear 1 of 12" in said
    (attached,) = post.newest().iter_attachments()
    assert attached.get_filename() == "score.csv"
    assert len(attached.get_content().splitlines()) == 3


def test_post_has_the_texts_of_each_timeframe(post: Post) -> None:
    said = post.ask("post BTCUSDT")
    assert "1h: change " in said


def test_subscriptions_begin_and_end(post: Post) -> None:
    assert "you get mails about sma_cross on IBM" in post.ask("subscribe ibm sma_cross 0.6\nsubscribe BTCUSDT score 6")
    (found,) = post.subscriptions.all()
    assert (found.address, found.symbol, found.strategy, found.venue) == (BOB, "IBM", "sma_cross", EVERY)
    assert found.min_confidence == 0.6
    assert [(one.address, one.threshold) for one in post.score_alerts.all()] == [(BOB, 6)]
    said = post.ask("status")
    assert "signals: sma_cross on IBM, confidence 0.6 or more" in said
    assert "high scores: BTCUSDT" in said
    assert "1 subscription ended" in post.ask("unsubscribe IBM")
    assert "1 subscription ended" in post.ask("unsubscribe")
    assert post.subscriptions.all() == []
    assert post.score_alerts.all() == []


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("subscribe", "write subscribe SYMBOL"),
        ("subscribe IBM sma_cross 2", "a confidence lies between 0 and 1"),
        ("subscribe IBM sma_cross nan", "a confidence lies between 0 and 1"),
        ("subscribe IBM sma_cross x", "write subscribe SYMBOL"),
        ("subscribe NOPE", "no active strategy"),
        ("subscribe BTCUSDT score many", "a threshold is a number of points or ml, not many"),
        ("subscribe BTCUSDT score 9999", "cannot be reached"),
        ("unsubscribe IBM", "there is no such subscription"),
        ("unsubscribe a b c", "write unsubscribe"),
        ("update-0", "is not how often a mail can come"),
        ("update-off", "you get no updates"),
        ("silence", "you get no updates and no digests"),
        ("score NOPE", "NOPE"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(post: Post, command: str, answer: str) -> None:
    assert answer in post.ask(command)
    assert (post.subscriptions.all(), post.score_alerts.all(), post.regular_mails.all()) == ([], [], [])
    assert post.audit.newest(1) == []


def test_updates_are_changed_and_silenced(post: Post) -> None:
    assert "you get updates (4h)" in post.ask("update-4")
    assert "you get updates (daily)" in post.ask("update-daily")
    post.subscribe_regularly()(BOB, MailKind.DIGEST, "weekly")
    assert "you get no more updates and digests" in post.ask("silence")
    assert post.regular_mails.all() == []


def test_a_mail_without_commands_is_answered_with_them(post: Post) -> None:
    said = post.ask("Hello,\nplease monitor INJ")
    assert "no line of the mail begins with a command" in said
    assert "monitor ITEM...: " in said


def test_a_bug_of_a_command_is_answered_and_the_others_go_on(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: object, _address: str) -> int:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(type(post.subscriptions), "remove", fail)
    said = post.ask("unsubscribe IBM\nupdate-4")
    assert "failed by a mistake of the program" in said
    assert "secret inside" not in said
    assert "you get updates (4h)" in said


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (a_mail("help", sender=EVE), InboundOutcome.UNKNOWN),
        (a_mail("help", sender=BOB).removeprefix(VOUCHED.encode()), InboundOutcome.SPOOFED),
        (a_mail("help", sender=BOB).replace(b"dmarc=pass", b"dmarc=fail"), InboundOutcome.SPOOFED),
        (a_mail("help", sender=BOB, **{"Auto-Submitted": "auto-replied"}), InboundOutcome.AUTOMATIC),
        (a_mail("help", sender="algo@example.net"), InboundOutcome.AUTOMATIC),
        (a_mail("help" + "\n" * 9000, sender=BOB), InboundOutcome.TOO_LARGE),
        (b"nonsense", InboundOutcome.UNREADABLE),
    ],
    ids=["stranger", "nobody vouches", "forged", "program", "ourselves", "large", "no mail"],
)
def test_nobody_else_is_answered(post: Post, content: bytes, outcome: InboundOutcome) -> None:
    post.put(content)
    (handled,) = post.inbound_mails.recent(9)
    assert handled.outcome is outcome
    assert handled.reason
    assert post.notices.pending() == 0


def test_a_sender_has_so_many_answers_an_hour(post: Post) -> None:
    assert [post.write("status") for _ in range(6)] == [InboundOutcome.ANSWERED] * 4 + [InboundOutcome.LIMITED] * 2
    assert post.write("status", ANN) is InboundOutcome.ANSWERED
    post.clock.move(HOUR * 1.1)
    assert post.write("status") is InboundOutcome.ANSWERED


def test_a_mail_is_handled_once_under_whatever_number(post: Post) -> None:
    content = a_mail("update-4", sender=BOB)
    post.put(content)
    assert post.poll_mailbox()().handled == 0
    post.mailbox.uid_validity = 8  # the server has numbered its mails anew
    post.put(content)
    assert post.inbound_mails.recent(1)[0].outcome is InboundOutcome.REPEATED
    assert post.notices.pending() == 1


def test_what_lay_there_for_long_is_not_a_command(post: Post) -> None:
    post.mailbox.put(a_mail("update-4", sender=BOB), NOW - timedelta(days=8))
    assert post.poll_mailbox()().handled == 0


def test_who_follows_handles_what_comes_meanwhile(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.mailbox.put(a_mail("status", sender=BOB), NOW)
    reports: list[int] = []

    def wait(seconds: float) -> None:
        if post.mailbox.waited:
            raise ServiceUnavailableError("the server is away")
        post.mailbox.waited.append(seconds)
        post.mailbox.put(a_mail("help", sender=BOB), NOW)

    monkeypatch.setattr(post.mailbox, "wait", wait)
    with pytest.raises(ServiceUnavailableError):
        post.poll_mailbox().follow(60, lambda report: reports.append(report.handled))
    assert (reports, post.mailbox.waited) == ([1, 1], [60])


@pytest.mark.parametrize("error", [None, SourceError("the exchange does not answer")])
def test_others_are_asked_once_and_before_the_first_mail_is_handled(post: Post, error: SourceError | None) -> None:
    done: list[str] = []

    def prepare() -> None:
        done.append("prepare")
        if error:
            raise error

    @contextmanager
    def handling() -> Iterator[Handle]:
        done.append("begin")
        with post.handling_mail() as handle:
            yield handle

    poll = replace(post.poll_mailbox(), prepare=prepare, handling=handling)
    assert poll().handled == 0
    assert done == []
    for number in range(2):
        post.mailbox.put(a_mail("help", **{"X-Number": str(number)}), post.clock.now())
    assert poll().handled == 2
    assert done == ["prepare", "begin", "begin"]
