"""The MarketData of Binance."""

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from algo_trading.adapters.binance.client import PAGE, BinanceRest, bans_file, read_json
from algo_trading.adapters.binance.config import BinanceConfig
from algo_trading.adapters.binance.klines import (
    DAY,
    OPEN_TIME,
    THREE_DAYS,
    Kline,
    bars_of,
    checked,
    closed,
    in_three_days,
    rows_of,
)
from algo_trading.adapters.binance.rules import rules_of
from algo_trading.domain.bars import Bars
from algo_trading.domain.instrument import TRADING, Series, TradingRules
from algo_trading.domain.time import Interval
from algo_trading.errors import RateLimitedError, SourceError, UnknownSymbolError
from algo_trading.gateways.market_data import BarRequest, Fetched, RawBars, RawPayload
from algo_trading.gateways.running_candles import RunningCandles
from algo_trading.gateways.trading_rules import RulesPage
from algo_trading.plugins import Context, Plugin

PATIENCE = 3  # failures in a row, whatever the pair, after which the others are not asked for


class BinanceMarketData:
    """Implements MarketData. A payload is the exchange's time and then its pages of klines, a line for each reply.

    A candle that had not ended by that time is left out when a payload is read: the exchange's clock decides, not ours.
    Missing candles stay missing. A pair without a candle is asked about: it may be halted or delisted. Candles of three
    days are made of those of a day (`in_three_days`), which are what their payload holds.
    """

    intervals = tuple(Interval)
    refetch = 1

    def __init__(
        self, rest: BinanceRest | Callable[[], BinanceRest], *, name: str = "binance", connections: int = 1
    ) -> None:
        """`rest` may be found anew for each question, where an exchange moves to another address."""
        self.name = name
        self._connect: Callable[[], BinanceRest] = (lambda: rest) if isinstance(rest, BinanceRest) else rest
        self._connections = connections

    @property
    def _rest(self) -> BinanceRest:
        return self._connect()

    def ends_at(self, venue: str, interval: Interval) -> datetime | None:  # noqa: ARG002 - the exchange goes on
        return None

    def fetch(self, requests: Sequence[BarRequest]) -> Sequence[Fetched]:
        now = self._rest.server_time().content
        work = _Work(self._answer, now)
        if len(requests) == 1 or self._connections == 1:
            return [work(request) for request in requests]
        with ThreadPoolExecutor(self._connections, thread_name_prefix=self.name) as pool:
            return list(pool.map(work, requests))

    def parse(self, payload: RawPayload) -> RawBars:
        who, request = self._rest.name, payload.request
        try:
            lines = gzip.decompress(payload.content).splitlines()
        except (OSError, EOFError):
            lines = []
        if not lines:
            raise SourceError(f"the payload for {request.series} is not one of {who}")
        now = _time_of(read_json(lines[0], who), who)
        klines = [row for line in lines[1:] for row in checked(read_json(line, who), who)]
        return RawBars(rows_of(request.series, closed(_as_wanted(request.series, klines, who), now)))

    def running(self, wanted: Mapping[Series, datetime]) -> RunningCandles:
        """Implements RunningSource: a request for each series, until it has failed PATIENCE times in a row."""
        who = self._rest.name
        now = _time_of(read_json(self._rest.server_time().content, who), who)
        bars: dict[Series, Bars] = {}
        errors: dict[Series, SourceError] = {}
        failed = 0
        for series, since in wanted.items():
            try:
                asked, first, last = _question(series, _milliseconds(since), now)
                reply = self._rest.klines(series.symbol, asked, first, last)
                klines = checked(read_json(reply.content, who), who)
                found = bars_of(series, _as_wanted(series, klines, who), who)
            except SourceError as error:
                errors[series] = error
                failed += not isinstance(error, UnknownSymbolError)
                if failed >= PATIENCE or isinstance(error, RateLimitedError):
                    break
            else:
                failed = 0
                if len(found):
                    bars[series] = found
        return RunningCandles(datetime.fromtimestamp(now / 1000, UTC), bars, errors)

    def fetch_rules(self) -> RulesPage:
        """Implements RulesSource."""
        return RulesPage(self._rest.exchange_info().content, "application/json", ".json")

    def parse_rules(self, page: RulesPage, venue: str) -> list[TradingRules]:
        """Implements RulesSource."""
        return rules_of(read_json(page.content, self._rest.name), venue, self._rest.name)

    def _answer(self, request: BarRequest, now: bytes) -> Fetched:
        pages = [now]
        asked, first, last = _question(request.series, _milliseconds(request.first), _milliseconds(request.last))
        while True:
            reply = self._rest.klines(request.series.symbol, asked, first, last)
            rows = checked(read_json(reply.content, self._rest.name), self._rest.name)
            pages.append(_line(reply.content, rows))
            if len(rows) < PAGE:
                break
            first = rows[-1][OPEN_TIME] + 1
        if len(pages) == 2 and not rows:
            self._check_trading(request)
        content = gzip.compress(b"\n".join(pages), mtime=0)
        return Fetched(request, RawPayload(request, content, "application/gzip", ".jsonl.gz"))

    def _check_trading(self, request: BarRequest) -> None:
        status = self._rest.status(request.series.symbol)
        if status != TRADING:
            raise SourceError(
                f"{request.series.symbol} does not trade at {self._rest.name} (status {status}): it is halted or "
                f"delisted, and has no candle from {request.first or 'its listing'} to {request.last}"
            )


class _Work:
    """Answers requests, in several threads perhaps, until the exchange has failed PATIENCE times in a row."""

    def __init__(self, answer: Callable[[BarRequest, bytes], Fetched], now: bytes) -> None:
        self._answer, self._now = answer, now
        self._lock = Lock()
        self._failed = 0
        self._last: SourceError | None = None

    def __call__(self, request: BarRequest) -> Fetched:
        with self._lock:
            if self._last is not None and (self._failed >= PATIENCE or isinstance(self._last, RateLimitedError)):
                return Fetched(request, error=self._last)
        try:
            answer = self._answer(request, self._now)
        except SourceError as error:
            self._note(error)
            return Fetched(request, error=error)
        self._note(None)
        return answer

    def _note(self, error: SourceError | None) -> None:
        with self._lock:
            if error is None or isinstance(error, UnknownSymbolError):
                self._failed, self._last = 0, None if not isinstance(self._last, RateLimitedError) else self._last
            else:
                self._failed, self._last = self._failed + 1, error


def _question(series: Series, first: int, last: int) -> tuple[Interval, int, int]:
    """Which candles make those of a series that open in first..last (ms), and in which range they open."""
    if series.interval is not Interval.DAY_3:
        return series.interval, first, last
    return Interval.DAY, first // THREE_DAYS * THREE_DAYS, last // THREE_DAYS * THREE_DAYS + THREE_DAYS - DAY


def _as_wanted(series: Series, klines: Sequence[Kline], who: str) -> Sequence[Kline]:
    """What came for `_question` as candles of the series."""
    return in_three_days(klines, who) if series.interval is Interval.DAY_3 else klines


def _time_of(reply: Any, who: str) -> int:  # noqa: ANN401 - whatever JSON holds
    if isinstance(reply, dict) and isinstance(reply.get("serverTime"), int):
        time: int = reply["serverTime"]
        return time
    raise SourceError(f"{who} sent something else than its time")


def _line(content: bytes, rows: object) -> bytes:
    """A page on one line: as it came, unless it came with line breaks."""
    return content if b"\n" not in content and b"\r" not in content else json.dumps(rows).encode()


def _milliseconds(moment: datetime | None) -> int:
    return 0 if moment is None else int(moment.astimezone(UTC).timestamp() * 1000)


def build(config: BinanceConfig, context: Context) -> BinanceMarketData:
    """The source as configured in [sources.binance]."""
    rest = BinanceRest(config, bans=bans_file(config, context.home))
    return BinanceMarketData(rest, name=context.name, connections=config.connections)


plugin = Plugin(BinanceConfig, build)
