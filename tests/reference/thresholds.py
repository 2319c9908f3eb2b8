"""Trading two thresholds of scores, one bar after the other, in plain Python."""

from collections.abc import Sequence
from statistics import fmean, stdev
from typing import NamedTuple


class Account(NamedTuple):
    equity: list[float]  # at each close, of one unit of money
    gains: list[float]  # of the closed trades
    last_coin: float
    most_coin: float


def account(  # noqa: PLR0917 - columns
    opens: Sequence[float],
    closes: Sequence[float],
    scores: Sequence[tuple[int, int]],
    thresholds: Sequence[tuple[int, int]],
    commission: float,
    slippage: float,
    nightly: Sequence[float] | None = None,
) -> Account:
    """Bull and bear scores and thresholds of each bar; orders are filled at the next open.

    `nightly` is the interest that cash gets before each bar.
    """
    nightly = nightly or [0.0] * len(opens)
    cash, coin, paid = 1.0, 0.0, 0.0
    last = most = 0.0
    equity, gains, order = [], [], ""
    rows = zip(opens, closes, scores, thresholds, nightly, strict=True)
    for number, (open_, close, (bull, bear), (sell_from, buy_from), rate) in enumerate(rows):
        if number:
            cash *= 1 + rate
        if order == "buy":
            coin, paid, cash = cash * (1 - commission) / (open_ * (1 + slippage)), cash, 0.0
            last, most = coin, max(most, coin)
        elif order == "sell":
            cash, coin = coin * open_ * (1 - slippage) * (1 - commission), 0.0
            gains.append(cash / paid - 1)
        equity.append(cash + coin * close)
        order = ""
        if bull >= sell_from and bear >= buy_from:
            continue
        if not coin and bear >= buy_from and bear > bull:
            order = "buy"
        elif coin and bull >= sell_from and bull > bear:
            order = "sell"
    return Account(equity, gains, last, most)


def sharpe(equity: Sequence[float]) -> float:
    """Of a bar."""
    returns = [now / before - 1 for before, now in zip([1.0, *equity], equity, strict=False)]
    deviation = stdev(returns)
    return fmean(returns) / deviation if deviation > 0 else 0.0
