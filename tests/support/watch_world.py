"""The watch loop on a practice exchange without a network: whatever time passes, only the test lets it."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import requests

from algo_trading.adapters.binance.client import BinanceRest
from algo_trading.adapters.binance.config import BinanceConfig
from algo_trading.adapters.binance.market_data import BinanceMarketData
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.exchange.faults import fault_of
from algo_trading.gateways.market_data import MarketData
from algo_trading.quality.verdict import Batch, Verdict
from algo_trading.repositories.bars import BAR_SCHEMA, TURNOVER_SCHEMA, UpsertCount, series_of
from algo_trading.repositories.periods import Stage
from algo_trading.services.keep_watching import KeepWatching
from algo_trading.strategies.base import Strategy
from fakes.bars import FakeBars
from fakes.gate import FakeGate
from fakes.periods import FakePeriodLog
from support.exchange_world import World as Exchange
from support.spot_exchange import ADDRESS, ApiTransport
from support.world import World

HISTORY = timedelta(days=10)  # that the exchange has when the first process begins


class Killed(BaseException):
    """The process is gone."""


class MillisecondGate(FakeGate):
    """The gate in memory for times as the exchange writes them."""

    def judge(self, batch: Batch) -> Verdict:
        place = batch.rows.schema.get_field_index("session")
        sessions = [
            text if "-" in text else datetime.fromtimestamp(int(text) / 1000, UTC).isoformat()
            for text in batch.rows["session"].to_pylist()
        ]
        return super().judge(_with_rows(batch, batch.rows.set_column(place, "session", pa.array(sessions))))


def _with_rows(batch: Batch, rows: pa.Table) -> Batch:
    from dataclasses import replace

    return replace(batch, rows=rows)


class QuickBars(FakeBars):
    """Bars in memory for tests of many: what is read again is not made again."""

    def __init__(self) -> None:
        super().__init__()
        self._tables: dict[Series, tuple[list[datetime], pa.Table]] = {}

    def upsert(self, bars: pa.Table, source: str) -> UpsertCount:
        count = super().upsert(bars, source)
        for series in dict.fromkeys(series_of(bars)):
            opened, table = self._tables.get(series, ([], TURNOVER_SCHEMA.empty_table()))
            newer = self._rows.select([series], first=opened[-1] + timedelta.resolution if opened else None)
            if count.updated or count.inserted > newer.num_rows:
                opened, newer, table = [], self._rows.select([series]), TURNOVER_SCHEMA.empty_table()
            whole = pa.concat_tables([table, newer]).combine_chunks()
            self._tables[series] = ([*opened, *newer["opened_at"].to_pylist()], whole)
        return count

    def read_turnover(self, series: Sequence[Series], first: datetime | None, last: datetime | None) -> pa.Table:
        return self._select(series, first, last, None)

    def read_last(self, series: Sequence[Series], last: datetime, count: int) -> pa.Table:
        return self._select(series, None, last, count).select(BAR_SCHEMA.names)

    def newest_before(self, series: Sequence[Series], before: datetime) -> dict[Series, datetime]:
        found = {one: self._tables[one][0] for one in series if one in self._tables}
        return {one: opened[place - 1] for one, opened in found.items() if (place := bisect_left(opened, before))}

    def _select(
        self, series: Sequence[Series], first: datetime | None, last: datetime | None, count: int | None
    ) -> pa.Table:
        parts = [TURNOVER_SCHEMA.empty_table()]
        for one in sorted(set(series), key=lambda one: (one.venue, one.symbol, str(one.interval))):
            if one in self._tables:
                opened, table = self._tables[one]
                stop = len(opened) if last is None else bisect_right(opened, last)
                start = 0 if first is None else bisect_left(opened, first)
                start = start if count is None else max(start, stop - count)
                parts.append(table.slice(start, max(stop - start, 0)))
        return pa.concat_tables(parts)


class QuickPeriodLog(FakePeriodLog):
    """A log of many periods: the newest one is kept."""

    def __init__(self) -> None:
        super().__init__()
        self._newest: dict[tuple[str, Interval, Stage], datetime] = {}

    def mark(self, watchlist: str, interval: Interval, opened_at: datetime, stage: Stage) -> None:
        super().mark(watchlist, interval, opened_at, stage)
        key = (watchlist, interval, stage)
        self._newest[key] = max(opened_at, self._newest.get(key, opened_at))

    def newest(self, watchlist: str, interval: Interval, stage: Stage) -> datetime | None:
        return self._newest.get((watchlist, interval, stage))


class WatchWorld(World):
    """What is stored, an exchange, and the processes that watch one after the other.

    `cut` says of each request whether its connection breaks; `step` is called around everything that is stored.
    """

    def __init__(
        self, symbols: Sequence[str], intervals: Sequence[Interval], strategies: Sequence[Strategy], begins: datetime
    ) -> None:
        self.coins = Watchlist("coins", "BINANCE", "binance", tuple(intervals), tuple(symbols))
        assignments = [
            Assignment(strategy.id, series, "coins", "coins", "owner")
            for strategy in strategies
            for series in self.coins.series(intervals[0])
        ]
        super().__init__([self.coins], assignments, now=begins)
        began = int((begins - HISTORY).timestamp() * 1000)
        self.exchange = Exchange(start=int(begins.timestamp() * 1000), since=began)
        self.log: list[str] = []
        self.world = self.exchange  # as ApiTransport asks for it
        self.cut: Callable[[], bool] = lambda: False
        self.said: list[str] = []
        periods = QuickPeriodLog()
        bars = QuickBars()
        self.batches.bars = bars  # type: ignore[attr-defined]
        self.__dict__.update(gate=MillisecondGate(), periods=periods, bars=bars)
        self.notices._periods = periods  # type: ignore[attr-defined]
        self.open("coins", begins, currency="USDT")
        for stored in (self.batches, self.periods, self.signals, self.scores, self.objects):
            self._disturb(stored)
        self.kill: Callable[[], bool] = lambda: False
        self.restart()

    def restart(self) -> None:
        """A new process has nothing of the one before."""
        config = BinanceConfig(base_url=ADDRESS, attempts=2)
        rest = BinanceRest(config, sleep=self.sleep, clock=self.seconds, transport=lambda: ApiTransport(self))  # type: ignore[arg-type]
        self.served: MarketData = BinanceMarketData(rest)

    def source(self, name: str) -> MarketData:  # noqa: ARG002 - there is one
        return self.served

    def step(self, *_arrive: object, **_sent: object) -> None:
        """Called by the transport when a request comes and before its answer goes."""
        if self.cut():
            raise requests.ConnectionError("the connection was cut")

    def sleep(self, seconds: float) -> None:
        self.exchange.wait(seconds)
        self.clock.time = self.now()

    def seconds(self) -> float:
        return self.exchange.clock.steady() / 1000

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.exchange.clock.now() / 1000, UTC)

    def fault(self, kind: str, **data: Any) -> None:
        self.exchange.api.faults.add(fault_of({"kind": kind, **data}, self.exchange.exchange.books))

    def watch(self, until: datetime, minutes: int, down: Callable[[], timedelta] = lambda: timedelta(0)) -> int:
        """Watch until a moment; a process that is killed is followed by another one after `down`. Returns how many."""
        processes = 1
        while True:
            look = self.watch_candles()
            keep = KeepWatching(
                look=lambda look=look: look(["coins"]),  # type: ignore[misc]
                minutes=lambda: minutes,
                wait=lambda seconds: self._still_before(until, seconds),
                say=self.said.append,
                explain=lambda _: None,
                clock=self.clock,
            )
            try:
                keep()
            except Killed:
                processes += 1
                self.sleep(down().total_seconds())
                self.restart()
            else:
                return processes

    def _still_before(self, until: datetime, seconds: float) -> bool:
        self.sleep(seconds)
        return self.now() < until

    def offered(self, series: Series, first: datetime, last: datetime) -> list[tuple[datetime, float]]:
        """What the exchange has: when the candles of a series opened that had closed by `last`, and their closes."""
        tape = self.exchange.exchange.books[series.symbol].tape
        begin, end = (int(moment.timestamp() * 1000) for moment in (first, last))
        candles = tape.candles(str(series.interval), begin, end, end)
        tick = float(tape.pair.tick)
        return [
            (datetime.fromtimestamp(time / 1000, UTC), round(close * tick, 8))
            for time, close in zip(candles.time.tolist(), candles.close.tolist(), strict=True)
        ]

    def stored(self, series: Series) -> list[tuple[datetime, float]]:
        """The same of what is stored."""
        rows = self.bars.read([series], None, None).to_pylist()
        return [(row["opened_at"], round(row["close"], 8)) for row in rows]

    def decisions(self) -> set[tuple[Any, ...]]:
        """Every signal, with what it was made of."""
        return {
            (one.key, one.side, one.confidence, one.close, one.reason, one.inputs_hash)
            for opened_at in self.opened
            for one in self.signals.of_period("BINANCE", self.coins.intervals[0], opened_at)
        }

    @property
    def opened(self) -> list[datetime]:
        """When the stored candles of the shortest timeframe opened."""
        table = self.bars.read(self.coins.series(self.coins.intervals[0]), None, None)
        return sorted(set(table["opened_at"].to_pylist()))

    def _disturb(self, stored: object) -> None:
        """Let a process die before or after each write."""
        for name in ("store_bars", "mark", "add", "store", "put", "put_new"):
            write = getattr(stored, name, None)
            if write is not None:
                setattr(stored, name, self._deadly(write))

    def _deadly(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def written(*arguments: Any, **options: Any) -> Any:
            if self.kill():
                raise Killed
            result = write(*arguments, **options)
            if self.kill():
                raise Killed
            return result

        return written


def pair(symbol: str) -> Instrument:
    return Instrument(symbol, "BINANCE")
