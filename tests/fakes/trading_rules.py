"""Trading rules in memory, and a source of them."""

import json
from collections.abc import Mapping, Sequence

from algo_trading.domain.instrument import Instrument, TradingRules
from algo_trading.errors import SourceError
from algo_trading.gateways.trading_rules import RulesPage
from algo_trading.repositories.bars import UpsertCount


class FakeTradingRules:
    """Implements TradingRulesRepository."""

    def __init__(self, *stored: TradingRules) -> None:
        self._stored: dict[Instrument, TradingRules] = {one.instrument: one for one in stored}

    def upsert(self, rules: Sequence[TradingRules]) -> UpsertCount:
        count = UpsertCount()
        for one in rules:
            old = self._stored.get(one.instrument)
            self._stored[one.instrument] = one
            count += UpsertCount(int(old is None), int(old not in {None, one}), int(old == one))
        return count

    def all(self, venue: str | None = None) -> list[TradingRules]:
        found = [one for one in self._stored.values() if venue in {None, one.instrument.venue}]
        return sorted(found, key=lambda one: (one.instrument.venue, one.instrument.symbol))


class FakeRulesSource:
    """Implements RulesSource: pairs with base and quote asset and status."""

    name = "fake_rules"

    def __init__(self, pairs: Mapping[str, tuple[str, str, str]]) -> None:
        self.pairs = dict(pairs)
        self.error: SourceError | None = None

    def fetch_rules(self) -> RulesPage:
        if self.error:
            raise self.error
        return RulesPage(json.dumps(self.pairs).encode(), "application/json", ".json")

    def parse_rules(self, page: RulesPage, venue: str) -> list[TradingRules]:
        return [
            TradingRules(Instrument(symbol, venue), base, quote, status=status)
            for symbol, (base, quote, status) in json.loads(page.content).items()
        ]
