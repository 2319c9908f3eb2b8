"""Rate limits by the machine's time: request weight per address, unfilled orders per account, bans."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from algo_trading.exchange.errors import RefusalError

WEIGHT_LIMIT = 6000  # a minute and address
ORDER_LIMITS = {"10S": (10_000, 100), "1D": (86_400_000, 200_000)}  # length (ms) and most orders of an account
PATIENCE = 10  # requests after a 429 in the same minute that are not yet a ban
FIRST_BAN, LONGEST_BAN = 120_000, 3 * 86_400_000  # ms
MINUTE = 60_000


@dataclass(slots=True)
class Window:
    """A count that starts again with each window of time."""

    start: int = 0
    count: int = 0

    def at(self, time: int, length: int) -> "Window":
        start = time // length * length
        if start != self.start:
            self.start, self.count = start, 0
        return self


@dataclass
class Limits:
    """Counters of everyone. Times are ms of the steady clock."""

    weight_limit: int = WEIGHT_LIMIT
    order_limits: dict[str, tuple[int, int]] = field(default_factory=lambda: dict(ORDER_LIMITS))
    _weights: defaultdict[str, Window] = field(default_factory=lambda: defaultdict(Window))
    _refused: defaultdict[str, Window] = field(default_factory=lambda: defaultdict(Window))
    _orders: defaultdict[tuple[str, str], Window] = field(default_factory=lambda: defaultdict(Window))
    _banned: dict[str, int] = field(default_factory=dict)
    _bans: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def check_ban(self, address: str, time: int) -> None:
        """Refuse a banned address."""
        until = self._banned.get(address, 0)
        if time < until:
            raise self._ban(until, time)

    def ban(self, address: str, time: int, length: int | None = None) -> None:
        """Ban an address: two minutes at first, longer each time, up to three days."""
        if length is None:
            length = min(FIRST_BAN * 4 ** self._bans[address], LONGEST_BAN)
            self._bans[address] += 1
        self._banned[address] = time + length

    def spend(self, address: str, weight: int, time: int) -> None:
        """Count a request; refused with 429 over the limit, and with 418 where that is ignored."""
        window = self._weights[address].at(time, MINUTE)
        window.count += weight
        if window.count <= self.weight_limit:
            return
        refused = self._refused[address].at(time, MINUTE)
        refused.count += 1
        if refused.count > PATIENCE:
            self.ban(address, time)
            raise self._ban(self._banned[address], time)
        raise too_much_weight(self.weight_limit, window.start + MINUTE - time)

    def used(self, address: str, time: int) -> int:
        """Weight used in this minute."""
        return self._weights[address].at(time, MINUTE).count

    def place(self, account: str, orders: int, time: int) -> None:
        """Count new orders of an account; refused over the limit."""
        for name, (length, most) in self.order_limits.items():
            window = self._orders[account, name].at(time, length)
            if window.count + orders > most:
                interval = "10 SECOND" if name == "10S" else "1 DAY"
                raise RefusalError(-1015, f"Too many new orders; current limit is {most} orders per {interval}.", 429)
        for name, (length, _) in self.order_limits.items():
            self._orders[account, name].at(time, length).count += orders

    def filled(self, account: str, time: int) -> None:
        """A filled order does not count any more."""
        for name, (length, _) in self.order_limits.items():
            window = self._orders[account, name].at(time, length)
            window.count = max(window.count - 1, 0)

    def placed(self, account: str, time: int) -> dict[str, int]:
        """Orders that count, by the name of the window."""
        return {
            name: self._orders[account, name].at(time, length).count for name, (length, _) in self.order_limits.items()
        }

    def described(self) -> list[dict[str, Any]]:
        """The limits as exchangeInfo states them."""
        return [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": self.weight_limit},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": self.order_limits["10S"][1]},
            {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": self.order_limits["1D"][1]},
            {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61_000},
        ]

    def counted(self, address: str, account: str | None, time: int) -> list[dict[str, Any]]:
        """The limits with what is used, as the websocket API reports them."""
        placed = self.placed(account, time) if account else {}
        counts = {"REQUEST_WEIGHT": self.used(address, time), "SECOND": placed.get("10S"), "DAY": placed.get("1D")}
        data = []
        for limit in self.described()[:3]:
            orders = limit["rateLimitType"] == "ORDERS"
            count = counts[limit["interval"] if orders else limit["rateLimitType"]]
            if count is not None:
                data.append({**limit, "count": count})
        return data

    @staticmethod
    def _ban(until: int, time: int) -> RefusalError:
        return RefusalError(
            -1003,
            f"Way too much request weight used; IP banned until {until}."
            " Please use WebSocket Streams for live updates to avoid bans.",
            418,
            retry_after=until - time,
        )


def too_much_weight(limit: int, retry_after: int) -> RefusalError:
    """The refusal of a request over the limit; `retry_after` in ms."""
    return RefusalError(
        -1003,
        f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE."
        " Please use WebSocket Streams for live updates to avoid polling the API.",
        429,
        retry_after=retry_after,
    )


__all__ = ["Limits", "too_much_weight"]
