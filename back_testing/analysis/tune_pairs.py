"""Tuning the thresholds of a pair's scores from its stored candles, and keeping what came out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from algo_trading.calendars import Calendars
from algo_trading.domain.costs import Costs
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.scores import PointsTable, TunedThresholds, usable_after
from algo_trading.domain.time import Interval, moment_of
from algo_trading.errors import ConfigError
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.scores import ThresholdRepository
from algo_trading.services.score_history import ReadScoreHistory
from back_testing.analysis.tune import Tuning, tune
from back_testing.search.thresholds import IN_SAMPLE, OUT_OF_SAMPLE


@dataclass(frozen=True)
class TuneThresholds:
    """Tune pairs on their shortest stored candles."""

    read: ReadScoreHistory
    thresholds: ThresholdRepository
    calendars: Calendars
    points: PointsTable
    costs: Callable[[Series], Costs]
    clock: Clock

    def __call__(
        self,
        instrument: Instrument,
        timeframes: Sequence[Interval],
        *,
        commission: float | None = None,
        slippage_bps: float | None = None,
        in_sample: timedelta = IN_SAMPLE,
        out_of_sample: timedelta = OUT_OF_SAMPLE,
        at: datetime | None = None,
    ) -> Tuning:
        """Tune one pair and store the outcome; costs that are not given are those that the pair is traded for.

        Where both are given nothing else counts, as interest on cash.

        With `at` only candles that had closed by then are known, and the outcome counts as if it had been found then.

        Raises:
            ConfigError: nothing is stored of the pair, there is too little history, or its account has terms that
                trading one unit of money cannot know.
        """
        bars = self.read(instrument, timeframes, at)
        costs = Costs.of(commission or 0.0, slippage_bps=slippage_bps or 0.0)
        if commission is None or slippage_bps is None:
            own = self.costs(Series(instrument, bars.interval))
            _require_known(own, instrument)
            costs = replace(
                own,
                commission=own.commission if commission is None else costs.commission,
                slippage_bps=own.slippage_bps if slippage_bps is None else costs.slippage_bps,
            )
        calendar = self.calendars(instrument.venue)
        found = tune(bars, timeframes, self.points, calendar, costs, in_sample=in_sample, out_of_sample=out_of_sample)
        self.thresholds.store(tuned_thresholds(found, usable_after(at or self.clock.now())))
        return found


def _require_known(costs: Costs, instrument: Instrument) -> None:
    said = [f"pays {costs.commission_fixed.normalize():f} for each fill"] if costs.commission_fixed else []
    if costs.participation is not None:
        said.append(f"takes at most {costs.participation:.2%} of a bar's volume")
    if said:
        raise ConfigError(
            f"the account that trades {instrument} {' and '.join(said)}, which tuning does not know, as it trades one "
            "unit of money; give both --commission and --slippage-bps to tune without the terms of the account"
        )


def tuned_thresholds(tuning: Tuning, usable_from: datetime) -> TunedThresholds:
    """What is kept of a tuning."""
    best = tuning.best.thresholds if tuning.best else None
    return TunedThresholds(
        instrument=tuning.instrument,
        timeframes=tuning.timeframes,
        tuned_at=moment_of(tuning.bars.closed_at[-1]),
        bull=best.bull if best else None,
        bear=best.bear if best else None,
        maximum=tuning.maximum,
        trials=tuning.trials,
        gain=float(tuning.walk.equity[-1]) - 1,
        hold=tuning.walk.hold,
        deflated_sharpe=tuning.deflated,
        objection=tuning.objection,
        usable_from=usable_from,
    )
