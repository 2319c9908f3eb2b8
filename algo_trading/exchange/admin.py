"""What a user of the exchange may do to it that no client may: move the clock, give money, cause faults. No I/O."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Any

from algo_trading.errors import AlgoTradingError, ConfigError
from algo_trading.exchange.api import Api
from algo_trading.exchange.faults import KINDS, fault_of
from algo_trading.exchange.intervals import LENGTHS
from algo_trading.exchange.reports import Json

NOTICE = "A practice exchange: the money is play money, and prices are made up or replayed."


class Admin:
    """Requests under /admin. Only programs on this machine reach them, and no page that a browser shows."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._routes: dict[tuple[str, str], Callable[[Json], Any]] = {
            ("GET", ""): lambda _: self.state(),
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "clock"): self._clock,
            ("POST", "deposit"): self._deposit,
            ("POST", "account"): self._account,
        }

    def handle(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> tuple[int, Any]:
        """Status and answer."""
        if "Origin" in headers or headers.get("Host", "").rpartition(":")[0] not in {"127.0.0.1", "localhost"}:
            return 403, {"error": "only programs on this machine may do this, and no web page"}
        route = self._routes.get((method, path.strip("/")))
        if route is None:
            return 404, {"error": f"there is {', '.join(f'{verb} /admin/{name}' for verb, name in self._routes)}"}
        try:
            data = json.loads(body) if body else {}
        except ValueError:
            return 400, {"error": "the body is not JSON"}
        if not isinstance(data, dict):
            return 400, {"error": "the body is not a JSON object"}
        try:
            return 200, route(data)
        except AlgoTradingError as error:
            return 400, {"error": str(error)}

    def state(self) -> Json:
        """What this is and how it stands."""
        exchange = self._api.exchange
        return {
            "notice": NOTICE,
            "time": exchange.clock.now(),
            "speed": exchange.clock.speed,
            "pairs": {symbol: exchange.status(symbol) for symbol in exchange.books},
            "accounts": sorted(exchange.accounts.by_name),
        }

    def _faults(self, _: Json) -> Json:
        return {"kinds": KINDS, "waiting": [asdict(fault) for fault in self._api.faults.waiting]}

    def _add_fault(self, data: Json) -> Json:
        self._api.faults.add(fault_of(data, self._api.exchange.books))
        return self._faults({})

    def _clear_faults(self, _: Json) -> Json:
        self._api.faults.clear()
        return self._faults({})

    def _clock(self, data: Json) -> Json:
        """Move the clock forward by `advance` (milliseconds, or an interval such as 4h), or let it run at `speed`."""
        clock = self._api.exchange.clock
        if "speed" in data:
            clock.run(_number(data, "speed"))
        if "advance" in data:
            step = data["advance"]
            clock.advance(LENGTHS[step] if step in LENGTHS else int(_number(data, "advance")))
        self._api.faults.act()
        return {"time": self._api.exchange.advance(), "speed": clock.speed}

    def _deposit(self, data: Json) -> Json:
        """Give `amount` of `asset` to `account`, or take it where it is negative."""
        name = self._named(data)
        try:
            amount = Decimal(str(data.get("amount"))).quantize(Decimal("0.00000001"))
        except InvalidOperation as error:
            raise ConfigError(f"amount is a number, not {data.get('amount')!r}") from error
        account, asset = self._api.exchange.accounts.by_name[name], str(data.get("asset", ""))
        if account.free(asset) + amount < 0:
            raise ConfigError(f"{name} has only {account.free(asset):f} {asset}")
        self._api.exchange.deposit(name, asset, amount)
        return {"account": name, "asset": asset, "free": f"{account.free(asset):f}"}

    def _account(self, data: Json) -> Json:
        """Change what `account` may do: may_trade, may_withdraw, pays_in_bnb; and its rates maker and taker."""
        account = self._api.exchange.accounts.by_name[self._named(data)]
        for name in ("may_trade", "may_withdraw", "pays_in_bnb"):
            if name in data:
                if not isinstance(data[name], bool):
                    raise ConfigError(f"{name} is true or false, not {data[name]!r}")
                setattr(account, name, data[name])
        for name in ("maker", "taker"):
            if name in data:
                setattr(account, name, Decimal(str(_number(data, name))))
        return {
            "account": account.name,
            "may_trade": account.may_trade,
            "may_withdraw": account.may_withdraw,
            "pays_in_bnb": account.pays_in_bnb,
            "maker": f"{account.maker:f}",
            "taker": f"{account.taker:f}",
        }

    def _named(self, data: Json) -> str:
        names = sorted(self._api.exchange.accounts.by_name)
        name = data.get("account", names[0] if len(names) == 1 else None)
        if name not in names:
            raise ConfigError(f"there is no account {name!r}; there is {', '.join(names) or 'none'}")
        return str(name)


def _number(data: Json, name: str) -> float:
    value = data[name]
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        raise ConfigError(f"{name} is a number from 0 on, not {value!r}")
    return float(value)


__all__ = ["Admin"]
