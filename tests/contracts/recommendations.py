"""What every repository of recommendations does."""

from dataclasses import replace
from datetime import date

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.recommendation import Candidate, Recommendation
from algo_trading.domain.signal import StrategyId
from algo_trading.repositories.recommendations import RecommendationRepository

JAN_4, JAN_11 = date(2013, 1, 4), date(2013, 1, 11)
CROSS, HOLD = StrategyId("sma_cross", '{"fast":7,"slow":21}'), StrategyId("buy_and_hold", "{}")


def a_recommendation(symbol: str = "IBM", session: date = JAN_4, venue: str = "XNYS") -> Recommendation:
    figures = {"sharpe": 1.25, "n_trades": 17, "win_rate": None, "start": "2010-01-04"}
    candidates = (
        Candidate(CROSS, date(2010, 1, 4), session, figures, 0.97, ""),
        Candidate(HOLD, date(2010, 1, 4), session, {}, None, "it is no better than \u00e9"),
    )
    return Recommendation(
        Series(Instrument(symbol, venue)),
        session,
        CROSS,
        "it survives",
        412,
        "0f3c",
        candidates,
        f"reports/{symbol}.html",
    )


class RecommendationContract:
    """Subclasses give the fixture `recommendations`, an empty repository."""

    def test_at_first_there_is_nothing(self, recommendations: RecommendationRepository) -> None:
        assert recommendations.newest() == []

    def test_what_is_stored_is_found(self, recommendations: RecommendationRepository) -> None:
        chosen, none = a_recommendation(), replace(a_recommendation("MSFT"), strategy=None, candidates=(), report="")
        recommendations.store(chosen)
        recommendations.store(none)
        assert recommendations.newest() == [chosen, none]
        assert [found.deflated_sharpe for found in recommendations.newest()] == [0.97, None]

    def test_a_session_reviewed_again_has_one_outcome(self, recommendations: RecommendationRepository) -> None:
        first = a_recommendation()
        again = replace(
            first, strategy=None, reason="none survives", trials=3, data_hash="1", candidates=first.candidates[1:]
        )
        recommendations.store(first)
        recommendations.store(again)
        recommendations.store(again)
        assert recommendations.newest() == [again]

    def test_the_newest_session_of_each_instrument_counts(self, recommendations: RecommendationRepository) -> None:
        old, new, other = a_recommendation(), a_recommendation(session=JAN_11), a_recommendation(venue="XLON")
        for recommendation in (new, other, old, a_recommendation("a"), a_recommendation("^X")):
            recommendations.store(recommendation)
        found = recommendations.newest()
        assert [str(r.instrument) for r in found] == ["IBM", "IBM", "^X", "a"]
        assert found[:2] == [other, new]
