"""The program `backtest` in this process, and prices for it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SHORT = ["--in-sample", "120", "--out-of-sample", "60"]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code in {0, 1}, self.err
        return json.loads(self.out)


Backtest = Callable[..., Ended]


def traded(found: Any) -> int:
    """How often it was traded, as the JSON of any command tells."""
    if isinstance(found, list):
        return sum(map(traded, found))
    for name in ("n_trades", "fills"):
        if name in found:
            return int(found[name])
    return next(traded(found[name]) for name in ("top", "candidates", "checks") if name in found)
