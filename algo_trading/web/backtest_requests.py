"""What may be asked of the backtester from outside."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from algo_trading.domain.time import Interval
from algo_trading.errors import ConfigError
from algo_trading.strategies.registry import strategy_names

KINDS = {"run": "one setting", "sweep": "every combination of settings"}
SYMBOL = re.compile(r"[A-Za-z0-9^._=/]{1,30}")
SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}=[A-Za-z0-9_.,:+-]{1,100}")
MOST_SYMBOLS, MOST_SETTINGS = 50, 20


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """A backtest: `kind` is a command of `backtest`, `first` and `last` are dates (empty: all there is).

    `settings` are written `fast=10`, of a sweep also `fast=5:50` and `fast=5,10,20`.
    """

    kind: str
    strategy: str
    symbols: tuple[str, ...]
    first: str = ""
    last: str = ""
    interval: str = "1d"
    cash: str = "10000"
    settings: tuple[str, ...] = ()

    @property
    def has_report(self) -> bool:
        """Whether there is something to draw: of a sweep a map, which takes two parameters with several values."""
        varied = [one for one in self.settings if set(one.partition("=")[2]) & set(":,")]
        return self.kind == "run" or len(varied) > 1

    def check(self) -> None:
        """Refuse what the backtester would misread.

        Raises:
            ConfigError: a part of it is wrong; the sentence says which.
        """
        if self.kind not in KINDS:
            raise ConfigError(f"{self.kind[:40]!r} is not one of: {', '.join(KINDS)}")
        if self.strategy not in strategy_names():
            raise ConfigError(f"{self.strategy[:40]!r} is not a strategy; choose one of: {', '.join(strategy_names())}")
        if not 1 <= len(self.symbols) <= MOST_SYMBOLS:
            raise ConfigError(f"name 1 to {MOST_SYMBOLS} symbols, separated by blanks")
        if len(self.settings) > MOST_SETTINGS:
            raise ConfigError(f"{MOST_SETTINGS} parameters are the most")
        _require(self.symbols, SYMBOL, "is not a symbol")
        _require(self.settings, SETTING, "is not a parameter; write it as fast=10")
        for text in (self.first, self.last):
            _require_date(text)
        if self.interval not in [*Interval]:
            raise ConfigError(f"{self.interval[:20]!r} is not an interval; there are: {', '.join(Interval)}")
        _require_money(self.cash)

    def arguments(self) -> list[str]:
        """The arguments of `backtest`; each value stands with its option, so that none can be taken for another."""
        return [
            self.kind,
            f"--strategy={self.strategy}",
            *(f"--symbol={one}" for one in self.symbols),
            *([f"--from={self.first}"] if self.first else []),
            *([f"--to={self.last}"] if self.last else []),
            f"--interval={self.interval}",
            f"--cash={self.cash}",
            *(f"--set={one}" for one in self.settings),
        ]


def _require(texts: Sequence[str], pattern: re.Pattern[str], sentence: str) -> None:
    wrong = next((one for one in texts if not pattern.fullmatch(one)), None)
    if wrong is not None:
        raise ConfigError(f"{wrong[:60]!r} {sentence}")


def _require_date(text: str) -> None:
    try:
        date.fromisoformat(text or "2000-01-01")
    except ValueError as error:
        raise ConfigError(f"{text[:20]!r} is not a date; write 2013-01-02") from error


def _require_money(text: str) -> None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or not 0 < amount <= Decimal("1e12"):
        raise ConfigError(f"{text[:20]!r} is not an amount of money above 0 and up to 1,000,000,000,000")
