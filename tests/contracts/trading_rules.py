"""What every repository of trading rules does."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from algo_trading.domain.instrument import Instrument, TradingRules
from algo_trading.repositories.bars import UpsertCount
from algo_trading.repositories.trading_rules import RULE_NUMBERS, TradingRulesRepository

DOGE = TradingRules(
    Instrument("DOGEUSDT", "BINANCE"),
    "DOGE",
    "USDT",
    tick=Decimal("0.00001"),
    lot=Decimal(1),
    min_quantity=Decimal(1),
    min_notional=Decimal(10),
    order_types=("LIMIT", "MARKET"),
    max_price=Decimal(1000),
    max_quantity=Decimal(9_000_000),
    market_max_quantity=Decimal("42861.12345678"),
    notional_for_market=False,
    listed_at=datetime(2019, 7, 5, 12, tzinfo=UTC),
)
BTC = TradingRules(Instrument("BTCUSDT", "BINANCE"), "BTC", "USDT", lot=Decimal("0.00000001"), status="BREAK")
OTHER = TradingRules(Instrument("BTCUSD", "BINANCEUS"), "BTC", "USD")


class TradingRulesContract:
    """Subclasses give the fixture `rules`, an empty repository."""

    def test_at_first_there_are_none(self, rules: TradingRulesRepository) -> None:
        assert rules.all() == []
        assert rules.upsert([]) == UpsertCount()

    def test_what_is_stored_is_read(self, rules: TradingRulesRepository) -> None:
        assert rules.upsert([OTHER, DOGE, BTC]) == UpsertCount(inserted=3)
        assert rules.all() == [BTC, DOGE, OTHER]
        assert rules.all("BINANCE") == [BTC, DOGE]
        assert rules.all("XNYS") == []

    def test_new_changed_and_unchanged_ones_are_counted_apart(self, rules: TradingRulesRepository) -> None:
        rules.upsert([DOGE, BTC])
        delisted = replace(DOGE, status="BREAK", delisted_at=datetime(2026, 1, 1, tzinfo=UTC))
        assert rules.upsert([delisted, BTC, OTHER]) == UpsertCount(inserted=1, updated=1, unchanged=1)
        assert rules.all("BINANCE") == [BTC, delisted]

    def test_the_smallest_change_of_any_number_counts(self, rules: TradingRulesRepository) -> None:
        rules.upsert([DOGE])
        for name in RULE_NUMBERS:
            changed = replace(DOGE, **{name: getattr(DOGE, name) + Decimal("1e-18")})
            assert rules.upsert([changed]) == UpsertCount(updated=1)
            assert rules.all() == [changed]
            rules.upsert([DOGE])

    def test_order_types_keep_their_order(self, rules: TradingRulesRepository) -> None:
        turned = replace(DOGE, order_types=("MARKET", "LIMIT"))
        rules.upsert([turned])
        assert rules.all() == [turned]
