"""Updates and digests: queued once when they are due, and what they say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.regular_mail import MailKind
from algo_trading.domain.scores import PairScore
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval, moment_of
from algo_trading.domain.user import Role, User
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.errors import ConfigError
from algo_trading.repositories.bars import bars_table
from contracts.regular_mails import Regularly, RegularMailContract
from contracts.scores import RISEN
from fakes.notices import FakeNotices
from fakes.regular_mails import FakeRecipients, FakeRegularMails
from support.candles import candles
from support.mail_examples import IBM, ibm_bars, ibm_signal
from support.world import World

pytestmark = pytest.mark.unit

HOUR = timedelta(hours=1)
FRAMES = (Interval.HOUR_1, Interval.DAY)
COINS = Watchlist("coins", "BINANCE", "binance", FRAMES, ("BTCUSDT", "ETHUSDT"))
BARS = candles(900, Interval.HOUR_1, seed=5)
BEGINS = moment_of(BARS.closed_at[-1])
ANN = "ann@localhost"


class TestFakeRegularMails(RegularMailContract):
    @pytest.fixture
    def regularly(self) -> Regularly:
        notices = FakeNotices()
        return Regularly(FakeRegularMails(notices), FakeRecipients(), notices)


class Office(World):
    """Pairs with scores; time passes as the test wants it."""

    def __init__(self) -> None:
        super().__init__([COINS], now=BEGINS)
        self.bars.upsert(bars_table([BARS]), "test")
        pairs = [Instrument(symbol, "BINANCE") for symbol in COINS.symbols]
        ranks = dict.fromkeys(FRAMES, RISEN)
        self.scores.store([PairScore(pair, BEGINS, 42_000.5, 7, 1, 12, ranks) for pair in pairs])

    def look(self, hours: float = 0) -> int:
        """How many are queued so much later."""
        self.clock.time += timedelta(hours=hours)
        queued = self.queue_regular_mails()()
        self.deliver_notices()()
        return queued

    def texts(self) -> list[str]:
        parts = [mail.get_body(("plain",)) for mail in self.mail.mails.values()]
        return [part.get_content() for part in parts if part is not None]


@pytest.fixture
def office() -> Office:
    office = Office()
    for symbol in COINS.symbols:
        office.subscribe_scores()(ANN, symbol, 6)
    return office


def test_an_update_comes_at_once_and_then_every_so_many_hours(office: Office) -> None:
    office.subscribe_regularly()(ANN, MailKind.UPDATE, "4h")
    assert [office.look(hours) for hours in (0, 0, 3.9, 0.2, 0, 13)] == [1, 0, 0, 1, 0, 1]
    mail = next(iter(office.mail.mails.values()))
    assert mail["Subject"] == "UPDATE for coins [BTCUSDT, ETHUSDT]"
    text = office.texts()[0]
    assert "BTCUSDT  42,000.50  7 of 12  1 of 12" in text
    assert "The next update comes in 4 hours" in text
    assert "subscribe ann@localhost --update 4h" in text
    kinds = [part.get_content_type() for part in mail.walk()]
    assert (kinds.count("image/png"), kinds[-1]) == (1, "text/csv")  # of ETHUSDT no candles are stored
    (attached,) = mail.iter_attachments()
    assert len(attached.get_content().splitlines()) == 5


def test_it_is_changed_and_switched_off(office: Office) -> None:
    regularly = office.subscribe_regularly()
    regularly(ANN, MailKind.UPDATE, "4h")
    assert office.look() == 1
    assert regularly(ANN, MailKind.UPDATE, "4h")[1] is False
    assert office.look() == 0  # the same again is no reason for a mail
    regularly(ANN, MailKind.UPDATE, "2h")
    assert [office.look(hours) for hours in (0, 2)] == [1, 1]
    office.regular_mails.remove(ANN, MailKind.UPDATE)
    assert office.look(24) == 0
    regularly(ANN, MailKind.UPDATE, "1h")
    assert office.unsubscribe()(ANN) == 3
    assert office.look(24) == 0


def test_quiet_hours_hold_back_everything_that_goes_to_an_address(office: Office) -> None:
    regularly = office.subscribe_regularly()
    regularly(ANN, MailKind.UPDATE, "1h")
    begins = BEGINS.hour
    regularly.keep_hours(ANN, "UTC", f"{begins}-{(begins + 3) % 24}")
    assert [office.look(hours) for hours in (0, 1, 1)] == [0, 0, 0]
    office.notices.tell(Content(NoticeKind.SCORE, "without details", BEGINS), [ANN, "bob@localhost"])
    office.look()
    assert list(office.mail.mails) == []
    assert office.notices.pending() == 1  # bob's has failed: it has no details, and his hours are not quiet
    assert office.look(1) == 1
    assert office.notices.pending() == 0


def test_without_a_pair_there_is_nothing_to_say() -> None:
    office = Office()
    office.subscribe_regularly()(ANN, MailKind.UPDATE, "daily")
    office.subscribe_regularly()(ANN, MailKind.DIGEST, "1h")
    assert office.look(24) == 2
    assert office.mail.mails == {}
    assert sorted(one.last_error for one in office.outbox.notices()) == [
        "ann@localhost subscribes to no pair that has been scored",
        "ann@localhost subscribes to nothing that has prices",
    ]


@pytest.mark.parametrize(
    ("address", "every", "sentence"),
    [("ann", "4h", "not a valid email address"), (ANN, "often", "'often' is not how often a mail can come")],
)
def test_a_mail_that_cannot_come_is_refused(office: Office, address: str, every: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        office.subscribe_regularly()(address, MailKind.UPDATE, every)


@pytest.mark.parametrize(
    ("zone", "quiet", "sentence"),
    [
        ("Europe/Atlantis", None, "'Europe/Atlantis' is not a time zone"),
        ("../etc/passwd", None, "is not a time zone"),
        (None, "at night", "'at night' are not quiet hours"),
    ],
)
def test_hours_that_cannot_be_are_refused(office: Office, zone: str | None, quiet: str | None, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        office.subscribe_regularly().keep_hours(ANN, zone, quiet)


def test_a_digest_has_prices_indicators_signals_sentiment_positions_and_performance() -> None:
    signal = ibm_signal()
    watched = Watchlist("stocks", "XNYS", "sample", (Interval.DAY,), ("IBM",))
    now = datetime(2013, 2, 28, 12, tzinfo=UTC)
    world = World([watched], [Assignment(signal.strategy, Series(IBM), "stocks", "paper", "owner")], now=now)
    world.bars.upsert(bars_table([ibm_bars()[-300:]]), "test")
    world.signals.add([signal, replace(signal, opened_at=signal.opened_at - timedelta(days=30), side=Side.SELL)])
    world.open("paper", datetime(2013, 2, 1, tzinfo=UTC))
    world.users.add(User("ann", Role.OWNER, now, ANN), "")
    world.follow(ANN, "IBM", "*", now)
    world.subscribe_regularly()(ANN, MailKind.DIGEST, "daily", 13)
    world.clock.time = now + 2 * HOUR
    assert world.queue_regular_mails()() == 1
    assert world.deliver_notices()().sent == 1
    (mail,) = world.mail.mails.values()
    close, before = (float(value) for value in ibm_bars().close[[-1, -2]])
    assert mail["Subject"] == f"Digest 2013-02-28 13:00: IBM {100 * (close / before - 1):+.2f} %"
    plain = mail.get_body(("plain",))
    assert plain is not None
    text = plain.get_content()
    assert f"IBM  {close:,.2f}" in text
    assert "SMA 50 " in text
    assert "RSI 14 " in text
    assert "Buy by ema_cross on 2013-02-27" in text
    assert "Sell" not in text
    assert "Account paper  10,000.00 USD" in text
    assert "no position is open" in text
    assert "The next digest comes in 24 hours" in text
    assert [part.get_content_type() for part in mail.walk()].count("image/png") == 1
    (attached,) = mail.iter_attachments()
    assert attached.get_content().splitlines()[1].startswith("IBM,XNYS,")
