"""Small moves: bought after a fall of one per cent, sold after a rise of one per cent."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.signal import Side
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.inputs import require_numbers

PREVIOUS_CLOSE, PREVIOUS_MESSAGE, LAST_TRADE = "previous_close", "previous_message", "last_trade"
REFERENCES = (PREVIOUS_CLOSE, PREVIOUS_MESSAGE, LAST_TRADE)


@dataclass(frozen=True)
class Scalping(Strategy):
    """Buy at `threshold` per cent below the reference price, sell as much above it.

    The reference is the close of the candle before (`previous_close`), the price of the message before
    (`previous_message`; each of the bars is one, so that on stored candles both are the same), or the price at which it
    last bought or sold (`last_trade`: before the first buy the previous close). It buys when it holds nothing by its
    own decisions; `size` is the part of the position limit that an entry takes.
    """

    name: ClassVar[str] = "scalping"
    summary: ClassVar[str] = "a fall of one per cent bought, a rise of one per cent sold"

    threshold: float = 1.0
    reference: str = PREVIOUS_CLOSE
    size: float = 1.0

    def __post_init__(self) -> None:
        require_numbers(0.01, 50, threshold=self.threshold)
        require_numbers(0.001, 1, size=self.size)
        if self.reference not in REFERENCES:
            raise ValueError(f"reference is {', '.join(REFERENCES)}, not {self.reference!r}")

    @property
    def warmup(self) -> int:
        return 2

    @property
    def memory(self) -> int | None:
        return None if self.reference == LAST_TRADE else 2

    def decide(self, bars: Bars) -> Decisions:
        reference = self._references(bars)
        change = bars.close / reference
        entries, exits = change <= 1 - self.threshold / 100, change >= 1 + self.threshold / 100
        if self.reference == LAST_TRADE:
            state = self._held(bars)
            entries, exits = entries & ~state, exits & state
        moved = np.abs(np.nan_to_num(change, nan=1.0) - 1) / (self.threshold / 100)
        confidence = np.clip(0.5 * moved, 0, 1)  # a half at the threshold
        return Decisions(entries, exits, confidence, np.full(len(bars), float(self.size)))

    def explain(self, bars: Bars, index: int) -> str:
        seen = range(1, len(bars) + 1)[index]
        if seen < self.warmup:
            return "there is no price before to compare with"
        reference, close = self._references(bars)[index], bars.close[index]
        what = f"the close ({close:.6g}) is {100 * (close / reference - 1):+.3f} % from {self._name} ({reference:.6g})"
        match self.decide(bars).side(index):
            case Side.BUY:
                return f"{what}, a fall of {self.threshold:g} % or more"
            case Side.SELL:
                return f"{what}, a rise of {self.threshold:g} % or more"
        held = f", {self.threshold:g} % being asked for" if self.reference != LAST_TRADE else (
            f", while it {'holds' if self._held(bars)[index] else 'does not hold'} the coin"
        )  # fmt: skip
        return f"{what}{held}"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        reference = self._references(bars)
        share = self.threshold / 100
        return {"buys below": reference * (1 - share), "sells above": reference * (1 + share)}

    @property
    def _name(self) -> str:
        return {LAST_TRADE: "its last trade", PREVIOUS_MESSAGE: "the message before"}.get(
            self.reference, "the close before"
        )

    def _references(self, bars: Bars) -> Floats:
        """The price that each close is compared with; NaN for the first."""
        if self.reference == LAST_TRADE:
            return self._trades(bars)[0]
        return np.append(np.full(min(len(bars), 1), np.nan), bars.close[:-1])

    def _held(self, bars: Bars) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether it holds the coin before each close, by its own decisions."""
        return self._trades(bars)[1]

    def _trades(self, bars: Bars) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        from algo_trading.strategies.kernels import own_trades

        reference, held = own_trades(np.ascontiguousarray(bars.close), self.threshold / 100)
        return reference, held
