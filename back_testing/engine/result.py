"""What a backtest gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from algo_trading.domain.bars import Bars, Floats, Times
from algo_trading.domain.limits import Limits
from algo_trading.strategies.base import Strategy, parameters_of
from back_testing.engine.ends import end_notes
from back_testing.engine.gaps import gap_notes
from back_testing.engine.missing_features import unknown_features
from back_testing.engine.rules import TradingRules
from back_testing.engine.statistics import Statistics
from back_testing.engine.strategy_shares import StrategyShare
from back_testing.engine.trade import Trade


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """The outcome of one strategy or of several on one account, on one instrument or on several that share the capital.

    `times` (datetime64[us], n) are the opens of the bars, of all instruments together where there are several;
    `equity` and `benchmark` (n) are the account's worth at the close of each, for the strategy and for buying and
    holding under the same costs. `positions` (instruments, n) are shares held at each close, negative when short,
    of several strategies first those of the first one on each instrument; `shares` are their parts in the result.
    `invested` (n) is their absolute value as a part of the equity. `series` are the bars traded, `history` the bars
    before them that only warmed the strategy up. `refused` counts entries that could not buy anything,
    `below_order_level` decisions below the level of confidence that orders need, and `at_position_limit` entries
    that came when no more positions were allowed. `suggests_shares`: the strategy bounds its entries by a number of
    shares, which `allocation`, how the capital is shared, says. `interest` is what cash earned, and `above_cap`
    counts entries above a cap on exposure. `data_hash` identifies bars and history (SHA-256).
    """

    strategies: tuple[Strategy, ...]
    rules: TradingRules
    series: tuple[Bars, ...]
    history: int
    times: Times
    equity: Floats
    benchmark: Floats
    positions: Floats
    invested: Floats
    trades: Sequence[Trade]
    refused: int
    below_order_level: int
    at_position_limit: int
    statistics: Statistics
    periods_per_year: float
    suggests_shares: bool
    allocation: str
    data_hash: str
    interest: float = 0.0
    above_cap: int = 0
    shares: tuple[StrategyShare, ...] = ()

    @property
    def strategy(self) -> Strategy:
        """The only strategy.

        Raises:
            ValueError: there are several.
        """
        (strategy,) = self.strategies
        return strategy

    @property
    def name(self) -> str:
        """The names of the strategies."""
        return " + ".join(strategy.id.name for strategy in self.strategies)

    @property
    def lookahead(self) -> bool:
        """Whether fills use a price that nobody could have traded at when deciding."""
        return self.rules.lookahead

    @property
    def limits(self) -> Limits:
        """The limits of the only strategy's signals."""
        return self.rules.limits.of(self.strategy)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on missing bars, ends of instruments, and what the strategy needed and never knew."""
        unknown = [note for strategy in self.strategies for note in unknown_features(strategy, self.series)]
        ends = end_notes(self.series, self.times, self.rules.ends)
        return (*gap_notes(self.series), *ends, *dict.fromkeys(unknown))

    @property
    def bars(self) -> Bars:
        """The bars of the only instrument.

        Raises:
            ValueError: there are several.
        """
        (bars,) = self.series
        return bars

    def as_json(self) -> dict[str, Any]:
        """The JSON document of `backtest run`."""
        return {
            **self._who(),
            "symbols": [bars.instrument.symbol for bars in self.series],
            "lookahead": self.lookahead,
            **self.statistics.as_json(),
            "refused": self.refused,
            "below_order_level": self.below_order_level,
            "at_position_limit": self.at_position_limit,
            "above_cap": self.above_cap,
            "interest": self.interest,
            "allocation": self.allocation,
            "data_hash": self.data_hash,
            "notes": list(self.notes),
            "trades": [trade.as_json() for trade in self.trades],
        }

    def _who(self) -> dict[str, Any]:
        """The strategy with its limits, or what each of several did."""
        if self.shares:
            return {"strategies": [share.as_json() for share in self.shares]}
        limits = {"order_from": str(self.limits.order_from), "max_positions": self.limits.max_positions}
        return {"strategy": self.strategy.id.name, "params": parameters_of(self.strategy), **limits}
