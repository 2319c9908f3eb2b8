"""What every repository of scores does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import CandleRank, PairScore, TunedThresholds
from algo_trading.domain.time import Interval
from algo_trading.repositories.scores import ScorePoint, ScoreRepository, ThresholdRepository

NOON = datetime(2022, 3, 4, 12, tzinfo=UTC)
PAIR = Instrument("INJUSDT", "BINANCE")
NAN = float("nan")
RISEN = CandleRank(1.5, 3.0, 2.0, -1.0, 4.0, 10.0, 12.5, NAN, 3, 0, 500, 0.1, 2.5, 1.25, -1.2)
NEW = CandleRank(-0.1, 0.2, 0.0, -0.1, NAN, NAN, NAN, NAN, 0, 0, 0)

HOUR = timedelta(hours=1)


def a_score(at: datetime = NOON, pair: Instrument = PAIR, bull: int = 3) -> PairScore:
    return PairScore(pair, at, 4.5, bull, 0, 12, {Interval.HOUR_1: RISEN, Interval.WEEK: NEW})


def alike(found: list[PairScore], expected: list[PairScore]) -> bool:
    """NaN and NaN are alike."""
    return repr(found) == repr(expected)


class ScoreContract:
    """Subclasses give the fixture `scores`, an empty repository."""

    def test_at_first_there_is_nothing(self, scores: ScoreRepository) -> None:
        scores.store([])
        assert scores.newest() == []
        assert scores.history(PAIR, NOON, NOON) == []

    def test_what_is_stored_is_found(self, scores: ScoreRepository) -> None:
        other = a_score(pair=Instrument("BTCUSDT", "BINANCE"))
        scores.store([a_score(), other])
        assert alike(scores.newest(), [other, a_score()])
        assert scores.history(PAIR, NOON, NOON) == [ScorePoint(NOON, 4.5, 3, 0, 12)]

    def test_a_moment_scored_again_has_one_point(self, scores: ScoreRepository) -> None:
        again = replace(a_score(bull=6), timeframes={Interval.DAY: RISEN})
        scores.store([a_score()])
        scores.store([again])
        scores.store([again])
        assert alike(scores.newest(), [again])
        assert [point.bull for point in scores.history(PAIR, NOON, NOON)] == [6]

    def test_the_newest_is_not_replaced_by_one_of_before(self, scores: ScoreRepository) -> None:
        before = replace(a_score(NOON - timedelta(minutes=5), bull=1), timeframes={Interval.DAY: NEW})
        later = a_score(NOON + timedelta(minutes=5), bull=9)
        for score in (a_score(), before, later, before):
            scores.store([score])
        assert alike(scores.newest(), [later])
        hour = timedelta(hours=1)
        assert [point.bull for point in scores.history(PAIR, NOON - hour, NOON + hour)] == [1, 3, 9]
        assert [point.bull for point in scores.history(PAIR, NOON - hour, NOON)] == [1, 3]

    def test_a_timeframe_is_removed_from_the_newest_score(self, scores: ScoreRepository) -> None:
        earlier, other = a_score(NOON - HOUR, bull=1), a_score(pair=Instrument("BTCUSDT", "BINANCE"))
        both = replace(a_score(), timeframes={Interval.HOUR_1: RISEN, Interval.DAY: RISEN}, bull=6)
        scores.store([earlier, other, both])
        scores.remove(PAIR, [Interval.WEEK])
        assert alike(scores.newest(), [other, both])
        scores.remove(PAIR, [Interval.DAY, Interval.WEEK])
        left = replace(both, timeframes={Interval.HOUR_1: RISEN}, bull=3, maximum=6)
        assert alike(scores.newest(), [other, left])
        assert [(point.bull, point.maximum) for point in scores.history(PAIR, NOON - HOUR, NOON)] == [(1, 12), (3, 6)]
        scores.remove(PAIR, [Interval.HOUR_1])
        assert alike(scores.newest(), [other])
        assert scores.history(PAIR, NOON - HOUR, NOON) == []

    def test_a_pair_is_removed(self, scores: ScoreRepository) -> None:
        other = a_score(pair=Instrument("BTCUSDT", "BINANCE"))
        scores.store([a_score(NOON - HOUR), a_score(), other])
        scores.remove(PAIR)
        scores.remove(PAIR, [Interval.HOUR_1])
        assert alike(scores.newest(), [other])
        assert scores.history(PAIR, NOON - HOUR, NOON) == []


LATER = NOON + 24 * HOUR
TUNED = TunedThresholds(
    PAIR, (Interval.HOUR_1, Interval.DAY), NOON, 7, 9, 12, 100, 0.25, -0.1, 0.97, "", usable_from=NOON + HOUR
)


class ThresholdContract:
    """Subclasses give the fixture `thresholds`, an empty repository."""

    def test_each_pair_and_choice_of_timeframes_has_its_own(self, thresholds: ThresholdRepository) -> None:
        assert thresholds.newest(LATER) == []
        other = replace(TUNED, timeframes=(Interval.HOUR_4,), bull=None, bear=None, objection="none ever bought")
        for tuned in (other, TUNED, replace(TUNED, bull=8), TUNED):
            thresholds.store(tuned)
        assert thresholds.newest(LATER) == [TUNED, other]
        assert thresholds.history(PAIR, TUNED.timeframes, LATER) == [TUNED]
        assert thresholds.history(PAIR, (Interval.HOUR_1,), LATER) == []
        assert thresholds.history(Instrument("BTCUSDT", "BINANCE"), TUNED.timeframes, LATER) == []

    def test_what_counted_at_a_moment_stays_known(self, thresholds: ThresholdRepository) -> None:
        first, second, third = (
            replace(TUNED, bull=bull, tuned_at=NOON + bull * HOUR, usable_from=NOON + (bull + 1) * HOUR)
            for bull in (2, 5, 8)
        )
        for tuned in (second, third, first):
            thresholds.store(tuned)
        assert thresholds.newest(LATER) == [third]
        assert thresholds.newest(third.usable_from) == [third]
        assert thresholds.newest(third.usable_from - timedelta(seconds=1)) == [second]
        assert thresholds.newest(NOON) == []
        assert thresholds.history(PAIR, TUNED.timeframes, LATER) == [first, second, third]
        assert thresholds.history(PAIR, TUNED.timeframes, second.usable_from) == [first, second]

    def test_what_cannot_be_told_stays_so(self, thresholds: ThresholdRepository) -> None:
        unknown = replace(TUNED, instrument=Instrument("BTCUSDT", "BINANCE"), deflated_sharpe=NAN)
        for tuned in (TUNED, unknown):
            thresholds.store(tuned)
        assert repr(thresholds.newest(LATER)) == repr([unknown, TUNED])

    def test_a_pair_is_removed(self, thresholds: ThresholdRepository) -> None:
        other = replace(TUNED, instrument=Instrument("BTCUSDT", "BINANCE"))
        for tuned in (TUNED, replace(TUNED, usable_from=LATER), replace(TUNED, timeframes=(Interval.DAY,)), other):
            thresholds.store(tuned)
        thresholds.remove(PAIR)
        assert thresholds.newest(LATER) == [other]
