"""The weekly review: for each series the strategy to trade it with, stored with its report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from urllib.parse import quote

from algo_trading.domain.bars import Bars
from algo_trading.domain.instrument import Series
from algo_trading.domain.recommendation import Candidate, Recommendation
from algo_trading.errors import ConfigError
from algo_trading.repositories.objects import ObjectStore
from algo_trading.repositories.recommendations import RecommendationRepository
from back_testing.analysis.recommend import CONVINCING, OVERFITTED, Review, recommend
from back_testing.engine.data import ReadHistory
from back_testing.engine.rules import TradingRules
from back_testing.report import render_report
from back_testing.search.walk_forward import Plan, notes


@dataclass(frozen=True)
class ReviewReport:
    """Series reviewed; what is recommended for each ("none" where nothing survives), and why some were skipped."""

    reviewed: int = 0
    recommended: Mapping[str, str] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReviewStrategies:
    """Review every registered strategy on series, under the account's costs and the limits of its signals."""

    history: ReadHistory
    recommendations: RecommendationRepository
    objects: ObjectStore
    rules: Callable[[Series], TradingRules]

    def __call__(self, until: datetime, series: Sequence[Series], plan: Plan) -> ReviewReport:
        """Review on bars that opened up to `until`. For the same moment it stores the same again, in the same place.

        For a series that no strategy can be walked over nothing is recommended, with the reason.
        """
        recommended, skipped = {}, {}
        for one in series:
            try:
                history = self.history([one], until)
                (bars,) = history.series
                review = recommend(bars, replace(self.rules(one), ends=history.ends), plan)
            except ConfigError as error:
                skipped[str(one)] = str(error)
                self.recommendations.store(Recommendation(one, until.date(), None, str(error), trials=0, data_hash=""))
                continue
            recommended[str(one)] = self._store(until.date(), bars, review, history.notes)
        return ReviewReport(len(recommended), recommended, skipped)

    def _store(self, session: date, bars: Bars, review: Review, data_notes: Sequence[str]) -> str:
        # The report first: whoever reads the recommendation finds it.
        name = quote(f"{bars.series}-{bars.series.venue}", safe="")
        key = f"reports/strategy_review/{session}/{name}.html"
        notes = [*review_notes(review), *(("Data", f"{note}.") for note in data_notes)]
        page = render_report(review.walks[0].result, [bars], notes)
        self.objects.put(key, page.encode(), "text/html; charset=utf-8")
        self.recommendations.store(replace(review.recommendation, session=session, report=key))
        return str(review.recommendation.strategy or "none")


def review_notes(review: Review) -> list[tuple[str, str]]:
    """What a reader of the best candidate's report has to know."""
    best = review.recommendation.candidates[0]
    recommended = f"{review.recommendation.strategy or 'none'}: {review.recommendation.reason}."
    return [("Recommended", recommended), *_tests(review, best), *notes(review.walks[0])]


def _tests(review: Review, best: Candidate) -> list[tuple[str, str]]:
    """Each test with its outcome for the best candidate, and how many trials stand behind it."""
    found, trials = best.statistics, review.recommendation.trials
    tried = f"{len(review.walks)} strategies in {trials} settings, all over the same bars out of sample."
    if best.deflated_sharpe is None:
        return [("Trials", f"{tried} The best did not trade.")]
    exposure, excess = _known(found["exposure"], ".0%"), _known(found["excess_return"], "+.1%")
    difference, low, high = (_known(found[f"sharpe_difference{end}"], ".2f") for end in ("", "_low", "_high"))
    of_excess = (
        f"It earned {excess} a year above holding {exposure} of the market all the time, its own mean exposure. "
        f"Deflated Sharpe ratio of the excess: {best.deflated_sharpe:.3f}, the probability that it is above the luck "
        f"of the best of {trials} settings; {CONVINCING} is needed (Bailey and L\u00f3pez de Prado, 2014)."
    )
    of_sharpe = (
        f"It is above that of holding by {difference}, in 90 % of resampled histories by {low} to {high}; all of it "
        "above 0 is needed (stationary bootstrap, Politis and Romano, 1994)."
    )
    of_overfitting = (
        f"The setting that is best in one half of the blocks of bars is in the lower half afterwards in "
        f"{_known(found['overfitting_probability'], '.0%')} of the ways to halve them; below {OVERFITTED:.0%} is "
        "needed (cross-validation, Bailey, Borwein, L\u00f3pez de Prado and Zhu, 2017)."
    )
    return [
        ("Trials", tried),
        ("Test of the excess", of_excess),
        ("Test of the Sharpe ratio", of_sharpe),
        ("Test of overfitting", of_overfitting),
    ]


def _known(value: float | str | None, spec: str) -> str:
    return "unknown" if value is None or isinstance(value, str) else format(value, spec)
