"""The FundamentalsSource of Yahoo."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from algo_trading.adapters.yahoo.client import UnreachableError, YahooClient
from algo_trading.adapters.yahoo.config import YahooConfig
from algo_trading.adapters.yahoo.summary import read_summary
from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument
from algo_trading.errors import RateLimitedError, SourceError
from algo_trading.gateways.fundamentals import FundamentalsPayload

if TYPE_CHECKING:
    from algo_trading.adapters.yahoo.session import ChartSession


class YahooFundamentals:
    """Implements FundamentalsSource. A payload is the JSON of Yahoo's quoteSummary."""

    name = "yahoo"

    def __init__(
        self,
        *,
        pause_seconds: float,
        attempts: int,
        new_session: "Callable[[], ChartSession] | None" = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`pause_seconds` lie between two symbols; see YahooClient for `attempts`. Tests bring session and sleep."""
        self._client = YahooClient(new_session, attempts, pause_seconds, sleep)
        self._pause_seconds = pause_seconds
        self._sleep = sleep
        self._began = False

    def fetch(self, instruments: Sequence[Instrument]) -> Sequence[FundamentalsPayload]:
        return [self._payload(instrument) for instrument in instruments]

    def parse(self, payload: FundamentalsPayload, seen_at: datetime) -> Fundamentals:
        return Fundamentals(payload.instrument, seen_at, *read_summary(payload.content, payload.instrument.symbol))

    def _payload(self, instrument: Instrument) -> FundamentalsPayload:
        if self._began:
            self._sleep(self._pause_seconds)
        self._began = True
        try:
            return FundamentalsPayload(instrument, self._client.summary(instrument.symbol))
        except (RateLimitedError, UnreachableError):
            raise
        except SourceError as error:
            return FundamentalsPayload(instrument, error=error)


def build_fundamentals(config: YahooConfig) -> YahooFundamentals:
    """The source as configured in [sources.yahoo]."""
    return YahooFundamentals(pause_seconds=config.pause_seconds, attempts=config.attempts)
