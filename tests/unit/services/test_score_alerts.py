"""From a score to the mail about it, whoever scores and whatever dies meanwhile."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.score_alert import ScoreAlert, ScoreSide
from algo_trading.domain.scores import PairScore, PointsTable, TunedThresholds
from algo_trading.domain.time import Interval, moment_of
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.gateways.channels import UndeliverableError
from algo_trading.notification.score_alert import ScoreAlertRenderer
from algo_trading.repositories.bars import bars_table
from algo_trading.services.record_scores import RecordScores
from contracts.scores import RISEN
from support.candles import candles
from support.watch_world import WatchWorld
from support.world import World

pytestmark = pytest.mark.unit

FRAMES = (Interval.HOUR_1, Interval.HOUR_4, Interval.DAY)
BTC = Instrument("BTCUSDT", "BINANCE")
COINS = Watchlist("coins", "BINANCE", "binance", FRAMES, ("BTCUSDT", "ETHUSDT"))
BARS = candles(12_000, seed=5)
BEGINS = moment_of(BARS.closed_at[-1])


class Scoring(World):
    """Scores come from the test, one after the other."""

    def __init__(self) -> None:
        super().__init__([COINS], now=BEGINS)
        self.bars.upsert(bars_table([BARS]), "test")
        self.now = BEGINS

    def score(self, bull: int = 0, bear: int = 0, minutes: int = 1) -> int:
        """The next one of a pair; how many notices it brings."""
        self.now += timedelta(minutes=minutes)
        ranks = dict.fromkeys(FRAMES, RISEN)
        made = PairScore(BTC, self.now, 42_000.5, bull, bear, 18, ranks)
        record = RecordScores(lambda *_: made, self.score_alerts, self.thresholds)  # type: ignore[arg-type]
        report = record([(BTC, FRAMES)], self.now)
        self.clock.time = self.now
        self.deliver_notices()()
        return report.notices

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mail.mails.values()]


@pytest.fixture
def world() -> Scoring:
    return Scoring()


def test_a_mail_comes_when_the_threshold_is_reached_and_at_each_further_rise(world: Scoring) -> None:
    world.subscribe_scores()("ann@localhost", "BTCUSDT", 12)
    world.subscribe_scores()("bob@localhost", "BTCUSDT", 14)
    assert [world.score(bull) for bull in (3, 12, 12, 13, 14, 13, 3, 12)] == [0, 1, 0, 1, 2, 0, 0, 1]
    assert world.score(bull=12, bear=14) == 2
    to = [str(mail["To"]) for mail in world.mail.mails.values()]
    assert (to.count("ann@localhost"), to.count("bob@localhost")) == (5, 2)
    assert {subject.split("!")[0] for subject in world.subjects()} == {
        "SIGNAL ALERT: BTCUSDT passed BULLish threshold",
        "SIGNAL ALERT: BTCUSDT passed BEARish threshold",
    }


def test_a_score_of_the_past_or_the_same_moment_tells_nobody(world: Scoring) -> None:
    world.subscribe_scores()("ann@localhost", "BTCUSDT", 12)
    assert world.score(bull=12, minutes=10) == 1
    assert world.score(bull=15, minutes=0) == 0
    assert world.score(bull=18, minutes=-5) == 0
    assert world.score(bull=13, minutes=6) == 1


def test_ml_is_the_threshold_that_was_tuned_on_these_timeframes(world: Scoring) -> None:
    world.subscribe_scores()("ann@localhost", "BTCUSDT", None)
    assert world.score(bull=18) == 0
    tuned = TunedThresholds(BTC, FRAMES, BEGINS, 9, 7, 18, 256, 0.5, 0.1, 0.97, "", world.now)
    world.thresholds.store(replace(tuned, timeframes=FRAMES[:2], bull=2))
    assert world.score(bull=8) == 0
    world.thresholds.store(tuned)
    assert (world.score(bull=8), world.score(bull=9), world.score(bear=7)) == (0, 1, 1)
    world.thresholds.store(replace(tuned, usable_from=world.now, objection="too few trades"))
    assert world.score(bull=18) == 0
    plain = next(iter(world.mail.mails.values())).get_body(("plain",))
    assert plain is not None
    assert "bull score 9 of 18, tuned threshold 9" in plain.get_content()


def test_the_mail_says_what_has_happened_and_carries_graph_and_table(world: Scoring) -> None:
    world.subscribe_scores()("ann@localhost", "BTCUSDT", 12)
    world.score(bull=13)
    (mail,) = world.mail.mails.values()
    assert mail["Subject"] == f"SIGNAL ALERT: BTCUSDT passed BULLish threshold! {world.now:%A, %B} {world.now.day}"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    text = plain.get_content()
    assert "BTCUSDT: bull score 13 of 18, threshold 12" in text
    assert f"Price 42,000.50 at {world.now:%Y-%m-%d %H:%M} UTC" in text
    assert "consider selling" in text
    assert "Since 2021-12-30 it was 13 or more at " in text
    assert [line.split()[0] for line in text.splitlines() if line.endswith("      500")] == ["1h", "4h", "1d"]
    assert "Attached: BTCUSDT-scores.csv" in text
    assert "rises above 13, or reaches 12" in " ".join(text.split())
    assert "algo-trading unsubscribe ann@localhost" in text
    assert 'src="cid:' in html.get_content()
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds[0] == "multipart/mixed"
    assert (kinds.count("image/png"), kinds[-1]) == (1, "text/csv")
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "BTCUSDT-scores.csv"
    lines = attached.get_content().splitlines()
    assert lines[0].startswith("pair,venue,at,price,bull,bear,maximum,timeframe,")
    assert [line.split(",")[7] for line in lines[1:]] == ["1h", "4h", "1d"]


def test_without_candles_the_mail_has_no_picture() -> None:
    world = Scoring()
    score = PairScore(Instrument("ETHUSDT", "BINANCE"), BEGINS, 2_000.0, 0, 12, 18, {Interval.HOUR_1: RISEN})
    alert = ScoreAlert(ScoreSide.BEAR, 12, tuned=False, score=score)
    render = ScoreAlertRenderer(world.draw_scores().before).begin()
    shown = render(Content(NoticeKind.SCORE, alert.key, BEGINS, alert.details))
    assert shown.pictures == ()
    assert "consider buying" in shown.text
    assert "cid:" not in shown.html
    with pytest.raises(UndeliverableError, match="there is no score alert 'x'"):
        render(Content(NoticeKind.SCORE, "x", BEGINS))


def test_made_up_prices_are_said_to_be() -> None:
    score = PairScore(Instrument("NOVAUSDT", "DEMO"), BEGINS, 1.0, 12, 0, 18, {Interval.HOUR_1: RISEN})
    alert = ScoreAlert(ScoreSide.BULL, 12, tuned=False, score=score)
    shown = ScoreAlertRenderer(lambda *_: None).begin()(Content(NoticeKind.SCORE, alert.key, BEGINS, alert.details))
    assert shown.subject.endswith(" · made-up prices")
    assert "which is made up" in shown.text


@pytest.mark.parametrize(
    ("symbol", "threshold", "sentence"),
    [
        ("BTCUSDT", 19, "a threshold of 19 cannot be reached: scores of BTCUSDT go from 0 to 18"),
        ("BTCUSDT", 0, "a threshold of 0 cannot be reached"),
        ("BTCUSD", 12, "did you mean 'BTCUSDT'.*`algo-trading monitor BTCUSD` adds one"),
    ],
)
def test_what_cannot_come_is_refused(world: Scoring, symbol: str, threshold: int, sentence: str) -> None:
    with pytest.raises((ConfigError, UnknownNameError), match=sentence):
        world.subscribe_scores()("ann@localhost", symbol, threshold)
    with pytest.raises(ConfigError, match="not a valid email address"):
        world.subscribe_scores()("ann", "BTCUSDT", 12)
    assert world.score_alerts.all() == []


def test_unsubscribing_ends_scores_too(world: Scoring) -> None:
    world.subscribe_scores()("ann@localhost", "BTCUSDT", 12)
    world.follow("ann@localhost", "*", "*", BEGINS)
    assert world.unsubscribe()("ann@localhost") == 2
    assert world.score(bull=18) == 0


class Sensitive(WatchWorld):
    """A practice exchange on which almost every candle gives points."""

    points = PointsTable((30.0, 60.0, 99.0), (3, 2, 1))


def test_the_watch_loop_mails_at_once() -> None:
    begins = datetime(2024, 1, 1, 0, 7, tzinfo=UTC)
    watched = Sensitive(["BTCUSDT"], [Interval.HOUR_1, Interval.HOUR_4], [], begins)
    watched.subscribe_scores()("ann@localhost", "BTCUSDT", 2)
    told = {"bull": 0, "bear": 0}
    expected = 0
    for _ in range(20):
        watched.watch_candles()(["coins"])
        (score,) = watched.scores.newest()
        for side, before in told.items():
            value = getattr(score, side)
            expected += value >= 2 and value > before
            told[side] = max(value, before) if value >= 2 else 0
        assert len(watched.mail.mails) == expected
        watched.sleep(300)
    assert expected > 1
