"""Several instruments on one account, bar by bar: plain Python against which the compiled loop is held.

Orders are filled at the next open: first everything that is sold, then the entries in the order of the symbols. An
entry takes a fraction of the equity at the last prices, or what cash is free; short positions bind their value too.
"""

from dataclasses import dataclass, field

DUST = 1e-9  # of the equity: an entry that rounding alone leaves money for buys nothing


@dataclass
class Day:
    """What an instrument shows on one day: open, close, and the decision at the close (buy, sell or nothing)."""

    open: float
    close: float
    says: str = ""


@dataclass
class Portfolio:
    """The account. `trades` are (symbol, shares, entry price, exit price, profit after costs)."""

    cash: float
    fraction: float
    commission: float
    whole_shares: bool
    shorts: bool
    shares: dict[str, float] = field(default_factory=dict)
    entry: dict[str, float] = field(default_factory=dict)
    price: dict[str, float] = field(default_factory=dict)
    pending: dict[str, str] = field(default_factory=dict)
    trades: list[tuple[str, float, float, float, float]] = field(default_factory=list)
    refused: int = 0

    def equity(self) -> float:
        return self.cash + sum(self.shares[symbol] * self.price[symbol] for symbol in self.shares)

    def free_cash(self) -> float:
        return self.equity() - sum(abs(self.shares[symbol]) * self.price[symbol] for symbol in self.shares)

    def close_position(self, symbol: str, price: float) -> None:
        shares, entry = self.shares.pop(symbol), self.entry.pop(symbol)
        fee_in, fee_out = abs(shares) * entry * self.commission, abs(shares) * price * self.commission
        self.cash += shares * price - fee_out
        self.trades.append((symbol, shares, entry, price, shares * (price - entry) - fee_in - fee_out))

    def open_position(self, symbol: str, side: int, price: float) -> None:
        money = min(self.fraction * self.equity(), self.free_cash())
        shares = money / (price * (1 + self.commission))
        if self.whole_shares:
            shares = float(int(shares * (1 + 1e-12))) if shares > 0 else 0.0
        if shares * price * (1 + self.commission) <= DUST * self.equity():
            self.refused += 1
            return
        self.shares[symbol], self.entry[symbol], self.price[symbol] = side * shares, price, price
        self.cash -= side * shares * price + shares * price * self.commission

    def fill_orders(self, opens: dict[str, float]) -> None:
        for symbol in sorted(opens):
            wants, held = self.pending.get(symbol), self.shares.get(symbol, 0.0)
            if (wants == "buy" and held < 0) or (wants == "sell" and held > 0):
                self.close_position(symbol, opens[symbol])
        for symbol in sorted(opens):
            wants = self.pending.pop(symbol, None)
            if wants == "buy" and symbol not in self.shares:
                self.open_position(symbol, 1, opens[symbol])
            elif wants == "sell" and self.shorts and symbol not in self.shares:
                self.open_position(symbol, -1, opens[symbol])

    def trade(self, days: list[dict[str, Day]]) -> list[float]:
        """The equity at each close; every instrument has every day."""
        curve = []
        for number, day in enumerate(days):
            self.fill_orders({symbol: one.open for symbol, one in day.items()})
            for symbol, one in day.items():
                self.price[symbol] = one.close
                if one.says:
                    self.pending[symbol] = one.says
            if number == len(days) - 1 or self.equity() <= 0:
                for symbol in sorted(self.shares):
                    self.close_position(symbol, self.price[symbol])
            curve.append(self.equity())
        return curve
