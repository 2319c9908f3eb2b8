"""A MarketData in memory."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import pyarrow as pa

from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.time import Interval, period_key
from algo_trading.errors import SourceError, UnknownSymbolError
from algo_trading.gateways.market_data import RAW_SCHEMA, BarRequest, Fetched, RawBars, RawPayload


class FakeMarketData:
    """Serves the rows it is given: by symbol (session, open, high, low, close, volume), every value as text.

    `failing` answers for single symbols, `down` is raised instead of any answer; both can be changed in between, as can
    `rows` and `actions`. `requests` holds what was asked.
    """

    name = "fake"
    intervals = tuple(Interval)

    def __init__(
        self,
        rows: Mapping[str, Sequence[Sequence[str]]],
        actions: Sequence[CorporateAction] = (),
        *,
        newest: datetime | None = None,
        refetch: int = 0,
    ) -> None:
        self.rows = dict(rows)
        self.actions = list(actions)
        self.newest = newest
        self.refetch = refetch
        self.failing: dict[str, SourceError] = {}
        self.down: SourceError | None = None
        self.requests: list[BarRequest] = []

    def ends_at(self, venue: str, interval: Interval) -> datetime | None:  # noqa: ARG002 - one end for all
        return self.newest

    def fetch(self, requests: Sequence[BarRequest]) -> Sequence[Fetched]:
        if self.down is not None:
            raise self.down
        self.requests.extend(requests)
        return [self._answer(request) for request in requests]

    def parse(self, payload: RawPayload) -> RawBars:
        instrument = payload.request.instrument
        try:
            content = json.loads(payload.content)
            rows = [
                dict(zip(RAW_SCHEMA.names, (instrument.symbol, *row, f"fake: {instrument} {row[0]}"), strict=True))
                for row in content["rows"]
            ]
            actions = tuple(
                CorporateAction(instrument, date.fromisoformat(day), ActionKind(kind), value)
                for day, kind, value in content["actions"]
            )
        except (ValueError, LookupError, TypeError) as error:
            raise SourceError(f"no payload of the fake source: {error}") from error
        return RawBars(pa.Table.from_pylist(rows, schema=RAW_SCHEMA), actions)

    def _answer(self, request: BarRequest) -> Fetched:
        symbol = request.instrument.symbol
        if symbol in self.failing:
            return Fetched(request, error=self.failing[symbol])
        if symbol not in self.rows:
            return Fetched(request, error=UnknownSymbolError(f"the fake source has no symbol {symbol}"))
        first = period_key(request.series.interval, request.first) if request.first else ""
        last = period_key(request.series.interval, request.last)
        content = {
            "rows": [row for row in self.rows[symbol] if first <= row[0] <= last],
            "actions": [
                (action.ex_date.isoformat(), action.kind, action.value)
                for action in self.actions
                if action.instrument == request.instrument and first[:10] <= action.ex_date.isoformat() <= last[:10]
            ],
        }
        return Fetched(request, RawPayload(request, json.dumps(content).encode(), "application/json", ".json"))
