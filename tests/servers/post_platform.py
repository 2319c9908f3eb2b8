"""What the local platforms have in common: posts as a test tells them, faults on request, HTTP on the loopback."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Told:
    """A post or article that a platform has; `id` is a number, which the platform dresses in its way."""

    id: int
    published: datetime
    text: str
    title: str = "A title"
    author: str = "alice"


@dataclass(frozen=True)
class Request:
    """A request that the server saw; header names are in lower case."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """An answer; of the body only the first `cut` bytes are sent before the connection is closed (None: all).

    With `pause` the bytes come one by one, so many seconds after each other.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    pause: float = 0


class Platform:
    """Posts, and what goes wrong: `faults` are the next replies in place of content, `fault` is one that stays."""

    def __init__(self) -> None:
        self.posts: list[Told] = []
        self.faults: list[Reply] = []
        self.fault: Reply | None = None
        self.asked: list[Request] = []
        self.tokens_given = 0

    def answer(self, request: Request) -> Reply:
        """The reply to a request for content, unless a fault comes first."""
        self.asked.append(request)
        if self.faults:
            return self.faults.pop(0)
        if self.fault is not None:
            return self.fault
        return self.content(request)

    def content(self, request: Request) -> Reply:
        """What the platform has to say."""
        raise NotImplementedError

    def reply(self, request: Request) -> Reply:
        """The reply to any request; platforms with tokens give them here."""
        return self.answer(request)


class PlatformHandler(BaseHTTPRequestHandler):
    """HTTP around a platform."""

    protocol_version = "HTTP/1.1"
    server: "PlatformServer"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.platform.reply(
            Request(unquote(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True)), headers)
        )
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **reply.headers}.items():
            self.send_header(name, value)
        if reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")  # which client keeps what open for how long is not what we test
        self.end_headers()
        self.close_connection = True
        if not reply.pause:
            self.wfile.write(reply.body[: reply.cut])
            return
        for byte in reply.body[: reply.cut]:
            try:
                self.wfile.write(bytes([byte]))
            except OSError:  # nobody listens any more
                return
            time.sleep(reply.pause)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class has it
        """Keep quiet."""


class PlatformServer(ThreadingHTTPServer):
    """Serves a platform on a free port of 127.0.0.1."""

    daemon_threads = True

    def __init__(self, platform: Platform) -> None:
        super().__init__(("127.0.0.1", 0), PlatformHandler)
        self.platform = platform

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def serving(platform: Platform) -> Iterator[str]:
    """Serve in a thread and give the address."""
    server = PlatformServer(platform)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
