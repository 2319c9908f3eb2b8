"""The websocket API: requests as JSON frames, sessions, and the events of the user data stream. No I/O."""

import json
from dataclasses import dataclass
from typing import Any

from algo_trading.exchange.api import Api, Call
from algo_trading.exchange.errors import RefusalError, timed_out
from algo_trading.exchange.faults import EventFaults, Fault
from algo_trading.exchange.parameters import Parameters
from algo_trading.exchange.reports import Json
from algo_trading.exchange.signing import Key, check_signature, check_time


@dataclass
class Answer:
    """A frame to send after `wait` seconds; where `cut` the connection is closed instead."""

    frame: Json
    wait: float = 0
    cut: bool = False


class Session:
    """One connection: who is logged on, and which accounts' events it gets."""

    def __init__(self, api: Api, address: str, *, with_limits: bool = True) -> None:
        self._api, self._address, self._with_limits = api, address, with_limits
        self._connected = api.exchange.clock.now()
        self._key: Key | None = None
        self._since: int | None = None
        self._subscriptions: dict[int, str] = {}
        self._next = 0
        self._faults = EventFaults(api.faults)
        self._fault: Fault | None = None  # that the request of the moment has met

    def handle(self, text: str) -> Answer:
        """Answer one frame."""
        number: Any = None
        values: dict[str, str] = {}
        self._fault = None
        try:
            number, method, values = _read(text)
            self._api.enter(self._address)
            frame: Json = {"id": number, "status": 200, "result": self._result(method, values)}
        except RefusalError as refusal:
            frame = {"id": number, "status": refusal.status, "error": self._error(refusal)}
        if values.get("returnRateLimits", str(self._with_limits)).lower() == "true":
            frame["rateLimits"] = self._api.told_limits(self._address, self._key.account if self._key else None)
        if self._fault is None:
            return Answer(frame)
        return Answer(frame, self._fault.seconds, self._fault.kind in {"disconnect", "accept_and_disconnect"})

    def events(self, account: str, event: Json) -> list[Json]:
        """The frames that an event of an account makes here."""
        frames = [{"subscriptionId": number, "event": event} for number in self._of(account)]
        return [passed for frame in frames for passed in self._faults.apply(frame)]

    def late(self) -> list[Json]:
        """Events that a fault has held back."""
        return self._faults.held()

    def shutdown(self) -> Json:
        """The frame that announces the end of the connection."""
        return {"event": {"e": "serverShutdown", "E": self._api.exchange.clock.server_time()}}

    def _of(self, account: str) -> list[int]:
        return [number for number, name in self._subscriptions.items() if name == account]

    def _result(self, method: str, values: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
        endpoint = self._api.by_call.get(method)
        if endpoint is None:
            return self._own(method, values)
        fault = self._fault = self._api.faults.of_request(endpoint.method, endpoint.path)
        if fault and fault.kind in {"answer", "disconnect"}:
            wait = None if fault.retry_after is None else fault.retry_after * 1000
            raise RefusalError(fault.code, fault.message, fault.status, retry_after=wait)
        key = self._signer(values) if endpoint.private else None
        kept = {name: value for name, value in values.items() if name != "returnRateLimits"}
        result = self._api.call(Call(endpoint, kept, key, self._address))
        if fault and fault.kind == "accept_and_time_out":
            raise timed_out()
        return result

    def _own(self, method: str, values: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
        """Requests about the session itself."""
        self._api.limits.spend(self._address, 2, self._api.exchange.clock.steady())
        known = {
            "session.logon": self._log_on,
            "session.status": lambda _: self._told(),
            "session.logout": self._log_out,
            "session.subscriptions": lambda _: [{"subscriptionId": number} for number in self._subscriptions],
            "userDataStream.subscribe": self._subscribe_session,
            "userDataStream.subscribe.signature": lambda params: self._subscribe(self._signer(params, always=True)),
            "userDataStream.unsubscribe": self._unsubscribe,
        }
        if method not in known:
            raise RefusalError(-1130, "Data sent for parameter 'method' is not valid.")
        return known[method](values)

    def _log_on(self, values: dict[str, str]) -> Json:
        key = self._signer(values, always=True)
        if not key.is_pair:
            raise RefusalError(-4056, "HMAC_SHA256 API key is not supported.")
        self._key, self._since = key, self._api.exchange.clock.now()
        return self._told()

    def _log_out(self, _: dict[str, str]) -> Json:
        self._key = self._since = None
        return self._told()

    def _subscribe_session(self, _: dict[str, str]) -> Json:
        if self._key is None:
            raise RefusalError(-1002, "You are not authorized to execute this request.", 401)
        return self._subscribe(self._key)

    def _unsubscribe(self, values: dict[str, str]) -> Json:
        number = Parameters(values).whole("subscriptionId")
        for known in list(self._subscriptions) if number is None else [number]:
            self._subscriptions.pop(known, None)
        return {}

    def _subscribe(self, key: Key) -> Json:
        if key.account in self._subscriptions.values():
            raise RefusalError(-2035, "Subscription already active.")
        number, self._next = self._next, self._next + 1
        self._subscriptions[number] = key.account
        return {"subscriptionId": number}

    def _signer(self, values: dict[str, str], *, always: bool = False) -> Key:
        """Whose request it is: of its own signature, or of the session that was logged on."""
        params = Parameters(values)
        if self._key and not always and "apiKey" not in params:
            check_time(self._api.exchange.clock, params.needed_whole("timestamp"), params.whole("recvWindow"))
            return self._key
        key = self._api.keys.find(values.get("apiKey"))
        check_time(self._api.exchange.clock, params.needed_whole("timestamp"), params.whole("recvWindow"))
        payload = "&".join(f"{name}={value}" for name, value in sorted(values.items()) if name != "signature")
        check_signature(key, payload, values.get("signature"))
        return key

    def _told(self) -> Json:
        key = self._key
        return {
            "apiKey": key.name if key else None,
            "authorizedSince": self._since,
            "connectedSince": self._connected,
            "returnRateLimits": self._with_limits,
            "serverTime": self._api.exchange.clock.server_time(),
            "userDataStream": bool(key and self._of(key.account)),
        }

    def _error(self, refusal: RefusalError) -> Json:
        if refusal.retry_after is None:
            return refusal.body()
        now = self._api.exchange.clock.server_time()
        return {**refusal.body(), "data": {"serverTime": now, "retryAfter": now + refusal.retry_after}}


def _read(text: str) -> tuple[Any, str, dict[str, str]]:
    """Id, method and parameters of a request frame."""
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if not isinstance(data, dict) or not isinstance(data.get("method"), str):
        raise RefusalError(-1135, "Invalid JSON Request")
    number, params = data.get("id"), data.get("params") or {}
    if not isinstance(params, dict):
        raise RefusalError(-1135, "JSON sent for parameter 'params' is not valid")
    values = {str(name): _text(value) for name, value in params.items() if value is not None}
    return number, data["method"].removeprefix("v3/"), values


def _text(value: object) -> str:
    """A parameter as it is signed."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


__all__ = ["Answer", "Session"]
