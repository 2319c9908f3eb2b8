"""Scores that are taken are stored, and pairs without candles are named; the repository in memory keeps its promise."""

from datetime import timedelta

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import DEFAULT_POINTS
from algo_trading.domain.time import Interval, moment_of
from algo_trading.repositories.bars import bars_table
from algo_trading.services.record_scores import RecordScores
from algo_trading.services.score_candles import ScoreCandles
from contracts.score_alerts import ScoreAlertContract, Scored
from contracts.scores import ScoreContract, ThresholdContract
from fakes.bars import FakeBars
from fakes.score_alerts import FakeScoreAlerts
from fakes.scores import FakeScores, FakeThresholds
from support.candles import candles

pytestmark = pytest.mark.unit

FRAMES = (Interval.HOUR_1, Interval.HOUR_4)


class TestFakeScores(ScoreContract):
    @pytest.fixture
    def scores(self) -> FakeScores:
        return FakeScores()


class TestFakeThresholds(ThresholdContract):
    @pytest.fixture
    def thresholds(self) -> FakeThresholds:
        return FakeThresholds()


class TestFakeScoreAlerts(ScoreAlertContract):
    @pytest.fixture
    def scored(self) -> Scored:
        alerts = FakeScoreAlerts()
        return Scored(alerts, alerts.scores, alerts.notices)


def test_what_is_taken_is_stored() -> None:
    bars, scores = FakeBars(), FakeScores()
    minutes = candles(900, seed=2)
    bars.upsert(bars_table([minutes, candles(900, seed=3, symbol="ETHUSDT")]), "test")
    alerts = FakeScoreAlerts(scores)
    record = RecordScores(ScoreCandles(bars, trading_calendar, DEFAULT_POINTS), alerts, FakeThresholds())
    pairs = [(Instrument(symbol, "BINANCE"), FRAMES) for symbol in ("BTCUSDT", "ETHUSDT", "XRPUSDT")]
    at = moment_of(minutes.closed_at[-1])
    for moment in (at - timedelta(minutes=5), at, at):
        report = record(pairs, moment)
        assert [str(score.instrument) for score in report.scores] == ["BTCUSDT", "ETHUSDT"]
        assert report.skipped == (f"no candle of XRPUSDT had closed by {moment:%Y-%m-%d %H:%M} UTC",)
    assert repr(tuple(scores.newest())) == repr(report.scores)
    assert len(scores.history(pairs[0][0], at - timedelta(hours=1), at)) == 2
