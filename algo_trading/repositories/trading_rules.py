"""What venues ask of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from algo_trading.domain.instrument import TradingRules
    from algo_trading.repositories.bars import UpsertCount

RULE_NUMBERS = (
    "tick",
    "lot",
    "min_quantity",
    "max_quantity",
    "min_price",
    "max_price",
    "market_lot",
    "market_min_quantity",
    "market_max_quantity",
    "min_notional",
    "max_notional",
    "average_minutes",
    "bid_multiplier_down",
    "bid_multiplier_up",
    "ask_multiplier_down",
    "ask_multiplier_up",
    "max_orders",
    "max_stop_orders",
    "max_position",
)  # fmt: skip


class TradingRulesRepository(Protocol):
    """The newest trading rules of each instrument."""

    def upsert(self, rules: Sequence[TradingRules]) -> UpsertCount:
        """Store them in one transaction, each in the place of its instrument's former ones; others stay."""
        ...

    def all(self, venue: str | None = None) -> list[TradingRules]:
        """Those of a venue, or of all, by venue and symbol."""
        ...
