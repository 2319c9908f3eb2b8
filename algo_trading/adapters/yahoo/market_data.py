"""The MarketData of Yahoo."""

import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from algo_trading.adapters.yahoo.chart import Chart, read_chart
from algo_trading.adapters.yahoo.client import UnreachableError, YahooClient
from algo_trading.adapters.yahoo.config import YahooConfig
from algo_trading.adapters.yahoo.unadjust import later_splits, traded_prices
from algo_trading.domain.bars import Floats
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.time import Interval
from algo_trading.errors import RateLimitedError, SourceError, UnknownSymbolError
from algo_trading.gateways.market_data import RAW_SCHEMA, BarRequest, Fetched, RawBars, RawPayload
from algo_trading.plugins import Context, Plugin

if TYPE_CHECKING:
    from algo_trading.adapters.yahoo.session import ChartSession

PRICES = ("open", "high", "low", "close")
PATIENCE = 3  # symbols in a row without a usable answer, after which each further one is tried once


class YahooMarketData:
    """Implements MarketData. A payload is the JSON of a chart, from the first session asked for to the fetch.

    It reaches beyond the last session asked for because that is the only way to learn of later splits, by which Yahoo
    has divided every earlier price. `parse` undoes that and cuts off what was not asked for.
    """

    name = "yahoo"
    intervals = (Interval.DAY,)
    refetch = 10

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
        self._failed = 0  # symbols in a row

    def ends_at(self, venue: str, interval: Interval) -> datetime | None:  # noqa: ARG002 - on no venue does Yahoo end
        return None

    def fetch(self, requests: Sequence[BarRequest]) -> Sequence[Fetched]:
        answers: list[Fetched] = []
        for number, request in enumerate(requests):
            try:
                answers.append(self._answer(request))
            except RateLimitedError as error:
                answers.extend(Fetched(unanswered, error=error) for unanswered in requests[number:])
                break
        return answers

    def parse(self, payload: RawPayload) -> RawBars:
        request = payload.request
        chart = read_chart(payload.content, request.instrument.symbol)
        return RawBars(_rows(request, chart), _actions(request, chart))

    def _answer(self, request: BarRequest) -> Fetched:
        if self._began:  # bulk loads ask for one symbol a call
            self._sleep(self._pause_seconds)
        self._began = True
        try:
            content = self._client.chart(request.instrument.symbol, request.first_date, retry=self._failed < PATIENCE)
        except (RateLimitedError, UnreachableError):
            raise
        except SourceError as error:
            self._failed = 0 if isinstance(error, UnknownSymbolError) else self._failed + 1
            return Fetched(request, error=error)
        self._failed = 0
        return Fetched(request, RawPayload(request, content, "application/json", ".json"))


def _asked(request: BarRequest, session: date) -> bool:
    return (request.first_date is None or request.first_date <= session) and session <= request.last_date


def _rows(request: BarRequest, chart: Chart) -> pa.Table:
    symbol = request.instrument.symbol
    factors = later_splits(chart.sessions, chart.splits)
    columns = {
        "symbol": [symbol] * len(chart.sessions),
        "session": [session.isoformat() for session in chart.sessions],
        **{name: _price_texts(chart.values[name], factors) for name in PRICES},
        "volume": _volume_texts(chart.values["volume"], factors),
        "place": [f"chart/{symbol}#{timestamp}" for timestamp in chart.timestamps],
    }
    asked = np.array([_asked(request, session) for session in chart.sessions], dtype=bool)
    return pa.table(columns, schema=RAW_SCHEMA).filter(pa.array(asked))


def _actions(request: BarRequest, chart: Chart) -> tuple[CorporateAction, ...]:
    instrument = request.instrument
    paid = list(chart.dividends)
    amounts = traded_prices(np.array(list(chart.dividends.values())), later_splits(paid, chart.splits))
    dividends = (
        CorporateAction(instrument, day, ActionKind.DIVIDEND, float(amount))
        for day, amount in zip(paid, amounts, strict=True)
    )
    splits = (CorporateAction(instrument, day, ActionKind.SPLIT, ratio) for day, ratio in chart.splits.items())
    return tuple(sorted(action for action in (*splits, *dividends) if _asked(request, action.ex_date)))


def _price_texts(values: Sequence[Any], factors: Floats) -> list[str]:
    traded = traded_prices(np.array([_number(value) for value in values], dtype=np.float64), factors)
    return [_text(value) if isnan(price) else repr(price) for value, price in zip(values, traded.tolist(), strict=True)]


def _volume_texts(values: Sequence[Any], factors: Floats) -> list[str]:
    """Whole shares where a split lies between: Yahoo has rounded, too."""
    with np.errstate(over="ignore"):
        traded = np.array([_number(value) for value in values], dtype=np.float64) / factors
    return [
        _text(value) if factor == 1 or not isfinite(volume) else str(round(volume))
        for value, factor, volume in zip(values, factors.tolist(), traded.tolist(), strict=True)
    ]


def _number(value: Any) -> float:  # noqa: ANN401 - what JSON can hold
    """NaN for what is not a number, or does not fit: such a value goes to the gate as it came."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return float("nan")
    try:
        return float(value)
    except OverflowError:
        return float("nan")


def _text(value: Any) -> str:  # noqa: ANN401
    return "" if value is None else str(value)


def build(config: YahooConfig, _context: Context) -> YahooMarketData:
    """The source as configured in [sources.yahoo]."""
    return YahooMarketData(pause_seconds=config.pause_seconds, attempts=config.attempts)


plugin = Plugin(YahooConfig, build)
