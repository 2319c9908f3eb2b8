"""What every repository of subscriptions to scores does."""

from dataclasses import dataclass, replace

import pytest

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.notice import Content, Notice, NoticeKind, dedupe_key
from algo_trading.domain.score_alert import ScoreAlert, ScoreSide, ScoreSubscription
from algo_trading.repositories.notices import Outbox
from algo_trading.repositories.score_alerts import ScoreAlertRepository
from algo_trading.repositories.scores import ScoreRepository
from contracts.scores import HOUR, NOON, PAIR, a_score, alike

BTC = Instrument("BTCUSDT", "BINANCE")
ANN = ScoreSubscription("ann@localhost", PAIR, 3)


@dataclass
class Scored:
    """A repository, and where scores and notices go."""

    alerts: ScoreAlertRepository
    scores: ScoreRepository
    outbox: Outbox


class ScoreAlertContract:
    """Subclasses give the fixture `scored`, empty."""

    def test_a_subscription_is_put_and_changed(self, scored: Scored) -> None:
        alerts = scored.alerts
        assert alerts.all() == []
        assert alerts.put(ANN) is True
        with alerts.step() as step:
            step.keep([replace(ANN, bull=5, bear=2)])
        assert alerts.put(replace(ANN, channel="smtp")) is False
        assert alerts.all() == [replace(ANN, channel="smtp", bull=5, bear=2)]  # the same threshold: nothing twice
        assert alerts.put(replace(ANN, threshold=None)) is False
        assert alerts.all() == [replace(ANN, threshold=None)]
        assert alerts.put(ANN) is False
        assert alerts.all() == [ANN]

    def test_what_is_removed_is_what_matches(self, scored: Scored) -> None:
        alerts, other = scored.alerts, replace(ANN, address="B@localhost")
        for one in (ANN, replace(ANN, instrument=BTC), other):
            alerts.put(one)
        assert alerts.all() == [other, replace(ANN, instrument=BTC), ANN]
        assert alerts.remove("ann@localhost", "BTCUSDT") == 1
        assert alerts.remove("ann@localhost", "BTCUSDT") == 0
        assert alerts.remove("ann@localhost") == 1
        assert alerts.all() == [other]

    def test_only_what_is_newer_than_all_before_is_news(self, scored: Scored) -> None:
        at_noon, later = a_score(), a_score(NOON + HOUR)
        with scored.alerts.step() as step:
            assert alike(step.store([at_noon]), [at_noon])
        with scored.alerts.step() as step:
            assert step.store([at_noon, a_score(NOON - HOUR)]) == []
            assert step.store([]) == []
        with scored.alerts.step() as step:
            assert alike(step.store([later]), [later])
        assert alike(scored.scores.newest(), [later])
        assert len(scored.scores.history(PAIR, NOON - HOUR, NOON + HOUR)) == 3

    def test_a_step_finds_the_subscriptions_of_its_pairs(self, scored: Scored) -> None:
        for one in (replace(ANN, address="bob@localhost"), ANN, replace(ANN, instrument=BTC)):
            scored.alerts.put(one)
        with scored.alerts.step() as step:
            assert step.subscriptions([PAIR]) == [ANN, replace(ANN, address="bob@localhost")]
            assert step.subscriptions([]) == []

    def test_scores_notices_and_what_was_told_are_one_transaction(self, scored: Scored) -> None:
        scored.alerts.put(ANN)
        alert = ScoreAlert(ScoreSide.BULL, 3, tuned=False, score=a_score())
        content = Content(NoticeKind.SCORE, alert.key, alert.score.at, alert.details)

        def work(*, dies: bool) -> None:
            with scored.alerts.step() as step:
                step.store([a_score()])
                step.keep([replace(ANN, bull=3)])
                assert step.tell(content, [replace(ANN, channel="smtp")]) == 1
                if dies:
                    raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            work(dies=True)
        assert (scored.scores.newest(), scored.alerts.all(), scored.outbox.notices()) == ([], [ANN], [])
        work(dies=False)
        assert scored.alerts.all() == [replace(ANN, bull=3)]
        key = dedupe_key("ann@localhost", alert.key)
        assert scored.outbox.notices() == [Notice(key, content, "ann@localhost", "smtp")]
        with scored.alerts.step() as step:
            assert step.tell(content, [ANN]) == 0
        with scored.outbox.sender() as sender:
            (claimed,) = sender.claim(NOON + HOUR, NOON + 2 * HOUR, 10)
        assert ScoreAlert.parse(claimed.content.details).key == alert.key
        assert claimed.content.at == NOON
