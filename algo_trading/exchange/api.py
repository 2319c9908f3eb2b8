"""Requests in, replies out: limits, keys, signatures, faults, and then the endpoint. No I/O."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from algo_trading.exchange import trading
from algo_trading.exchange.accounts import ZERO, Account
from algo_trading.exchange.endpoints import MARKET, SIGNED, TRADING, Endpoint
from algo_trading.exchange.engine import Exchange
from algo_trading.exchange.errors import RefusalError, timed_out
from algo_trading.exchange.faults import Fault, Faults
from algo_trading.exchange.limits import Limits
from algo_trading.exchange.pairs import amount
from algo_trading.exchange.parameters import Parameters, check_known, read
from algo_trading.exchange.reports import Json, account_view
from algo_trading.exchange.signing import Key, Keys, check_signature, check_time, denied, unsigned

GONE = "/api/v3/userDataStream"  # listen keys, until February 2026


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came over the wire: query and body are still encoded. `address` is the client's."""

    method: str
    path: str
    query: str = ""
    body: str = ""
    key: str | None = None
    address: str = "127.0.0.1"


@dataclass
class Reply:
    """A reply; `wait` seconds pass before it is sent, and where `cut` the connection is closed instead."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A request to an endpoint, however it came: its parameters and who signed it."""

    endpoint: Endpoint
    values: Mapping[str, str]
    key: Key | None
    address: str


class Api:
    """The exchange as its clients see it."""

    def __init__(self, exchange: Exchange, limits: Limits | None = None) -> None:
        self.exchange, self.limits, self.keys = exchange, limits or Limits(), Keys()
        self.faults = Faults(exchange, self.limits)
        exchange.on_filled = lambda order: self.limits.filled(order.request.account, exchange.clock.steady())
        endpoints = [*MARKET, *TRADING, *self._about_itself()]
        self.by_path = {(endpoint.method, endpoint.path): endpoint for endpoint in endpoints}
        self.by_call = {endpoint.call: endpoint for endpoint in endpoints if endpoint.call}

    def open_account(self, name: str, balances: Mapping[str, Decimal], *keys: Key) -> Account:
        """An account with the keys that may use it."""
        for key in keys:
            self.keys.add(key)
        return self.exchange.open_account(name, balances)

    def handle(self, request: Request) -> Reply:
        """Answer a REST request."""
        fault = self.faults.of_request(request.method, request.path)
        if fault and fault.kind in {"answer", "disconnect"}:
            return self._faulty(fault)
        account: str | None = None
        try:
            endpoint = self._endpoint(request)
            self.enter(request.address)
            values = read(request.query, request.body)
            key = self._signer(endpoint, request, values)
            account = key.account if key else None
            reply = Reply(200, self.call(Call(endpoint, values, key, request.address)))
        except RefusalError as refusal:
            reply = Reply(refusal.status, refusal.body())
            if refusal.retry_after is not None:
                reply.headers["Retry-After"] = str(-(-refusal.retry_after // 1000))
        reply.headers |= self._counts(request.address, account if request.method != "GET" else None)
        return self._faulty(fault, reply) if fault else reply

    def enter(self, address: str) -> None:
        """Apply due faults and refuse a banned sender."""
        steady = self.exchange.clock.steady()
        self.faults.act()
        if steady < self.faults.everyone_banned_until:
            self.limits.ban(address, steady, self.faults.everyone_banned_until - steady)
        self.limits.check_ban(address, steady)

    def call(self, call: Call) -> Any:  # noqa: ANN401 - JSON
        """Answer a request whose sender is known."""
        endpoint, steady = call.endpoint, self.exchange.clock.steady()
        weight = endpoint.cost(call.values)
        self.limits.spend(call.address, weight, steady)
        check_known(call.values, (*endpoint.reads, *(() if endpoint.private is None else (*SIGNED, "apiKey"))))
        params = Parameters(call.values)
        if endpoint.public:
            return endpoint.public(self.exchange, params)
        assert endpoint.private
        assert call.key
        if endpoint.trades and not call.key.may_trade:
            raise denied()
        account = self.exchange.accounts.by_name[call.key.account]
        if endpoint.orders:
            self.limits.place(account.name, endpoint.orders, steady)
        data = endpoint.private(self.exchange, account, params)
        if endpoint.trades:
            self.limits.spend(call.address, -weight, steady)  # an order that succeeds costs no weight
        return data

    def told_limits(self, address: str, account: str | None) -> list[Json]:
        """The limits and what is used, for the websocket API."""
        return self.limits.counted(address, account, self.exchange.clock.steady())

    def _endpoint(self, request: Request) -> Endpoint:
        if request.path == GONE:
            raise RefusalError(-1016, "This service is no longer available.", 410)
        endpoint = self.by_path.get((request.method, request.path))
        if endpoint:
            return endpoint
        known = any(path == request.path for _, path in self.by_path)
        raise RefusalError(-1020, "This operation is not supported.", 405 if known else 404)

    def _signer(self, endpoint: Endpoint, request: Request, values: Mapping[str, str]) -> Key | None:
        """The key of a signed request, after its time and signature were found right."""
        if endpoint.private is None:
            return None
        key = self.keys.find(request.key)
        params = Parameters(values)
        (query, in_query), (body, in_body) = unsigned(request.query), unsigned(request.body)
        timestamp, window = params.needed_whole("timestamp"), params.whole("recvWindow")
        check_time(self.exchange.clock, timestamp, window)
        check_signature(key, query + body, unquote(in_query or in_body or ""))
        return key

    def _counts(self, address: str, account: str | None) -> dict[str, str]:
        steady = self.exchange.clock.steady()
        used = str(self.limits.used(address, steady))
        headers = {"X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used}
        if account:
            placed = self.limits.placed(account, steady)
            headers |= {f"X-MBX-ORDER-COUNT-{name}": str(count) for name, count in placed.items()}
        return headers

    @staticmethod
    def _faulty(fault: Fault, reply: Reply | None = None) -> Reply:
        """What becomes of a reply by a fault; without one the request was not processed."""
        if fault.kind == "answer" or reply is None:
            headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            data = {"code": fault.code, "msg": fault.message}
            return Reply(fault.status, data, headers, fault.seconds, cut=fault.kind == "disconnect")
        if fault.kind == "accept_and_time_out":
            refusal = timed_out()
            return Reply(refusal.status, refusal.body(), reply.headers, fault.seconds)
        reply.wait, reply.cut = fault.seconds, fault.kind == "accept_and_disconnect"
        return reply

    def _about_itself(self) -> list[Endpoint]:
        """Endpoints that need more than the exchange's own state: limits and keys."""
        return [
            Endpoint(
                "GET",
                "/api/v3/exchangeInfo",
                "exchangeInfo",
                ("symbol", "symbols", "permissions", "showPermissionSets", "symbolStatus"),
                20,
                public=self._info,
            ),
            Endpoint("GET", "/api/v3/account", "account.status", ("omitZeroBalances",), 20, private=self._account),
            Endpoint("GET", "/api/v3/rateLimit/order", "account.rateLimits.orders", (), 40, private=self._order_counts),
            Endpoint("GET", "/sapi/v1/account/apiRestrictions", None, (), 1, private=self._restrictions),
            Endpoint("GET", "/sapi/v1/bnbBurn", None, (), 1, private=self._bnb_fees),
            Endpoint("POST", "/sapi/v1/bnbBurn", None, ("spotBNBBurn", "interestBNBBurn"), 1, private=self._bnb_fees),
            Endpoint("GET", "/sapi/v1/capital/config/getall", None, (), 10, private=self._coins),
            *(
                Endpoint("GET", f"/sapi/v1/margin/{pairs}", None, (), 1, private=lambda *_: [])
                for pairs in ("allPairs", "isolated/allPairs")
            ),
            Endpoint(
                "GET",
                "/sapi/v1/system/status",
                None,
                (),
                1,
                public=lambda _exchange, _asked: {"status": 0, "msg": "normal"},
            ),
        ]

    def _info(self, exchange: Exchange, params: Parameters) -> Json:
        wrong = RefusalError(-1122, "Invalid symbolStatus.")
        status = params.choice("symbolStatus", ("TRADING", "HALT", "BREAK"), wrong)
        names = params.symbols(exchange.books) or list(exchange.books)
        wanted = params.text("permissions")
        listed = [exchange.books[name].pair.described(exchange.status(name)) for name in names]
        if wanted and "SPOT" not in (json.loads(wanted) if wanted.startswith("[") else [wanted]):
            listed = []
        return {
            "timezone": "UTC",
            "serverTime": exchange.clock.server_time(),
            "rateLimits": self.limits.described(),
            "exchangeFilters": [dict(rule) for rule in exchange.filters],
            "symbols": [data for data in listed if status in (None, data["status"])],
        }

    @staticmethod
    def _account(exchange: Exchange, account: Account, params: Parameters) -> Json:
        exchange.advance()
        return account_view(account, omit_zero=params.flag("omitZeroBalances"), assets=trading.assets(exchange))

    def _order_counts(self, exchange: Exchange, account: Account, _: Parameters) -> list[Json]:
        counted = self.limits.counted("", account.name, exchange.clock.steady())
        return [data for data in counted if data["rateLimitType"] == "ORDERS"]

    @staticmethod
    def _restrictions(_: Exchange, account: Account, __: Parameters) -> Json:
        """What the key may do; a key that may withdraw is one that a careful client refuses."""
        return {
            "ipRestrict": False,
            "createTime": 1_600_000_000_000,
            "enableReading": True,
            "enableSpotAndMarginTrading": account.may_trade,
            "enableWithdrawals": account.may_withdraw,
            "enableInternalTransfer": False,
            "enableMargin": False,
            "enableFutures": False,
            "permitsUniversalTransfer": False,
            "enableVanillaOptions": False,
            "enableFixApiTrade": False,
            "enableFixReadOnly": False,
            "enablePortfolioMarginTrading": False,
        }

    @staticmethod
    def _coins(exchange: Exchange, account: Account, _: Parameters) -> list[Json]:
        """The coins, none of which can be paid in or out."""
        return [
            {
                "coin": asset,
                "name": asset,
                "trading": True,
                "isLegalMoney": False,
                "depositAllEnable": False,
                "withdrawAllEnable": False,
                "free": amount(account.balances[asset].free),
                "locked": amount(account.balances[asset].locked),
                "freeze": amount(ZERO),
                "withdrawing": amount(ZERO),
                "ipoing": amount(ZERO),
                "ipoable": amount(ZERO),
                "storage": amount(ZERO),
                "networkList": [],
            }
            for asset in trading.assets(exchange)
        ]

    @staticmethod
    def _bnb_fees(_: Exchange, account: Account, params: Parameters) -> Json:
        if "spotBNBBurn" in params:
            account.pays_in_bnb = params.flag("spotBNBBurn")
        return {"spotBNBBurn": account.pays_in_bnb, "interestBNBBurn": False}


__all__ = ["Api", "Call", "Reply", "Request"]
