"""Recommendations in memory."""

from datetime import date

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.recommendation import Recommendation


class FakeRecommendations:
    """Implements RecommendationRepository."""

    def __init__(self) -> None:
        self._stored: dict[tuple[Instrument, date], Recommendation] = {}

    def store(self, recommendation: Recommendation) -> None:
        self._stored[recommendation.instrument, recommendation.session] = recommendation

    def newest(self) -> list[Recommendation]:
        newest: dict[Instrument, Recommendation] = {}
        for recommendation in sorted(self._stored.values(), key=lambda r: r.session):
            newest[recommendation.instrument] = recommendation
        return sorted(newest.values(), key=lambda r: (r.instrument.venue, r.instrument.symbol))
