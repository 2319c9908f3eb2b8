"""The user data stream: a subscription at the websocket API that is kept alive."""

import asyncio
import json
import random
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from algo_trading.adapters.binance.client import CodedError
from algo_trading.adapters.binance.config import BinanceBrokerConfig
from algo_trading.adapters.binance.order_updates import update_of
from algo_trading.adapters.http_client import TIMEOUT
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.broker_updates import Hear

if TYPE_CHECKING:
    from aiohttp import ClientSession, ClientWebSocketResponse

SUBSCRIBE = "userDataStream.subscribe.signature"
HEARTBEAT = 20.0  # seconds between pings of ours; a connection that does not answer one is given up
RENEW = 23 * 3600.0  # seconds after which a connection is replaced; the exchange ends it after 24 hours
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds before another try, which double and are jittered
SETTLED = 60.0  # seconds after which a connection counts as a good one
ENDING = {"serverShutdown", "eventStreamTerminated"}
HOSTS = {  # of the websocket API, where its host is not that of REST
    "testnet.binance.vision": "ws-api.testnet.binance.vision",
    "demo-api.binance.com": "demo-ws-api.binance.com",
}


class Sign(Protocol):
    """Signed parameters, made after the exchange's clock was read again where that is asked for."""

    def __call__(self, *, resync: bool) -> Mapping[str, object]: ...


def address_of(config: BinanceBrokerConfig) -> str:
    """The websocket API that belongs to the configured address."""
    if not config.base_url:
        return f"wss://ws-api.binance.{config.tld}:443/ws-api/v3"
    parts = urlsplit(config.base_url)
    host = HOSTS.get(parts.netloc, parts.netloc)
    return urlunsplit(("ws" if parts.scheme == "http" else "wss", host, "/ws-api/v3", "", ""))


class UserStream:
    """Implements Listening.

    A connection that ends is opened again, for ever; one that is old, or is going to be ended, is replaced while it
    still works. `hear` gets None after each connect, before the events that come over it.
    """

    def __init__(self, address: str, sign: Sign, hear: Hear, *, renew: float = RENEW) -> None:
        self._address, self._sign, self._hear, self._renew_after = address, sign, hear, renew
        self.trouble = "the user data stream is being opened"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="user-stream", daemon=True)
        self._keeping: asyncio.Task[None] | None = None
        self._started = threading.Event()
        self._thread.start()

    def close(self) -> None:
        self._started.wait(TIMEOUT)
        if self._keeping is not None and self._thread.is_alive():
            with suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._keeping.cancel)
        self._thread.join(TIMEOUT)

    def _run(self) -> None:
        self._keeping = self._loop.create_task(self._keep())
        self._started.set()
        try:
            with suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._keeping)
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _keep(self) -> None:
        """Have a connection, and replace it when it ends or before it does."""
        from aiohttp import ClientSession

        current: _Connection | None = None
        pause = FIRST_PAUSE
        async with ClientSession(trust_env=True) as session:
            try:
                while True:
                    before, current = current, await self._connected(session)
                    self._hear(None)
                    if before is not None:
                        await before.close()
                    opened = self._loop.time()
                    current.read(self._hear)
                    if await current.lasted(self._renew_after):
                        self.trouble = "the exchange has cut the connection of the user data stream"
                        await current.close()
                        current = None
                        pause = FIRST_PAUSE if self._loop.time() - opened > SETTLED else min(2 * pause, LONGEST_PAUSE)
                        await asyncio.sleep(_jittered(pause))
            finally:
                if current is not None:
                    await current.close()

    async def _connected(self, session: "ClientSession") -> "_Connection":
        """A connection that has subscribed, however often that has to be tried."""
        import aiohttp

        pause, again = FIRST_PAUSE, False
        while True:
            try:
                socket = await session.ws_connect(self._address, heartbeat=HEARTBEAT, timeout=_quick_close())
                try:
                    await self._subscribe(socket, resync=again)
                except BaseException:
                    await socket.close()
                    raise
            except (AlgoTradingError, aiohttp.ClientError, OSError, TimeoutError, ValueError, TypeError) as error:
                said = str(error) if isinstance(error, AlgoTradingError) else f"no connection ({type(error).__name__})"
                self.trouble = f"the user data stream cannot be opened: {said}"
                again = isinstance(error, CodedError)
                await asyncio.sleep(_jittered(pause))
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self.trouble = ""
                return _Connection(socket)

    async def _subscribe(self, socket: "ClientWebSocketResponse", *, resync: bool) -> None:
        parameters = await asyncio.to_thread(self._sign, resync=resync)
        await socket.send_json({"id": 1, "method": SUBSCRIBE, "params": parameters})
        answer = await socket.receive_json(timeout=TIMEOUT)
        if answer.get("status") != 200:
            error = answer.get("error", {})
            code, message = int(error.get("code", 0)), str(error.get("msg", "no reason given"))
            raise CodedError(f"the exchange refuses it ({code}: {message})", code, message)


class _Connection:
    """A socket that has subscribed, and who reads it."""

    def __init__(self, socket: "ClientWebSocketResponse") -> None:
        self._socket = socket
        self._ending = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    def read(self, hear: Hear) -> None:
        self._reading = asyncio.create_task(self._read(hear))

    async def lasted(self, seconds: float) -> bool:
        """Wait until it ends, is to be replaced, or is that old; whether it has ended."""
        assert self._reading is not None
        announced = asyncio.create_task(self._ending.wait())
        try:
            await asyncio.wait({self._reading, announced}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            announced.cancel()
        return self._reading.done()

    async def close(self) -> None:
        await self._socket.close()
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    async def _read(self, hear: Hear) -> None:
        from aiohttp import WSMsgType

        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                event = _event_in(message.data)
                update = update_of(event)
            except (LookupError, ValueError, TypeError, ArithmeticError):  # not as documented: it has to be asked for
                hear(None)
                continue
            if event.get("e") in ENDING:
                self._ending.set()
            elif update is not None:
                hear(update)


def _event_in(text: str) -> Mapping[str, Any]:
    """The event of a frame, empty where it is an answer."""
    event: Mapping[str, Any] = json.loads(text).get("event") or {}
    return event


def _jittered(pause: float) -> float:
    return pause * random.uniform(0.5, 1.0)  # noqa: S311 - not a secret


def _quick_close() -> Any:  # noqa: ANN401 - imported late
    from aiohttp import ClientWSTimeout

    return ClientWSTimeout(ws_close=1.0)
