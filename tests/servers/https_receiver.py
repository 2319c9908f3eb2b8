"""A server with TLS on this machine that takes POSTs, and answers as a test wants."""

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """A request that was answered with success."""

    path: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def document(self) -> Any:
        """Its JSON."""
        return json.loads(self.content)


@dataclass
class Receiver:
    """What came, and the answers (status, content, headers) that are given first, before every other is `usual`."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, str, Mapping[str, str]]] = field(default_factory=list)
    usual: tuple[int, str, Mapping[str, str]] = (200, "ok", {})
    asked: int = 0


@contextmanager
def https_receiver(tls: ssl.SSLContext | None) -> Iterator[Receiver]:
    """Serve until the end, without encryption where there is no context."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            receiver.asked += 1
            status, answer, headers = receiver.answers.pop(0) if receiver.answers else receiver.usual
            if status < 300:
                headers_in = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(self.path, headers_in, content))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.encode())))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_arguments: Any) -> None:
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        receiver.url = f"{scheme}://localhost:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
