"""The exchange on the network, on this machine only: HTTP and websockets over `Api`, `Session` and `Listener`."""

import asyncio
import errno
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import WSMessage, WSMsgType, web

from algo_trading.errors import AlgoTradingError, ConfigError
from algo_trading.exchange.admin import Admin
from algo_trading.exchange.api import Api, Request
from algo_trading.exchange.reports import Json
from algo_trading.exchange.streams import MOST_STREAMS, BadStreamError, Listener
from algo_trading.exchange.ws_api import Session

ADDRESS = "127.0.0.1"
PUMP = 0.05  # seconds between two looks at the market
PING, PONG = 20.0, 60.0  # seconds between pings, and until one must have been answered
LIFE = 24 * 3600 * 1000  # ms that a connection may last
MESSAGES = 5  # a second that a stream connection may send
CONNECTIONS, CONNECTIONS_TIME = 300, 300.0  # new ones, in so many seconds
BACKLOG = 20_000  # frames that may wait for a slow client
POLICY, GOING_AWAY = 1008, 1001


class Connection:
    """A websocket with what waits to be sent, and what it may still do."""

    def __init__(self, socket: web.WebSocketResponse, opened_at: int) -> None:
        self.socket, self.opened_at = socket, opened_at
        self.frames: asyncio.Queue[str] = asyncio.Queue(BACKLOG)
        self.received: deque[float] = deque(maxlen=MESSAGES + 1)
        self.pinged = self.answered = time.monotonic()

    def send(self, frame: Json) -> None:
        """Put a frame behind those that wait; a client that is too slow is dropped."""
        try:
            self.frames.put_nowait(json.dumps(frame, separators=(",", ":")))
        except asyncio.QueueFull:
            self.close(POLICY, "too slow")

    def close(self, code: int, reason: str) -> None:
        task = asyncio.ensure_future(self.socket.close(code=code, message=reason.encode()))
        task.add_done_callback(lambda done: done.exception())

    async def keep_sending(self) -> None:
        """Send what waits, until the connection ends."""
        with suppress(ConnectionError):
            while not self.socket.closed:
                await self.socket.send_str(await self.frames.get())

    async def check(self, steady: int) -> None:
        """Ping now and then; end a connection that does not answer or is too old."""
        now = time.monotonic()
        if steady - self.opened_at >= LIFE:
            self.close(GOING_AWAY, "24 hours")
        elif self.pinged > self.answered and now - self.pinged >= PONG:
            self.close(POLICY, "no pong")
        elif self.pinged <= self.answered and now - self.pinged >= PING:
            self.pinged = now
            with suppress(ConnectionError):
                await self.socket.ping(str(steady).encode())

    def too_many(self) -> bool:
        """Count a message; whether there were too many in a second."""
        now = time.monotonic()
        self.received.append(now)
        return len(self.received) > MESSAGES and now - self.received[0] < 1


class Server:
    """The network side of an exchange."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._admin = Admin(api)
        self._listeners: dict[Connection, Listener] = {}
        self._sessions: dict[Connection, Session] = {}
        self._connected: deque[float] = deque(maxlen=CONNECTIONS + 1)
        api.exchange.listeners.append(self._emit)
        self.application = web.Application(client_max_size=1 << 20)
        self.application.add_routes(
            [
                web.get("/", self._about),
                web.get("/ws", self._stream),
                web.get("/ws/{names:.+}", self._stream),
                web.get("/stream", self._stream),
                web.get("/ws-api/v3", self._ws_api),
                web.route("*", "/admin/{what:.*}", self._administer),
                web.route("*", "/{path:.*}", self._rest),
            ]
        )

    async def pump(self) -> None:
        """Let time pass: advance the market, send what is new, apply faults to connections."""
        while True:
            self._api.exchange.advance()
            self._api.faults.act()
            self._news()
            steady = self._api.exchange.clock.steady()
            for connection in [*self._listeners, *self._sessions]:
                await connection.check(steady)
            for fault in self._api.faults.to_drop:
                self._drop(fault.kind, fault.seconds)
            self._api.faults.to_drop.clear()
            await asyncio.sleep(PUMP)

    async def close(self) -> None:
        """Close all websockets."""
        for connection in [*self._listeners, *self._sessions]:
            await connection.socket.close(code=GOING_AWAY)

    def _news(self) -> None:
        for connection, listener in self._listeners.items():
            for frame in listener.poll():
                connection.send(frame)
        for connection, session in self._sessions.items():
            for frame in session.late():
                connection.send(frame)

    def _emit(self, account: str, event: Json) -> None:
        for connection, session in self._sessions.items():
            for frame in session.events(account, event):
                connection.send(frame)

    def _drop(self, kind: str, seconds: float) -> None:
        """Close all websockets at once, or after an announcement."""
        everyone: dict[Connection, Listener | Session] = {**self._listeners, **self._sessions}
        if kind == "server_shutdown":
            for connection, who in everyone.items():
                connection.send(who.shutdown())
        for connection in everyone:
            asyncio.get_running_loop().call_later(seconds, connection.close, GOING_AWAY, "shutdown")

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        _, _, query = request.raw_path.partition("?")
        address = request.remote or ADDRESS
        key = request.headers.get("X-MBX-APIKEY")
        reply = self._api.handle(Request(request.method, request.path, query, await request.text(), key, address))
        if reply.wait:
            await asyncio.sleep(reply.wait)
        if reply.cut:
            if request.transport:
                request.transport.abort()
            return web.Response()
        return web.json_response(reply.body, status=reply.status, headers=reply.headers)

    async def _administer(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        status, data = self._admin.handle(request.method, request.match_info["what"], body, request.headers)
        return web.json_response(data, status=status)

    async def _about(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self._admin.state())

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        combined = request.path == "/stream"
        text = request.query.get("streams", "") if combined else request.match_info.get("names", "")
        names = [name for name in text.split("/") if name]
        if len(names) > MOST_STREAMS:
            return web.json_response({"code": 2, "msg": f"more than {MOST_STREAMS} streams"}, status=400)
        try:
            listener = Listener(self._api.exchange, names, combined=combined)
        except BadStreamError as error:
            return web.json_response({"code": 2, "msg": f"unknown stream {error}"}, status=400)

        def answer(connection: Connection, data: str) -> Awaitable[None]:
            connection.send(listener.handle(data))
            return asyncio.sleep(0)

        return await self._serve(request, listener, self._listeners, answer)

    async def _ws_api(self, request: web.Request) -> web.StreamResponse:
        with_limits = request.query.get("returnRateLimits", "true") != "false"
        session = Session(self._api, request.remote or ADDRESS, with_limits=with_limits)

        async def answer(connection: Connection, data: str) -> None:
            found = session.handle(data)
            await asyncio.sleep(found.wait)
            if found.cut:
                if request.transport:
                    request.transport.abort()
            else:
                connection.send(found.frame)

        return await self._serve(request, session, self._sessions, answer)

    async def _serve(
        self,
        request: web.Request,
        who: Any,  # noqa: ANN401 - a listener or a session, as `known` has it
        known: dict[Connection, Any],
        answer: Callable[[Connection, str], Awaitable[None]],
    ) -> web.StreamResponse:
        """Hold a websocket open and answer its messages one after the other."""
        now = time.monotonic()
        self._connected.append(now)
        if len(self._connected) > CONNECTIONS and now - self._connected[0] < CONNECTIONS_TIME:
            return web.json_response({"code": -1003, "msg": "Too many connections."}, status=429)
        socket = web.WebSocketResponse(autoping=False, max_msg_size=1 << 20)
        await socket.prepare(request)
        connection = Connection(socket, self._api.exchange.clock.steady())
        known[connection] = who
        sending = asyncio.create_task(connection.keep_sending())
        try:
            async for message in socket:
                if isinstance(who, Listener) and connection.too_many():
                    await socket.close(code=POLICY, message=b"too many messages")
                    break
                await self._receive(connection, message, answer)
        finally:
            del known[connection]
            sending.cancel()
        return socket

    @staticmethod
    async def _receive(
        connection: Connection, message: WSMessage, answer: Callable[[Connection, str], Awaitable[None]]
    ) -> None:
        if message.type == WSMsgType.PING:
            await connection.socket.pong(message.data)
        elif message.type == WSMsgType.PONG:
            connection.answered = time.monotonic()
        elif message.type == WSMsgType.TEXT:
            await answer(connection, message.data)


async def serve(api: Api, port: int, ready: Callable[[str], None], stop: asyncio.Event) -> None:
    """Serve until `stop` is set; `ready` gets the address as soon as requests are answered. Port 0 takes a free one."""
    server = Server(api)
    runner = web.AppRunner(server.application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, ADDRESS, port)
        try:
            await site.start()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ConfigError(f"port {port} is taken by another program; choose another with --port") from error
            raise AlgoTradingError(f"port {port} cannot be opened: {error.strerror}") from error
        pump = asyncio.create_task(server.pump())
        stopped = asyncio.create_task(stop.wait())
        ready(f"http://{ADDRESS}:{runner.addresses[0][1]}")
        await asyncio.wait({pump, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if pump.done():
            pump.result()
        pump.cancel()
        await server.close()
    finally:
        await runner.cleanup()


__all__ = ["Server", "serve"]
