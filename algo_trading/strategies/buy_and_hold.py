"""What every other strategy has to beat."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.strategies.base import Decisions, Strategy


@dataclass(frozen=True)
class BuyAndHold(Strategy):
    """Wants to own the instrument at every bar and never sells: the benchmark (Bogle, Common Sense on Mutual Funds).

    It says buy at each close, so that a test which begins anywhere is invested from its first fill on; whoever holds
    already ignores it.
    """

    name: ClassVar[str] = "buy_and_hold"
    summary: ClassVar[str] = "always invested, the benchmark"

    @property
    def warmup(self) -> int:
        return 1

    @property
    def memory(self) -> int:
        return 1

    def decide(self, bars: Bars) -> Decisions:
        n = len(bars)
        return Decisions(np.ones(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_), np.ones(n), np.ones(n))

    def explain(self, bars: Bars, index: int) -> str:
        return f"buy and hold wants to be invested at every price, now at {bars.close[index]:.2f}"

    def lines(self, bars: Bars) -> dict[str, Floats]:  # noqa: ARG002 - it watches nothing
        return {}
