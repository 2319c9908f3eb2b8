"""A local Yahoo for tests: what the real yfinance client talks to.

In a test: `YahooServer(market)` serves plain HTTP on a free port of the loopback; yahoo_session.LocalChartSession leads
the client there. As a program it is a Yahoo to try the whole product against, without a change to the product:

    python tests/servers/yahoo.py --port 0 --write-env yahoo.env

serves generated bars of any symbol up to now behind an HTTPS proxy with a certificate authority of its own. Start the
product with the variables of the file in its environment, after its own installation: no other host is served.
"""

import argparse
import json
import signal
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

CHART_PATH = "/v8/finance/chart/"
SUMMARY_PATH = "/v10/finance/quoteSummary/"
NOT_FOUND = (
    b'{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}'
)


@dataclass(frozen=True)
class Reply:
    """An answer; of the body only the first `cut` bytes are sent before the connection is closed (None: all)."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None


@dataclass(frozen=True)
class ChartRequest:
    """A request for a chart, or a summary, that the server saw."""

    symbol: str
    query: Mapping[str, str]


Market = Callable[[ChartRequest], Reply]


def unknown(_request: ChartRequest) -> Reply:
    """The market without symbols."""
    return Reply(404, NOT_FOUND)


def summed_up(request: ChartRequest) -> Reply:
    """A summary of any symbol, always the same for the same one."""
    number = zlib.crc32(request.symbol.encode())
    detail = {"maxAge": 1, "trailingPE": 5 + number % 4000 / 100, "marketCap": number * 1000}
    summary = {"quoteSummary": {"result": [{"summaryDetail": detail}], "error": None}}
    return Reply(200, json.dumps(summary).encode())


class Scripted:
    """A market that answers for each symbol with its replies one after the other; the last one stays."""

    def __init__(self, replies: Mapping[str, Sequence[Reply]]) -> None:
        self._left = {symbol: list(several) for symbol, several in replies.items()}

    def __call__(self, request: ChartRequest) -> Reply:
        left = self._left.get(request.symbol)
        if not left:
            return unknown(request)
        return left.pop(0) if len(left) > 1 else left[0]


class YahooHandler(BaseHTTPRequestHandler):
    """Cookies, crumb and charts."""

    protocol_version = "HTTP/1.1"
    server: "YahooServer"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith(CHART_PATH):
            symbol = unquote(parts.path.removeprefix(CHART_PATH))
            request = ChartRequest(symbol, dict(parse_qsl(parts.query)))
            self.server.paths.append(parts.path)
            self.server.requests.append(request)
            self._send(self.server.market(request))
        elif parts.path.startswith(SUMMARY_PATH):
            symbol = unquote(parts.path.removeprefix(SUMMARY_PATH))
            request = ChartRequest(symbol, dict(parse_qsl(parts.query)))
            self.server.summary_requests.append(request)
            self._send(self.server.summaries(request))
        elif parts.path == "/v1/test/getcrumb":
            self._send(Reply(200, b"crumb", {"Content-Type": "text/plain"}))
        else:  # fc.yahoo.com, which is asked for its cookie only, and the consent page, which has no form
            self._send(
                Reply(404, b"", {"Set-Cookie": "A3=cookie; Max-Age=31557600; Domain=.yahoo.com; Path=/; Secure"})
            )

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json;charset=utf-8", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[: reply.cut])
        self.close_connection = self.close_connection or reply.cut is not None

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class has it
        """Keep quiet."""


class YahooServer(ThreadingHTTPServer):
    """Serves `market` and `summaries` and keeps what was asked: decoded in `requests`, the raw paths in `paths`.

    What summaries were asked for is in `summary_requests`.
    """

    daemon_threads = True

    def __init__(
        self,
        market: Market,
        handler: type[YahooHandler] = YahooHandler,
        port: int = 0,
        summaries: Market = summed_up,
    ) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self.market = market
        self.summaries = summaries
        self.requests: list[ChartRequest] = []
        self.summary_requests: list[ChartRequest] = []
        self.paths: list[str] = []

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self.server_address[1])

    @contextmanager
    def running(self) -> Iterator["YahooServer"]:
        """Serve in a thread."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


def main() -> None:
    """Serve generated bars until interrupted."""
    parser = argparse.ArgumentParser(description="A local Yahoo behind an HTTPS proxy.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (0: a free one)")
    parser.add_argument("--write-env", type=Path, help="file for the variables that lead a program here")
    parser.add_argument("--unknown", action="append", default=[], metavar="SYMBOL", help="a symbol not to know")
    options = parser.parse_args()

    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from servers.tls_proxy import proxying
    from servers.yahoo_market import GeneratedMarket

    market = GeneratedMarket(unknown=frozenset(options.unknown))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory() as folder, proxying(market, Path(folder), options.port) as environment:
        lines = "".join(f"export {name}={value}\n" for name, value in environment.items())
        if options.write_env:
            options.write_env.write_text(lines, encoding="utf-8")
        sys.stdout.write(lines)
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
