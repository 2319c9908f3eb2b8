"""A practice exchange on the loopback, in a thread of the test."""

import asyncio
import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from algo_trading.exchange.api import Api
from algo_trading.exchange.server import serve
from algo_trading.exchange.start import ExchangeOptions, build

KEY, SECRET = "practice-key", "practice-secret"


@dataclass(frozen=True)
class PracticeExchange:
    """`url` is http://127.0.0.1:PORT; what is done by the admin requests takes effect at once."""

    url: str
    api: Api

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws")

    def admin(self, path: str, method: str = "POST", /, **data: Any) -> Any:
        """An admin request; its answer."""
        request = urllib.request.Request(  # noqa: S310 - an address of this machine
            f"{self.url}/admin/{path}", json.dumps(data).encode() if data else None, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310 - as above
            return json.load(reply)

    def advance(self, milliseconds: int) -> int:
        """Move the clock; the market's time (ms)."""
        moved: int = self.admin("clock", advance=milliseconds)["time"]
        return moved


@contextmanager
def practice_exchange(options: ExchangeOptions | None = None, port: int = 0) -> Iterator[PracticeExchange]:
    """Serve an exchange until the test is done; without options the account has 10,000 USDT and 1 BTC."""
    held = {"USDT": Decimal(10_000), "BTC": Decimal(1)}
    options = options or ExchangeOptions(api_key=KEY, secret=SECRET, balances=held)
    api, _ = build(options, lambda: int(time.time() * 1000))
    ready, addresses, loops, failures = threading.Event(), [], [], []

    async def main() -> None:
        stop = asyncio.Event()
        loops.append((asyncio.get_running_loop(), stop))

        def data(address: str) -> None:
            addresses.append(address)
            ready.set()

        await serve(api, port, data, stop)

    def run() -> None:
        try:
            asyncio.run(main())
        except Exception as error:  # noqa: BLE001 - it is raised in the test
            failures.append(error)
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(30)
        if failures:
            raise failures[0]
        yield PracticeExchange(addresses[0], api)
    finally:
        if loops and not failures:
            loop, stop = loops[0]
            loop.call_soon_threadsafe(stop.set)
        thread.join(30)
    if failures:
        raise failures[0]
