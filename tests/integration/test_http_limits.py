"""HTTP servers that never come to an end, and addresses that are not of the public internet."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from algo_trading.adapters import http_client
from algo_trading.adapters.http_client import HttpClient, is_private
from algo_trading.adapters.retries import Retries
from algo_trading.errors import SourceError
from support.local_feeds import at_home

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    at_home(monkeypatch, tmp_path)


@contextmanager
def talking(*parts: bytes, again: bytes = b"", pause: float = 0.02) -> Iterator[tuple[str, list[bytes]]]:
    """A server that sends `parts`, and then `again` until the client hangs up; what it was sent."""
    asked: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                asked.append(connection.recv(10_000))
                for part in parts:
                    connection.sendall(part)
                while again:
                    connection.sendall(again)
                    time.sleep(pause)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/feed", asked
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)


def client(*, redirects: bool = False, private: bool = True) -> HttpClient:
    retries = Retries("the feed", attempts=2, pause_seconds=0, sleep=lambda _seconds: None)
    return HttpClient(retries, redirects=redirects, private=private)


@pytest.mark.parametrize(
    ("parts", "again"),
    [
        ((b"HTTP/1.1 200 OK\r\n",), b"X-A: b\r\n"),
        ((), b"H"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",), b"x"),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",), b"1\r\nx\r\n"),
        ((), b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    ],
    ids=["headers", "status line", "body", "chunks", "hints"],
)
def test_a_server_that_drips_is_given_up(
    parts: tuple[bytes, ...], again: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "LONGEST_REPLY", 0.3)
    began = time.monotonic()
    with (
        talking(*parts, again=again) as (url, asked),
        pytest.raises(SourceError, match=r"took longer than 0\.3 s|broke"),
    ):
        client().get(url)
    assert len(asked) == 2
    assert time.monotonic() - began < 5


GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"


def test_an_address_within_the_machine_is_refused_before_anything_is_asked() -> None:
    with talking(GOOD) as (url, asked):
        assert client().get(url).content == b"hi"
        with pytest.raises(
            SourceError, match=r"127\.0\.0\.1 is an address within this machine.*platforms\.rss\.allow_private"
        ):
            client(redirects=True, private=False).get(url)
        assert len(asked) == 1


def test_a_name_that_leads_there_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with talking(GOOD) as (url, asked):
        named = url.replace("127.0.0.1", "feeds.example")
        lookup: Callable[..., object] = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *rest, **options: lookup("127.0.0.1" if "example" in str(host) else host, *rest, **options),
        )
        monkeypatch.setenv("NO_PROXY", "*")
        assert client().get(named).content == b"hi"
        with pytest.raises(SourceError, match=r"feeds\.example is an address within this machine"):
            client(private=False).get(named)
        assert [request for request in asked if request] == asked[:1]


def test_a_redirect_to_such_an_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with talking(GOOD) as (inside, asked):
        moved = f"HTTP/1.1 302 Found\r\nLocation: {inside}\r\nContent-Length: 0\r\n\r\n".encode()
        with talking(moved) as (outside, _):
            assert client(redirects=True).get(outside).content == b"hi"
            public = outside.replace("127.0.0.1", "news.example")

            def answer(request: httpx.Request) -> httpx.Response:
                return httpx.Response(302, headers={"Location": inside}, request=request)

            transport = httpx.MockTransport(answer)
            made = httpx.AsyncClient
            monkeypatch.setattr(httpx, "AsyncClient", lambda **options: made(transport=transport, **options))
            with pytest.raises(SourceError, match=r"127\.0\.0\.1 is an address within"):
                client(redirects=True, private=False).get(public)
        assert len(asked) == 1


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104 - nothing binds to it
        *("::1", "[::1]", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "224.0.0.1"),
        *("localhost", "LOCALHOST.", "feeds.localhost"),
    ],
)
def test_what_is_private(host: str) -> None:
    assert is_private(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700::1111", "news.example", "::ffff:8.8.8.8", "localhost.example"])
def test_what_is_public(host: str) -> None:
    assert not is_private(host)
