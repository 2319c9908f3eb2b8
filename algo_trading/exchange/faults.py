"""Faults on request: what a real exchange does on its bad days, by a script or one at a time.

A fault is a JSON object with a `kind`. Those of requests and events wait for some that match; the others act at once.
`after` puts a fault off by seconds of the market's time, and `lasts` ends its waiting.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from algo_trading.errors import ConfigError
from algo_trading.exchange.engine import Exchange
from algo_trading.exchange.limits import Limits

REQUESTS = {
    "answer": "reply with `status`, `code`, `message` and `retry_after` seconds instead of processing the request",
    "delay": "process the request and reply `seconds` later",
    "disconnect": "close the connection instead of processing the request",
    "accept_and_disconnect": "process the request and close the connection without a reply",
    "accept_and_time_out": "process the request and reply with -1007, status unknown",
}
EVENTS = {
    "lose_events": "never send an event of the user data stream",
    "duplicate_events": "send an event of the user data stream twice",
    "reorder_events": "send an event of the user data stream after the next one",
}
ACTIONS = {
    "missing_candles": "take `symbol` off the tape from `first` to `end` (ms), as maintenance does",
    "halt": "halt trading in `symbol`",
    "delist": "end trading in `symbol` for good",
    "resume": "let `symbol` trade again",
    "clock_skew": "show clients a time that is `milliseconds` ahead",
    "ban": "ban every address for `seconds`",
    "drop_connections": "close all websocket connections",
    "server_shutdown": "announce a shutdown to all websocket connections and close them `seconds` later",
}
KINDS = {**REQUESTS, **EVENTS, **ACTIONS}
NEEDS = {
    "delay": ("seconds",),
    "missing_candles": ("symbol", "first", "end"),
    "halt": ("symbol",),
    "delist": ("symbol",),
    "resume": ("symbol",),
    "clock_skew": ("milliseconds",),
    "ban": ("seconds",),
}


@dataclass
class Fault:
    """One fault. `times` says how often (None: as long as it lasts), `path` and `method` which requests."""

    kind: str
    times: int | None = 1
    after: float = 0
    lasts: float | None = None
    path: str = "/"
    method: str | None = None
    status: int = 503
    code: int = -1000
    message: str = "An unknown error occurred while processing the request."
    retry_after: int | None = None
    seconds: float = 0
    symbol: str | None = None
    first: int | None = None
    end: int | None = None
    milliseconds: int | None = None
    due: int = 0  # ms of the market's time, set when the fault is given

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one that the fault applies to."""
        return path.startswith(self.path) and self.method in (None, method)


def fault_of(data: Mapping[str, Any], symbols: Iterable[str]) -> Fault:
    """A fault as JSON says it; an error names what does not fit."""
    known = {field.name for field in fields(Fault)} - {"due"}
    kind = data.get("kind")
    if kind not in KINDS:
        raise ConfigError(f"a fault's kind is one of {', '.join(KINDS)}, not {kind!r}")
    unknown = sorted(data.keys() - known)
    if unknown:
        raise ConfigError(f"a fault has no {', '.join(map(repr, unknown))}; it may have {', '.join(sorted(known))}")
    lacking = [name for name in NEEDS.get(kind, ()) if data.get(name) is None]
    if lacking:
        raise ConfigError(f"the fault {kind} needs {', '.join(lacking)}")
    for name, value in data.items():
        texts = name in {"kind", "path", "method", "message", "symbol"}
        if value is not None and (not isinstance(value, str if texts else int | float) or isinstance(value, bool)):
            raise ConfigError(f"{name!r} of a fault is {'a text' if texts else 'a number'}, not {value!r}")
    fault = Fault(**{"times": None if "lasts" in data else 1, **data})
    if fault.symbol is not None and fault.symbol not in set(symbols):
        raise ConfigError(f"{fault.symbol} is not traded here")
    return fault


class Faults:
    """The faults that are due or wait for something that they fit."""

    def __init__(self, exchange: Exchange, limits: Limits) -> None:
        self._exchange, self._limits = exchange, limits
        self.waiting: list[Fault] = []
        self.everyone_banned_until = 0  # ms of the steady clock
        self.to_drop: list[Fault] = []  # what concerns connections, for the server

    def add(self, fault: Fault) -> None:
        """Schedule a fault, counted from now."""
        fault.due = self._exchange.clock.now() + int(fault.after * 1000)
        self.waiting.append(fault)
        self.act()

    def clear(self) -> None:
        """Forget what waits, set the clock right and lift the ban."""
        self.waiting.clear()
        self._exchange.clock.skew = 0
        self.everyone_banned_until = 0

    def act(self) -> None:
        """Do what is due."""
        now = self._exchange.clock.now()
        due = [fault for fault in self.waiting if fault.kind in ACTIONS and fault.due <= now]
        for fault in sorted(due, key=lambda fault: fault.due):
            self.waiting.remove(fault)
            self._act(fault)

    def of_request(self, method: str, path: str) -> Fault | None:
        """The fault that a request meets, if any; it counts as met."""
        return self._take(lambda fault: fault.kind in REQUESTS and fault.matches(method, path))

    def of_event(self) -> str | None:
        """What is to happen to an event of the user data stream."""
        fault = self._take(lambda fault: fault.kind in EVENTS)
        return fault.kind if fault else None

    def _take(self, fits: Any) -> Fault | None:  # noqa: ANN401 - a predicate
        now = self._exchange.clock.now()
        self.waiting = [fault for fault in self.waiting if fault.lasts is None or now < fault.due + fault.lasts * 1000]
        fault = next((fault for fault in self.waiting if fault.due <= now and fits(fault)), None)
        if fault and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.waiting.remove(fault)
        return fault

    def _act(self, fault: Fault) -> None:
        exchange, symbol = self._exchange, fault.symbol or ""
        match fault.kind:
            case "missing_candles":
                exchange.advance()
                assert fault.first is not None
                assert fault.end is not None
                exchange.books[symbol].tape.skip(int(fault.first), int(fault.end))
            case "halt":
                exchange.set_status(symbol, "HALT")
            case "delist":
                exchange.set_status(symbol, "BREAK")
            case "resume":
                exchange.set_status(symbol, "TRADING")
            case "clock_skew":
                exchange.clock.skew = int(fault.milliseconds or 0)
            case "ban":
                self.everyone_banned_until = exchange.clock.steady() + int(fault.seconds * 1000)
            case _:
                self.to_drop.append(fault)


class EventFaults:
    """Lets events of one subscription pass as the faults have it."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._held: list[Any] = []

    def apply(self, event: Any) -> list[Any]:  # noqa: ANN401 - JSON
        """What is to be sent now that the event came."""
        fault = self._faults.of_event()
        if fault == "lose_events":
            return []
        if fault == "reorder_events":
            self._held.append(event)
            return []
        events = [event, event] if fault == "duplicate_events" else [event]
        return events + self.held()

    def held(self) -> list[Any]:
        """What still waits for a later event."""
        held, self._held = self._held, []
        return held


__all__ = ["ACTIONS", "EVENTS", "KINDS", "REQUESTS", "EventFaults", "Fault", "Faults", "fault_of"]
