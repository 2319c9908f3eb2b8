"""Reviews of strategies and what they recommend."""

from typing import Protocol

from algo_trading.domain.recommendation import Recommendation


class RecommendationRepository(Protocol):
    """One recommendation for each instrument and session, with the candidates it was chosen from."""

    def store(self, recommendation: Recommendation) -> None:
        """Store it, in place of an earlier review of the same instrument and session."""
        ...

    def newest(self) -> list[Recommendation]:
        """The newest one of each instrument, sorted by venue and symbol."""
        ...
