"""Recommendations in memory."""

from datetime import date

from algo_trading.domain.instrument import Series
from algo_trading.domain.recommendation import Recommendation


class FakeRecommendations:
    """Implements RecommendationRepository."""

    def __init__(self) -> None:
        self._stored: dict[tuple[Series, date], Recommendation] = {}

    def store(self, recommendation: Recommendation) -> None:
        self._stored[recommendation.series, recommendation.session] = recommendation

    def newest(self) -> list[Recommendation]:
        newest: dict[Series, Recommendation] = {}
        for recommendation in sorted(self._stored.values(), key=lambda r: r.session):
            newest[recommendation.series] = recommendation
        return sorted(newest.values(), key=lambda r: r.series)
