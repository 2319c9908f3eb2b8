"""A backtest written for reading, one thing after the other, against which the compiled one is held."""

from dataclasses import dataclass, field

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.strategies.base import Decisions
from back_testing.engine.rules import Direction, FillAt, SizeKind, TradingRules


@dataclass
class Account:
    """What is there, and what happened."""

    rules: TradingRules
    cash: float
    shares: float = 0.0  # negative when short
    entry: float = 0.0
    paid: float = 0.0  # commission of the entry
    best: float = 0.0
    refused: int = 0
    trades: list[tuple[float, float, float, float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        costs = self.rules.costs
        self.commission, self.fixed = float(costs.commission), float(costs.commission_fixed)
        self.slippage = float(costs.slippage_bps) / 10_000

    def buy_or_short(self, side: int, price: float, size: float, most: float) -> None:
        rule = self.rules.size
        price *= 1 + side * self.slippage
        if rule.kind is SizeKind.SHARES:
            shares = rule.amount * size
        else:
            money = rule.amount * size * (1.0 if rule.kind is SizeKind.CASH else self.cash)
            shares = (min(money, self.cash) - self.fixed) / (price * (1 + self.commission))
        shares = min(shares, most)
        if self.rules.whole_shares:
            shares = float(np.floor(shares * (1 + 1e-12)))
        commission = shares * price * self.commission + self.fixed
        is_dust = shares * price * (1 + self.commission) <= 1e-9 * self.cash
        if is_dust or shares * price + commission > self.cash * (1 + 1e-12):
            self.refused += 1
            return
        self.cash -= side * shares * price + commission
        self.shares, self.entry, self.paid, self.best = side * shares, price, commission, price

    def leave(self, price: float, reason: str) -> None:
        price *= 1 - np.sign(self.shares) * self.slippage
        commission = abs(self.shares) * price * self.commission + self.fixed
        pnl = self.shares * (price - self.entry) - commission - self.paid
        self.trades.append((self.shares, self.entry, price, pnl, reason))
        self.cash += self.shares * price - commission
        self.shares = 0.0

    def go_to(self, side: int, price: float, size: float, most: float, *, may_enter: bool = True) -> None:
        if self.shares and np.sign(self.shares) != side:
            self.leave(price, "signal")
        if not self.shares and side and may_enter:
            self.buy_or_short(side, price, size, most)

    def stops(self, open_: float, high: float, low: float) -> None:
        rules, side = self.rules, np.sign(self.shares)
        never = -side * np.inf
        fixed = self.entry * (1 - side * rules.stop_loss) if rules.stop_loss else never
        trailing = self.best * (1 - side * rules.trailing_stop) if rules.trailing_stop else never
        target = self.entry * (1 + side * rules.take_profit) if rules.take_profit else -never
        stop, reason = (trailing, "trailing_stop") if trailing * side > fixed * side else (fixed, "stop_loss")
        worst, finest = (low, high) if side > 0 else (high, low)
        if open_ * side <= stop * side:
            self.leave(open_, reason)
        elif open_ * side >= target * side:
            self.leave(open_, "take_profit")
        elif worst * side <= stop * side:
            self.leave(stop, reason)
        elif finest * side >= target * side:
            self.leave(target, "take_profit")
        else:
            self.best = max(self.best, high) if side > 0 else min(self.best, low)


def reference(bars: Bars, decisions: Decisions, rules: TradingRules) -> tuple[Account, list[float]]:
    """The account at the end, and its worth at each close."""
    account = Account(rules, rules.cash)
    equity: list[float] = []
    waiting: tuple[int, float, float] | None = None
    bounds = np.full(len(bars), np.nan) if decisions.shares is None else decisions.shares
    at_close = rules.fill is FillAt.CLOSE
    for i in range(len(bars)):
        last = i == len(bars) - 1
        has_volume = bars.volume[i] > 0 or not (bars.volume[: i + 1] > 0).any()
        open_, high, low, close = (float(series[i]) for series in (bars.open, bars.high, bars.low, bars.close))
        if has_volume and waiting and not at_close:
            account.go_to(waiting[0], open_, *waiting[1:])
            waiting = None
        if has_volume and account.shares:
            account.stops(open_, high, low)
        how_much = float(decisions.size[i]), float(np.nan_to_num(bounds[i], nan=np.inf))
        if decisions.exits[i]:
            waiting = (-1 if rules.direction is Direction.LONG_SHORT else 0, *how_much)
        elif decisions.entries[i]:
            waiting = (1, *how_much)
        if has_volume and waiting and at_close:
            account.go_to(waiting[0], close, *waiting[1:], may_enter=rules.keep_open or not last)
            waiting = None
        if account.shares and last and not rules.keep_open:
            account.leave(close, "end_of_data")
        elif account.shares and account.cash + account.shares * close <= 0:
            account.leave(close, "ruin")
        equity.append(account.cash + account.shares * close)
    return account, equity
