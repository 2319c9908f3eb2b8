"""Signed requests to Binance: questions about an account, which are repeated, and orders, which are sent once."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from algo_trading.adapters.binance.client import TIME_WEIGHT, BinanceRest, CodedError, new_client, read_json
from algo_trading.adapters.binance.config import BinanceBrokerConfig
from algo_trading.adapters.http_client import TIMEOUT
from algo_trading.adapters.retries import SLOW_DOWN
from algo_trading.errors import ConfigError, ServiceUnavailableError, SourceError
from algo_trading.gateways.brokers import DoubtfulError

if TYPE_CHECKING:
    from binance.client import Client
    from requests.adapters import HTTPAdapter

RESYNC = 1800.0  # seconds after which the exchange's clock is asked for again
ORDER_WEIGHT, TRADES_WEIGHT, ACCOUNT_WEIGHT, OPEN_WEIGHT, PRICE_WEIGHT, PLACE_WEIGHT = 4, 5, 20, 6, 2, 1
MOST_TRADES = 1000  # in one reply
CLOCK, NO_ORDER, UNKNOWN_ORDER, FILTER = -1021, -2013, -2011, -1013
UNKNOWN_OUTCOME = {-1006, -1007}
KEY_REFUSED = {-1002, -1022, -2014, -2015}

Json = Mapping[str, Any]


class SignedRest(BinanceRest):
    """What is asked and ordered with an account's key.

    Timestamps are the exchange's: the offset of its clock is measured first, every half hour, and when the exchange
    refuses a timestamp. Every method raises

        ConfigError: the exchange does not accept the key.
        ServiceUnavailableError: it was not reached, is out of order, or asks to slow down for longer than we wait.
        CodedError: it refuses for another reason.
    """

    def __init__(
        self,
        config: BinanceBrokerConfig,
        *,
        bans: Path | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        transport: "Callable[[], HTTPAdapter] | None" = None,
    ) -> None:
        super().__init__(config, bans=bans, sleep=sleep, clock=clock, transport=transport)
        self._credentials = credentials_of(config)
        self._window = config.receive_window
        self._attempts = config.attempts
        self._offset = 0  # ms that the exchange's clock is ahead of `clock`
        self._synced: float | None = None

    def account(self) -> Json:
        """Balances and what the account may do."""
        found: Json = self._question(ACCOUNT_WEIGHT, lambda client: client.get_account(omitZeroBalances="true"))
        return found

    def restrictions(self) -> Json:
        """What the key may do."""
        found: Json = self._question(1, lambda client: client.get_account_api_permissions())
        return found

    def order(self, symbol: str, client_order_id: str) -> Json | None:
        """An order by our id; None where the exchange has none."""
        try:
            found: Json = self._question(
                ORDER_WEIGHT, lambda client: client.get_order(symbol=symbol, origClientOrderId=client_order_id)
            )
        except CodedError as error:
            if error.code == NO_ORDER:
                return None
            raise
        return found

    def open_orders(self, symbol: str) -> list[Json]:
        """What is open in a pair."""
        found: list[Json] = self._question(OPEN_WEIGHT, lambda client: client.get_open_orders(symbol=symbol))
        return found

    def trades(self, symbol: str, order_id: int) -> list[Json]:
        """Every trade of an order, oldest first."""
        found: list[Json] = []
        while True:
            asked = {"symbol": symbol, "orderId": order_id, "fromId": found[-1]["id"] + 1 if found else 0}
            page = self._trades(asked)
            found += page
            if len(page) < MOST_TRADES:
                return found

    def _trades(self, asked: Json) -> list[Json]:
        page: list[Json] = self._question(
            TRADES_WEIGHT, lambda client: client.get_my_trades(**asked, limit=MOST_TRADES)
        )
        return page

    def price(self, symbol: str, *, average: bool) -> str:
        """The average price of five minutes, or the last one."""
        asked: Json = self._question(
            PRICE_WEIGHT,
            lambda client: client.get_avg_price(symbol=symbol) if average else client.get_symbol_ticker(symbol=symbol),
        )
        return str(asked["price"])

    def place(self, parameters: Mapping[str, str], *, test: bool = False, oco: bool = False) -> Json:
        """Send an order or a list of two (OCO); an order may also be judged alone.

        Raises:
            DoubtfulError: nobody knows whether the exchange has taken it.
        """

        def send(client: "Client") -> object:
            if oco:
                return client.create_oco_order(**parameters)
            return (client.create_test_order if test else client.create_order)(**parameters)

        made: Json = self._command(send)
        return made

    def cancel(self, symbol: str, client_order_id: str) -> Json:
        """Cancel an order; DoubtfulError where nobody knows whether that was done."""
        made: Json = self._command(lambda client: client.cancel_order(symbol=symbol, origClientOrderId=client_order_id))
        return made

    def signed(self, *, resync: bool = False) -> dict[str, object]:
        """Parameters that prove who asks, for a request at the websocket API; the clock is read again where asked."""
        if resync:
            self._synchronize()
        self._keep_in_step()
        client = self._client
        client.timestamp_offset = self._ahead()
        window = {"recvWindow": int(self._window * 1000)}
        return dict(client._sign_ws_params(window, client._generate_ws_api_signature))  # noqa: SLF001 - as documented

    def _question(self, weight: int, call: "Callable[[Client], object]") -> Any:  # noqa: ANN401 - JSON
        try:
            self._keep_in_step()
            try:
                reply = self._ask(weight, self._stamped(call))
            except CodedError as error:
                if error.code != CLOCK:
                    raise
                self._synchronize()
                reply = self._ask(weight, self._stamped(call))
            return read_json(reply.content, self.name)
        except CodedError as error:
            raise self._refused(error) from None
        except SourceError as error:
            raise ServiceUnavailableError(str(error)) from None

    def _command(self, call: "Callable[[Client], object]") -> Any:  # noqa: ANN401 - JSON
        """Send once; again only what the exchange has certainly not processed."""
        try:
            self._keep_in_step()
            for attempt in range(1, self._attempts + 1):
                self._limiter.acquire(PLACE_WEIGHT)
                status, content = self._send_once(call)
                if status < 300:
                    return read_json(content, self.name)
                refusal = self._judged(status, content)
                again = refusal.code == CLOCK or status in SLOW_DOWN
                if not again:
                    raise self._refused(refusal)
                if attempt < self._attempts and refusal.code == CLOCK:
                    self._synchronize()
        except CodedError:
            raise
        except SourceError as error:
            raise ServiceUnavailableError(str(error)) from None
        raise ServiceUnavailableError(str(refusal))

    def _send_once(self, call: "Callable[[Client], object]") -> tuple[int, bytes]:
        client, send = self._client, self._stamped(call)
        import requests
        from binance.exceptions import BinanceAPIException, BinanceRequestException
        from urllib3.exceptions import NewConnectionError

        doubt = "and nobody knows whether it has the order"
        try:
            send(client)
            response = client.response
        except BinanceAPIException as error:
            response = error.response
        except BinanceRequestException:
            raise DoubtfulError(f"{self.name} did not send JSON, or only a part of it, {doubt}") from None
        except requests.ConnectTimeout:
            raise ServiceUnavailableError(f"{self.name} cannot be reached: check the network") from None
        except requests.Timeout:
            raise DoubtfulError(f"{self.name} did not answer within {TIMEOUT:.0f} s, {doubt}") from None
        except requests.RequestException as error:
            cause = error.args[0] if error.args else None
            if isinstance(getattr(cause, "reason", None), NewConnectionError):
                raise ServiceUnavailableError(f"{self.name} cannot be reached: check the network") from None
            raise DoubtfulError(f"the connection to {self.name} was cut, {doubt}") from None
        self._limiter.note(response.status_code, response.headers)
        return response.status_code, response.content

    def _judged(self, status: int, content: bytes) -> CodedError:
        """What a reply without success says; DoubtfulError where the order may have been taken all the same."""
        try:
            said = json.loads(content)
            code, message = int(said["code"]), str(said["msg"])
        except (ValueError, LookupError, TypeError):
            code, message = 0, "no reason given"
        error = CodedError(f"{self.name} refuses it (HTTP {status}, {code}): {message}", code, message)
        if status >= 500 or code in UNKNOWN_OUTCOME:
            raise DoubtfulError(f"{self.name} does not know what became of the order (HTTP {status}, {code})")
        if status == 403:
            raise ServiceUnavailableError(f"{self.name}'s firewall refuses this address (HTTP 403): try again later")
        return error

    def _refused(self, error: CodedError) -> Exception:
        if error.code not in KEY_REFUSED:
            return error
        return ConfigError(
            f"{self.name} does not accept the API key ({error.code}: {error.message}): check that key and secret "
            "belong together, that this address may use it, and that it may trade (docs/trading.md)"
        )

    def _stamped(self, call: "Callable[[Client], object]") -> "Callable[[Client], object]":
        def stamped(client: "Client") -> object:
            client.timestamp_offset = self._ahead()
            return call(client)

        return stamped

    def _ahead(self) -> int:
        """Milliseconds that the exchange is ahead of `time.time()`, by which python-binance stamps requests."""
        return self._offset + int((self._clock() - time.time()) * 1000)

    def _keep_in_step(self) -> None:
        if self._synced is None or self._clock() - self._synced > RESYNC:
            self._synchronize()

    def _synchronize(self) -> None:
        before = self._clock()
        reply = self._ask(TIME_WEIGHT, lambda client: client.get_server_time())
        after = self._clock()
        server = read_json(reply.content, self.name)["serverTime"]
        self._offset = int(server - (before + after) * 500)
        self._synced = self._clock()

    def _new_client(self) -> "Client":
        client = new_client(self._config, credentials=self._credentials, transport=self._transport)
        client.REQUEST_RECVWINDOW = int(self._window * 1000)
        return client


def credentials_of(config: BinanceBrokerConfig) -> dict[str, str]:
    """The configured key, as python-binance takes it.

    Raises:
        ConfigError: it is not complete; the error names the variables.
    """
    key, secret, private = (
        one.get_secret_value().strip() for one in (config.api_key, config.api_secret, config.private_key)
    )
    if not key:
        raise ConfigError("the broker binance needs an API key: set ALGO_BROKERS__BINANCE__API_KEY (docs/trading.md)")
    if bool(secret) == bool(private):
        raise ConfigError(
            "the broker binance needs the secret of its key or its private key, and not both: set "
            "ALGO_BROKERS__BINANCE__API_SECRET or, for an Ed25519 key, ALGO_BROKERS__BINANCE__PRIVATE_KEY"
        )
    if secret:
        return {"api_key": key, "api_secret": secret}
    return {"api_key": key, "private_key": _checked(private.replace("\\n", "\n"))}


def _checked(pem: str) -> str:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        found = isinstance(load_pem_private_key(pem.encode(), None), Ed25519PrivateKey)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = False
    if not found:
        raise ConfigError("ALGO_BROKERS__BINANCE__PRIVATE_KEY is not an Ed25519 private key in PEM without a password")
    return pem
