"""What a review of strategies found for an instrument."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.signal import StrategyId


@dataclass(frozen=True, slots=True)
class Candidate:
    """A strategy's record out of sample, over the sessions first..last.

    `strategy` has the parameters that the newest in-sample data chose. `statistics` are JSON's own types, None for what
    does not exist. `deflated_sharpe` is the probability that it is better than the luck of the best trial, None where
    there is no Sharpe ratio. `objection` says why it is not recommended, and is empty where nothing speaks against it.
    """

    strategy: StrategyId
    first: date
    last: date
    statistics: Mapping[str, float | int | str | None]
    deflated_sharpe: float | None
    objection: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The best strategy for a series as of the close of `session`; `strategy` is None where none survives.

    `trials` counts every setting that was tried, `data_hash` identifies the bars, `report` is the key of the report in
    the object store, empty where there is none. Candidates come best first.
    """

    series: Series
    session: date
    strategy: StrategyId | None
    reason: str
    trials: int
    data_hash: str
    candidates: tuple[Candidate, ...] = ()
    report: str = ""

    @property
    def instrument(self) -> Instrument:
        """What the series is of."""
        return self.series.instrument

    @property
    def deflated_sharpe(self) -> float | None:
        """That of the best candidate, recommended or not."""
        return self.candidates[0].deflated_sharpe if self.candidates else None
