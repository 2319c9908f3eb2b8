"""A source of fundamental figures that answers as it is told."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument
from algo_trading.errors import RateLimitedError, SourceError, UnknownSymbolError
from algo_trading.gateways.fundamentals import FundamentalsPayload


class FakeFundamentalsSource:
    """Implements FundamentalsSource: P/E by symbol, or the error to answer with; `asked` keeps the symbols."""

    name = "fake"

    def __init__(self, answers: Mapping[str, float | SourceError]) -> None:
        self.answers = dict(answers)
        self.asked: list[str] = []

    def fetch(self, instruments: Sequence[Instrument]) -> Sequence[FundamentalsPayload]:
        return [self._payload(instrument) for instrument in instruments]

    def parse(self, payload: FundamentalsPayload, seen_at: datetime) -> Fundamentals:
        try:
            return Fundamentals(payload.instrument, seen_at, json.loads(payload.content)["pe"], None)
        except (ValueError, LookupError, TypeError) as error:
            raise SourceError(f"no figures in {payload.content!r}") from error

    def _payload(self, instrument: Instrument) -> FundamentalsPayload:
        self.asked.append(instrument.symbol)
        answer = self.answers.get(instrument.symbol, UnknownSymbolError(f"no {instrument} here"))
        if isinstance(answer, RateLimitedError):
            raise answer
        if isinstance(answer, SourceError):
            return FundamentalsPayload(instrument, error=answer)
        return FundamentalsPayload(instrument, json.dumps({"pe": answer}).encode())
