"""Subscribing to high scores of pairs."""

from collections.abc import Collection
from dataclasses import dataclass

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.score_alert import ScoreSubscription
from algo_trading.domain.scores import PointsTable
from algo_trading.domain.subscription import EVERY
from algo_trading.domain.time import Interval
from algo_trading.errors import ConfigError, UnknownNameError, unknown_name
from algo_trading.notification.addresses import email_address
from algo_trading.repositories.names import NameRepository
from algo_trading.repositories.score_alerts import ScoreAlertRepository
from algo_trading.repositories.watchlists import WatchlistRepository
from algo_trading.services.names_of_now import symbol_of_now


@dataclass(frozen=True)
class SubscribeScores:
    """Tell an address when a score of a monitored pair reaches a threshold, and at each further rise."""

    alerts: ScoreAlertRepository
    watchlists: WatchlistRepository
    names: NameRepository
    points: PointsTable

    def __call__(
        self, address: str, symbol: str, threshold: int | None, venue: str = EVERY, channel: str = ""
    ) -> tuple[ScoreSubscription, bool]:
        """Subscribe from the next score on, or change the threshold; None stands for the tuned ones.

        Returns the subscription and whether it is new.

        Raises:
            ConfigError: that is not a valid email address, or no score can reach the threshold.
            UnknownNameError: the pair is not monitored.
        """
        try:
            email_address(address)
        except ValueError as error:
            raise ConfigError(str(error)) from error
        monitored = self._monitored(venue)
        symbol = symbol_of_now(self.names, symbol, venue)
        pair = next((one for one in sorted(monitored) if one.symbol == symbol), None)
        if pair is None:
            known = sorted({one.symbol for one in monitored})
            raise UnknownNameError(
                f"{unknown_name('monitored pair', symbol, known)}; `algo-trading monitor {symbol}` adds one"
            )
        maximum = self.points.most * len(monitored[pair])
        if threshold is not None and not 1 <= threshold <= maximum:
            raise ConfigError(
                f"a threshold of {threshold} cannot be reached: scores of {pair} go from 0 to {maximum}, "
                f"{self.points.most} for each of its {len(monitored[pair])} timeframes"
            )
        subscription = ScoreSubscription(address, pair, threshold, channel)
        return subscription, self.alerts.put(subscription)

    def _monitored(self, venue: str) -> dict[Instrument, Collection[Interval]]:
        found: dict[Instrument, set[Interval]] = {}
        for series in (one for watchlist in self.watchlists.all() for one in watchlist.all_series):
            if venue in {EVERY, series.venue}:
                found.setdefault(series.instrument, set()).add(series.interval)
        return {pair: frozenset(intervals) for pair, intervals in found.items()}
