"""Links that end subscriptions: who they are for, and that nobody else makes them."""

from datetime import UTC, datetime

import pytest

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.notice import NoticeKind
from algo_trading.domain.regular_mail import MailKind, RegularMail
from algo_trading.domain.score_alert import ScoreSubscription
from algo_trading.domain.subscription import Subscription
from algo_trading.services.approval_links import ApprovalLinks
from algo_trading.services.unsubscribe import Unsubscribe
from algo_trading.services.unsubscribe_links import PATH, UnsubscribeLinks
from fakes.regular_mails import FakeRegularMails
from fakes.score_alerts import FakeScoreAlerts
from fakes.signing_keys import FakeSigningKeys
from fakes.subscriptions import FakeSubscriptions

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ANN = "jürgen@example.com"


def test_a_link_is_read_as_it_was_made() -> None:
    links = UnsubscribeLinks(FakeSigningKeys())
    path = links.maker()(ANN, NoticeKind.SCORE)
    assert path.startswith(PATH)
    assert links.read(path.removeprefix(PATH)) == (ANN, NoticeKind.SCORE)


def test_what_was_changed_or_is_for_something_else_is_not_read() -> None:
    keys = FakeSigningKeys()
    links = UnsubscribeLinks(keys)
    token = links.maker()(ANN, NoticeKind.SCORE).removeprefix(PATH)
    said, _, signature = token.partition(".")
    for forged in ("", ".", token[:-2], f"A{token}", f"{said}.", f".{signature}", f"{token}.{signature}", "ü.ü"):
        assert links.read(forged) is None
    assert UnsubscribeLinks(FakeSigningKeys()).read(token) is None
    assert ApprovalLinks(keys).read(token) is None


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        (NoticeKind.SIGNAL, (0, 1, 2)),
        (NoticeKind.SENT_SIGNAL, (0, 1, 2)),
        (NoticeKind.SCORE, (1, 0, 2)),
        (NoticeKind.UPDATE, (1, 1, 1)),
        (NoticeKind.DIGEST, (1, 1, 1)),
    ],
)
def test_a_kind_is_ended_and_the_others_go_on(kind: NoticeKind, left: tuple[int, int, int]) -> None:
    signals, scores, mails = FakeSubscriptions(), FakeScoreAlerts(), FakeRegularMails()
    signals.add(Subscription(ANN, "IBM", "*", "*", NOW))
    scores.put(ScoreSubscription(ANN, Instrument("BTCUSDT", "BINANCE"), 12))
    for mail in MailKind:
        mails.put(RegularMail(ANN, mail, "daily", NOW))
    unsubscribe = Unsubscribe(signals, scores, mails)
    assert unsubscribe.of_kind(ANN, kind) == 1
    assert (len(signals.all()), len(scores.all()), len(mails.all())) == left
    assert unsubscribe.of_kind(ANN, kind) == 0
