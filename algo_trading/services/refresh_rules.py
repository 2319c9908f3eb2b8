"""The pairs of venues and their trading rules are brought up to date."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from algo_trading.domain.instrument import Instrument, TradingRules
from algo_trading.errors import ConfigError, SourceError
from algo_trading.gateways.clock import Clock
from algo_trading.gateways.trading_rules import RulesPage, RulesSource, RulesSources
from algo_trading.repositories.objects import ObjectStore
from algo_trading.repositories.trading_rules import TradingRulesRepository


@dataclass(frozen=True)
class RulesReport:
    """What became of a venue's rules: `stored` are new or changed.

    `listed` and `delisted` are the pairs that came and went since the last refresh, `halted` and `resumed` those that
    stopped trading and trade again; the first refresh of a venue names none.
    """

    venue: str
    source: str
    pairs: int
    stored: int
    unchanged: int
    listed: Sequence[str] = ()
    delisted: Sequence[str] = ()
    halted: Sequence[str] = ()
    resumed: Sequence[str] = ()


@dataclass(frozen=True)
class RefreshRules:
    """Fetch the rules of every watched venue whose source knows them, archive the reply, and store what differs."""

    sources: RulesSources
    rules: TradingRulesRepository
    objects: ObjectStore
    clock: Clock

    def __call__(self) -> list[RulesReport]:
        """Refresh each venue in one transaction.

        A pair that the venue does not name any more keeps its rules and gets the time of this as that of its delisting.

        Raises:
            ConfigError: no watched venue has a source that knows rules.
            SourceError: a source failed or names no pair; its venue is left as it was.
        """
        sources = self.sources()
        if not sources:
            raise ConfigError("no watchlist has a source that knows trading rules; binance is one")
        return [self._refresh(venue, source) for venue, source in sources.items()]

    def _refresh(self, venue: str, source: RulesSource) -> RulesReport:
        page = source.fetch_rules()
        self._archive(source, page)
        given = source.parse_rules(page, venue)
        if not given:
            raise SourceError(f"{source.name} names no pair of {venue}; its format may have changed")
        before = {one.instrument: one for one in self.rules.all(venue)}
        now = self.clock.now()
        current = [_dated(one, before, now) for one in given]
        named = {one.instrument for one in current}
        gone = [one for one in before.values() if one.instrument not in named and one.delisted_at is None]
        count = self.rules.upsert([*current, *(replace(one, delisted_at=now) for one in gone)])
        known = [(before[one.instrument], one) for one in current if one.instrument in before]
        return RulesReport(
            venue=venue,
            source=source.name,
            pairs=len(current),
            stored=count.stored,
            unchanged=count.unchanged,
            listed=_symbols(one.instrument for one in current if before and one.instrument not in before),
            delisted=_symbols(one.instrument for one in gone),
            halted=_symbols(new.instrument for old, new in known if old.trading and not new.trading),
            resumed=_symbols(new.instrument for old, new in known if new.trading and not old.trading),
        )

    def _archive(self, source: RulesSource, page: RulesPage) -> None:
        digest = hashlib.sha256(page.content).hexdigest()[:12]
        key = f"raw/{source.name}/{self.clock.now():%Y/%m/%d}/rules-{digest}{page.suffix}"
        self.objects.put_new(key, page.content, page.media_type)


def _dated(one: TradingRules, before: dict[Instrument, TradingRules], now: datetime) -> TradingRules:
    """With the time of listing: known of a pair that came since the last refresh, kept of the others."""
    if one.instrument in before:
        return replace(one, listed_at=before[one.instrument].listed_at)
    return replace(one, listed_at=now if before else None)


def _symbols(instruments: Iterable[Instrument]) -> tuple[str, ...]:
    return tuple(sorted(instrument.symbol for instrument in instruments))
