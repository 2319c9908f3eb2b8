"""Fundamental figures in: look them up, archive the payload as it came, store what it says."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from algo_trading.domain.instrument import Instrument
from algo_trading.errors import RateLimitedError, SourceError
from algo_trading.gateways.clock import Clock
from algo_trading.gateways.fundamentals import FundamentalsPayload, FundamentalsSource
from algo_trading.repositories.fundamentals import FundamentalsRepository
from algo_trading.repositories.objects import ObjectStore


@dataclass(frozen=True)
class FundamentalsReport:
    """Instruments of which new figures were stored, those known today already, and the errors by symbol."""

    stored: int = 0
    known: int = 0
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FetchFundamentals:
    """Look up what is known of instruments today, once a day (UTC) for each."""

    fundamentals_source: FundamentalsSource
    fundamentals: FundamentalsRepository
    objects: ObjectStore
    clock: Clock

    def __call__(self, instruments: Sequence[Instrument]) -> FundamentalsReport:
        """Store figures of those of `instruments` that have none of today yet.

        They count as seen at the moment when they came. Whatever came before an error is stored.

        Raises:
            RateLimitedError: the source asks to slow down and keeps asking.
            SourceError: the source cannot be reached, or failed for every instrument asked for.
        """
        missing = self._missing(instruments)
        stored = 0
        errors: dict[Instrument, SourceError] = {}
        for instrument in missing:
            (payload,) = self.fundamentals_source.fetch([instrument])
            try:
                stored += self._store(payload)
            except RateLimitedError:
                raise
            except SourceError as error:
                errors[instrument] = error
        if missing and len(errors) == len(missing):
            raise next(iter(errors.values()))
        failed = {instrument.symbol: str(error) for instrument, error in errors.items()}
        return FundamentalsReport(stored, len(set(instruments)) - len(missing), failed)

    def _missing(self, instruments: Sequence[Instrument]) -> list[Instrument]:
        midnight = self.clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        today = self.fundamentals.seen_since(sorted(set(instruments)), midnight)
        return sorted(set(instruments) - today)

    def _store(self, payload: FundamentalsPayload) -> int:
        if payload.error is not None:
            raise payload.error
        seen_at, source = self.clock.now(), self.fundamentals_source
        self.objects.put_new(_key(source.name, payload, seen_at), payload.content, "application/json")
        return self.fundamentals.add([source.parse(payload, seen_at)], source.name)


def _key(source: str, payload: FundamentalsPayload, seen_at: datetime) -> str:
    digest = hashlib.sha256(payload.content).hexdigest()[:12]
    symbol = quote(payload.instrument.symbol, safe="^=.-_")
    return f"raw/{source}/fundamentals/{seen_at:%Y/%m/%d}/{symbol}-{digest}.json"
