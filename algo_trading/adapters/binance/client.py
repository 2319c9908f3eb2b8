"""Requests to Binance over REST: python-binance's client with limits on time, size and weight, and with retries."""

import asyncio
import json
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock, local
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from algo_trading.adapters.binance.config import ConnectionConfig
from algo_trading.adapters.binance.limiter import WeightLimiter
from algo_trading.adapters.http_client import TIMEOUT
from algo_trading.adapters.retries import RefusedError, Reply, Retries
from algo_trading.domain.time import Interval
from algo_trading.errors import SourceError, UnknownSymbolError

if TYPE_CHECKING:
    from binance.client import Client
    from requests.adapters import HTTPAdapter

PAGE = 1000  # candles, the most that the exchange gives at once
KLINES_WEIGHT, INFO_WEIGHT, TIME_WEIGHT = 2, 20, 1
INVALID_SYMBOL = {-1121, -1100}  # -1100: the symbol has characters that no pair has
FIRST_PAUSE = 1.0  # seconds before a second try


class CodedError(SourceError):
    """A refusal with the exchange's own code and words."""

    def __init__(self, sentence: str, code: int, message: str) -> None:
        super().__init__(sentence)
        self.code, self.message = code, message


def bans_file(config: ConnectionConfig, home: Path) -> Path:
    """Where a ban of the exchange's address is kept, for the source and the broker of every process."""
    return home / "bans" / quote(config.base_url or f"binance.{config.tld}", safe="")


class BinanceRest:
    """What is asked of an exchange; one client for each thread, one limit of weight for all.

    `bans` is the file in which a ban is kept, `who` what the exchange is called in messages.

    Every method raises

        RateLimitedError: the exchange asks to slow down, for longer than we wait or again and again.
        UnknownSymbolError: it does not list the pair.
        SourceError: it cannot be reached, is out of order, or refuses.
    """

    def __init__(
        self,
        config: ConnectionConfig,
        *,
        who: str = "",
        bans: Path | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        transport: "Callable[[], HTTPAdapter] | None" = None,
    ) -> None:
        self.name = who or ("Binance US" if config.tld == "us" else "Binance")
        self._config = config
        self._sleep, self._clock, self._transport = sleep, clock, transport
        self._limiter = WeightLimiter(self.name, config.weight_share, bans=bans, clock=clock, sleep=sleep)
        self._retries = Retries(
            self.name, attempts=config.attempts, pause_seconds=0, first_pause=FIRST_PAUSE, sleep=sleep
        )
        self._clients = local()
        self._learning = Lock()

    def server_time(self) -> Reply:
        """The exchange's clock."""
        return self._ask(TIME_WEIGHT, lambda client: client.get_server_time())

    def klines(self, symbol: str, interval: Interval, first: int, last: int) -> Reply:
        """The oldest candles that opened in first..last (ms since 1970), PAGE of them at most."""
        self._learn_limits(symbol)
        return self._ask(
            KLINES_WEIGHT,
            lambda client: client.get_klines(
                symbol=symbol, interval=str(interval), startTime=first, endTime=last, limit=PAGE
            ),
            symbol,
        )

    def exchange_info(self, symbol: str | None = None) -> Reply:
        """Limits, and the rules of a pair or of all."""
        # Permission sets are half of the reply, and nobody reads them.
        parameters = {"showPermissionSets": "false"} | ({} if symbol is None else {"symbol": symbol})
        # python-binance's get_exchange_info takes no parameters.
        reply = self._ask(INFO_WEIGHT, lambda client: client._get("exchangeInfo", data=parameters), symbol)  # noqa: SLF001
        self._limiter.learn(read_json(reply.content, self.name)["rateLimits"])
        return reply

    def status(self, symbol: str) -> str:
        """Whether a pair trades: TRADING, HALT or BREAK."""
        info = read_json(self.exchange_info(symbol).content, self.name)
        return str(info["symbols"][0]["status"])

    def _learn_limits(self, symbol: str) -> None:
        if self._limiter.limit is None:
            with self._learning:
                if self._limiter.limit is None:
                    self.exchange_info(symbol)

    def _ask(self, weight: int, call: "Callable[[Client], object]", symbol: str | None = None) -> Reply:
        def send() -> Reply:
            self._limiter.acquire(weight)
            reply = self._send(call)
            self._limiter.note(reply.status, reply.headers)
            return reply

        try:
            return self._retries.ask(send)
        except RefusedError as error:
            raise self._explained(error, symbol) from None

    def _send(self, call: "Callable[[Client], object]") -> Reply:
        client = self._client
        import requests
        from binance.exceptions import BinanceAPIException, BinanceRequestException

        try:
            call(client)
            response = client.response
        except BinanceAPIException as error:
            response = error.response
        except BinanceRequestException:
            raise self._retries.connection_failed("did not send JSON, or only a part of it") from None
        except requests.Timeout:
            raise self._retries.connection_failed(f"did not answer within {TIMEOUT:.0f} s") from None
        except requests.ConnectionError as error:
            reason = str(error) if "reply" in str(error)[:10] else "no connection, or it was cut"
            raise self._retries.connection_failed(f"could not be asked ({reason})") from None
        except requests.RequestException as error:
            raise SourceError(f"{self.name} cannot be asked ({type(error).__name__}): check its address") from None
        return Reply(response.status_code, response.content, response.headers)

    def _explained(self, error: RefusedError, symbol: str | None) -> SourceError:
        try:
            said = json.loads(error.reply.content)
        except ValueError:
            return error
        code, message = (said.get("code"), said.get("msg")) if isinstance(said, Mapping) else (None, None)
        if symbol is not None and code in INVALID_SYMBOL:
            return UnknownSymbolError(f"{self.name} does not list {symbol}")
        return CodedError(f"{error} with {code}: {message}", code, str(message)) if isinstance(code, int) else error

    @property
    def _client(self) -> "Client":
        if not hasattr(self._clients, "client"):
            self._clients.client = self._new_client()
        client: Client = self._clients.client
        return client

    def _new_client(self) -> "Client":
        return new_client(self._config, transport=self._transport)


def new_client(
    config: ConnectionConfig,
    *,
    credentials: Mapping[str, str] | None = None,
    transport: "Callable[[], HTTPAdapter] | None" = None,
) -> "Client":
    """python-binance's client for the configured address, without the ping that it would begin with.

    `credentials` are its `api_key` with `api_secret` or `private_key`; `transport` makes what sends its requests.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # version 1.0.37 imports names that websockets will drop
        from binance.client import Client

    from algo_trading.adapters.binance.bounded import BoundedAdapter

    loop = asyncio.new_event_loop()  # for its websockets, which we do not use; without one it makes and leaks one
    asyncio.set_event_loop(loop)
    try:
        options: Any = {"requests_params": {"timeout": TIMEOUT}, **(credentials or {})}
        client = Client(tld=config.tld, ping=False, **options)
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    if config.base_url:
        client.API_URL = f"{config.base_url.rstrip('/')}/api"
        client.MARGIN_API_URL = f"{config.base_url.rstrip('/')}/sapi"
    session = client.session
    for scheme in ("https://", "http://"):
        session.mount(scheme, transport() if transport else BoundedAdapter(pool_maxsize=1))
    # Proxies and certificates of the environment are read once: doing so takes as long as the rest of a request.
    found = session.merge_environment_settings(client.API_URL, {}, None, None, None)
    session.proxies, session.verify, session.trust_env = found["proxies"], found["verify"], False
    return client


def read_json(content: bytes, who: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """A reply as JSON.

    Raises:
        SourceError: it is not.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise SourceError(f"{who} did not send JSON, or only a part of it: try again later") from None
