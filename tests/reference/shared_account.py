"""One account, several strategies, interest, borrow fees, limits on volume and on exposure: written for reading.

Each strategy has positions of its own. A day goes: nights are paid; at the open exits, then entries; a stop within the
bar; then the decisions at the close, in the order of strategies and symbols.
"""

import math
from dataclasses import dataclass, field
from datetime import date

DUST = 1e-9


@dataclass
class Bar:
    """A day of a symbol."""

    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass
class Asked:
    """What was decided and is not done yet: 1 to buy, -1 to sell short, 0 to have nothing; and the budget for it."""

    side: int
    budget: float


@dataclass
class Position:
    """What a strategy has of a symbol, valued at `mark`. `leaving` is the reason of an exit that goes on."""

    shares: float = 0.0
    entry: float = 0.0
    paid: float = 0.0
    mark: float = 0.0
    asked: Asked | None = None
    leaving: str = ""
    entered: date = date.min


@dataclass
class Rules:
    """The terms of the account; caps and volume are infinite where there is none."""

    commission: float = 0.0
    interest: float = 0.0
    borrow: float = 0.0
    participation: float = math.inf
    fraction: float = 1.0
    whole_shares: bool = False
    shorts: bool = False
    stop_loss: float = math.inf
    max_age: float = math.inf  # days
    max_instrument: float = math.inf
    max_strategy: float = math.inf
    max_exposure: float = math.inf
    max_net: float = math.inf


@dataclass
class Account:
    """`positions` by strategy and symbol; `trades` are (strategy, symbol, shares, entry, exit, profit, reason)."""

    cash: float
    rules: Rules
    positions: dict[tuple[str, str], Position]
    trades: list[tuple[str, str, float, float, float, float, str]] = field(default_factory=list)
    refused: int = 0
    capped: int = 0
    interest: float = 0.0

    def value(self, key: tuple[str, str]) -> float:
        return self.positions[key].shares * self.positions[key].mark

    def equity(self) -> float:
        return self.cash + sum(self.value(key) for key in self.positions)

    def free(self) -> float:
        return self.equity() - sum(abs(self.value(key)) for key in self.positions)

    def pay_nights(self, nights: int) -> None:
        earned = self.cash * self.rules.interest * nights / 365
        self.cash += earned
        self.interest += earned
        for key, held in self.positions.items():
            if held.shares < 0:
                fee = -self.value(key) * self.rules.borrow * nights / 365
                self.cash -= fee
                held.paid += fee

    def volume_for(self, bar: Bar, seen: bool) -> float:
        """How many shares a fill may take; of a symbol that never had volume nobody knows."""
        return self.rules.participation * bar.volume if seen else math.inf

    def end(self, symbol: str, worth: float, reason: str) -> None:
        """The symbol is gone: each share becomes money, nobody takes a fee, and nothing waits any more."""
        for key, held in self.positions.items():
            if key[1] != symbol:
                continue
            if held.shares:
                self.cash += held.shares * worth
                profit = held.shares * (worth - held.entry) - held.paid
                self.trades.append((*key, held.shares, held.entry, worth, profit, reason))
            held.shares, held.asked, held.leaving = 0.0, None, ""

    def whole(self, shares: float) -> float:
        return float(math.floor(shares * (1 + 1e-12))) if self.rules.whole_shares else shares

    def leave(self, key: tuple[str, str], price: float, reason: str, most: float) -> None:
        held = self.positions[key]
        size = abs(held.shares)
        part = size if size <= most * (1 + 1e-12) else self.whole(most)
        held.leaving = "" if part == size else reason
        if part == 0:
            return
        sign = 1 if held.shares > 0 else -1
        paid = held.paid * part / size
        fee = part * price * self.rules.commission
        self.cash += sign * part * price - fee
        profit = sign * part * (price - held.entry) - paid - fee
        self.trades.append((*key, sign * part, held.entry, price, profit, reason))
        held.shares = 0.0 if part == size else sign * (size - part)
        held.paid -= paid

    def enter(self, key: tuple[str, str], side: int, price: float, most: float, day: date) -> None:
        money = min(self.rules.fraction * self.equity(), self.free())
        shares = self.whole(min(money / (price * (1 + self.rules.commission)), most))
        if shares * price * (1 + self.rules.commission) <= DUST * self.equity():
            self.refused += 1
            return
        fee = shares * price * self.rules.commission
        self.cash -= side * shares * price + fee
        held = self.positions[key]
        held.shares, held.entry, held.paid, held.entered = side * shares, price, fee, day

    def at_open(self, bars: dict[str, Bar], seen: dict[str, bool], day: date) -> None:
        open_today = [key for key in self.positions if key[1] in bars and (bars[key[1]].volume > 0 or not seen[key[1]])]
        for key in open_today:
            held, bar = self.positions[key], bars[key[1]]
            if held.shares and held.leaving:
                self.leave(key, bar.open, held.leaving, self.volume_for(bar, seen[key[1]]))
            elif held.shares and held.asked and held.shares * held.asked.side <= 0:
                self.leave(key, bar.open, "signal", self.volume_for(bar, seen[key[1]]))
        for key in open_today:
            held, bar = self.positions[key], bars[key[1]]
            asked, held.asked = held.asked, None
            if asked is None:
                continue
            if held.leaving:
                self.refused += bool(asked.side)
            elif not held.shares and asked.side:
                self.enter(key, asked.side, bar.open, self.volume_for(bar, seen[key[1]]), day)
                held.mark = bar.open if held.shares else held.mark

    def stops(self, bars: dict[str, Bar], seen: dict[str, bool], day: date) -> None:
        for key, held in self.positions.items():
            bar = bars.get(key[1])
            if not bar or not held.shares or held.leaving or (bar.volume == 0 and seen[key[1]]):
                continue
            side = 1 if held.shares > 0 else -1
            level = held.entry * (1 - side * self.rules.stop_loss)
            worst = bar.low if side > 0 else bar.high
            opens_beyond = side * bar.open <= side * level
            if (day - held.entered).days >= self.rules.max_age and not opens_beyond:
                self.leave(key, bar.open, "max_age", self.volume_for(bar, seen[key[1]]))
            elif side * worst <= side * level:
                price = bar.open if opens_beyond else level
                self.leave(key, price, "stop_loss", self.volume_for(bar, seen[key[1]]))

    def above_a_cap(self, key: tuple[str, str], side: int, budget: float, equity: float) -> bool:
        def total(belongs: list[tuple[str, str]]) -> float:
            held = sum(abs(self.value(one)) for one in belongs)
            asked = (self.positions[one].asked for one in belongs if one != key)
            return held + sum(one.budget for one in asked if one and one.side) + budget

        everything = list(self.positions)
        net = sum(self.value(one) for one in everything) + side * budget
        for one in everything:
            asked = self.positions[one].asked
            if one != key and asked:
                net += asked.side * asked.budget
        bound = equity * (1 + 1e-12)
        return (
            total([one for one in everything if one[1] == key[1]]) > self.rules.max_instrument * bound
            or total([one for one in everything if one[0] == key[0]]) > self.rules.max_strategy * bound
            or total(everything) > self.rules.max_exposure * bound
            or abs(net) > self.rules.max_net * bound
        )

    def decide(self, said: dict[tuple[str, str], str]) -> None:
        equity = self.equity()
        for key, held in self.positions.items():
            if said[key] not in {"B", "S"} or held.leaving:
                continue
            side = 1 if said[key] == "B" else -1 if self.rules.shorts else 0
            opens = side != 0 and held.shares * side <= 0
            budget = self.rules.fraction * equity if opens else 0.0
            if opens and budget > 0 and self.above_a_cap(key, side, budget, equity):
                self.capped += 1
                if held.shares * side < 0:
                    held.asked = Asked(0, 0.0)
                continue
            held.asked = Asked(side, budget)


def trade(
    account: Account,
    days: list[date],
    bars: list[dict[str, Bar]],
    said: list[dict[tuple[str, str], str]],
    ends: dict[str, tuple[date, float, str]] | None = None,
) -> list[float]:
    """The equity at each close. A symbol without a bar keeps its last close.

    `ends` has a date for symbols that end before the open then, what a share is worth, and the reason; after the last
    bar of all they are closed at the end.
    """
    curve: list[float] = []
    seen = {key[1]: False for key in account.positions}
    ends = dict(ends or {})
    for number, (day, market) in enumerate(zip(days, bars, strict=True)):
        seen = {one: known or (one in market and market[one].volume > 0) for one, known in seen.items()}
        if number:
            account.pay_nights((day - days[number - 1]).days)
        for symbol in [one for one, end in ends.items() if end[0] <= day]:
            account.end(symbol, *ends.pop(symbol)[1:])
        account.at_open(market, seen, day)
        account.stops(market, seen, day)
        for key, held in account.positions.items():
            held.mark = market[key[1]].close if key[1] in market else held.mark
        account.decide(said[number])
        if number == len(days) - 1:
            for symbol, end in ends.items():
                account.end(symbol, *end[1:])
        if number == len(days) - 1 or account.equity() <= 0:
            reason = "end_of_data" if number == len(days) - 1 else "ruin"
            for key, held in account.positions.items():
                if held.shares:
                    account.leave(key, held.mark, reason, math.inf)
        curve.append(account.equity())
    return curve
