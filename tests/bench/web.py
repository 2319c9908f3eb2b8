"""The pages over a large installation, and a thousand people who watch prices.

The program `algo_trading.web` runs as it does for people, on a database of its own; whoever asks is this process.
BENCH_WEB=0.05 takes a twentieth of the rows.
"""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from urllib.parse import urlencode

import psutil

from algo_trading.bootstrap import App, bootstrap
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.user import Role
from bench.http_load import Answers, ask
from bench.measure import Goal, Progress, Result, Timing
from bench.period import embedded_server, server_process
from bench.web_data import LAST_DAY, counts, fill_large
from contracts.scores import a_score
from support.web_site import OWNER, PASSWORD

SIZE = float(os.environ.get("BENCH_WEB", "1"))
SECONDS = float(os.environ.get("BENCH_WEB_SECONDS", "15"))
VISITORS = 8  # connections that ask at the same time
STREAMS, STREAMS_OF_ONE = 1_000, 100
PAGES = (
    "/", "/instruments", "/instruments?sort=market_cap&order=desc", "/instruments?q=S01", "/instruments/XNYS/S0001",
    "/instruments/XNYS/S0042?interval=1h", "/charts/XNYS/S0001", "/charts/XNYS/S0042?interval=1h&span=1000",
    "/charts/XNYS/S0007?span=all", "/posts", "/posts?symbol=S0001", "/posts?platform=x&sentiment=positive",
    "/posts?page=20", "/signals", "/signals?symbol=S0001", "/signals?strategy=bench_1&side=buy", "/alerts",
    "/alerts?address=reader7@example.org", "/trades", "/watch", "/approvals", "/accounts", "/accounts/paper",
    "/backtests", "/monitoring", "/subscriptions", "/quality", "/quality/held", "/me", "/admin",
    "/api/v1/signals", "/api/v1/posts?symbol=S0001", "/api/v1/bars?symbol=S0001&limit=100", "/api/v1/instruments",
)  # fmt: skip


@dataclass(frozen=True)
class Served:
    """The running program, the database behind it, and how to log in."""

    application: App
    process: psutil.Process
    database: psutil.Process
    port: int

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return "127.0.0.1", self.port

    def cookie(self, name: str) -> dict[str, str]:
        """The header of somebody who has logged in."""
        connection = HTTPConnection(*self.address)
        form = urlencode({"login": name, "password": PASSWORD})
        kind = "application/x-www-form-urlencoded"
        origin = f"http://127.0.0.1:{self.port}"
        connection.request("POST", "/login", form, {"Origin": origin, "Content-Type": kind})
        cookie = connection.getresponse().getheader("Set-Cookie", "").partition(";")[0]
        connection.close()
        assert cookie
        return {"Cookie": cookie}

    def processor_time(self) -> tuple[float, float]:
        """Seconds that the program and the database have worked."""
        return _worked(self.process), _worked(self.database)


def _worked(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    times = [one.cpu_times() for one in family]
    ended = process.cpu_times()
    return sum(one.user + one.system for one in times) + ended.children_user + ended.children_system


def benchmark(progress: Progress) -> list[Result]:
    """Mixed pages, then open streams."""
    with embedded_server() as server, tempfile.TemporaryDirectory(prefix="bench-home-") as home:
        os.environ["ALGO_HOME"] = home
        with bootstrap(url=server.url()) as application:
            fill_large(application, SIZE, progress)
            database = psutil.Process(server_process(server))
            with served(application, database, home, server.url()) as running:
                return [pages(running, progress), streams(running, progress)]


@contextmanager
def served(application: App, database: psutil.Process, home: str, url: str) -> Iterator[Served]:
    """The program on a free port, until the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ, "ALGO_HOME": home, "ALGO_DATABASE_URL": url, "ALGO_WEB__PORT": str(port), "ALGO_PRESET": "",
    }  # fmt: skip
    with subprocess.Popen([sys.executable, "-m", "algo_trading.web"], env=environment) as process:
        try:
            _wait(port, process)
            yield Served(application, psutil.Process(process.pid), database, port)
        finally:
            process.terminate()


def pages(running: Served, progress: Progress) -> Result:
    """Every page in turn, by several visitors at once."""
    headers = running.cookie(OWNER)
    progress("pages, warming up")
    asyncio.run(ask(running.address, headers, PAGES, VISITORS, max(SECONDS / 3, 3)))
    progress("pages")
    before, own = running.processor_time(), time.process_time()
    found = asyncio.run(ask(running.address, headers, PAGES, VISITORS, SECONDS))
    after, own = running.processor_time(), time.process_time() - own
    number = len(found.all)
    program, database = ((late - early) / number * 1e3 for late, early in zip(after, before, strict=True))
    assert not found.failed, found.failed[:5]
    rows = ", ".join(f"{count:,} {name}" for name, count in counts(running.application).items())
    return Result(
        "Mixed pages",
        f"{len(PAGES)} pages in turn by {VISITORS} visitors, over {rows}",
        [Timing("median page", 1, (found.quantile(0.5),)), *slowest(found)],
        [
            Goal("pages a second", 200, number / found.took),
            Goal("milliseconds of the 99th percentile", 200, found.quantile(0.99) * 1e3, at_most=True),
        ],
        [
            (
                f"processor time of a page: {program:.1f} ms of the program, {database:.1f} ms of the database, "
                f"{own / number * 1e3:.1f} ms of whoever asks; load average {os.getloadavg()[0]:.1f}"
            )
        ],
        beside_peers=False,
    )


def slowest(found: Answers, shown: int = 8) -> list[Timing]:
    """The pages with the longest medians."""
    timings = [Timing(path, 1, tuple(seconds)) for path, seconds in found.seconds.items()]
    return sorted(timings, key=lambda one: one.median, reverse=True)[:shown]


def streams(running: Served, progress: Progress) -> Result:
    """Many open streams, and a price that changes."""
    progress("streams: logging in")
    users = -(-STREAMS // STREAMS_OF_ONE)
    cookies = []
    for number in range(users):
        name = f"watcher{number}"
        running.application.manage_users().add("bench", name, Role.MEMBER, f"{name}@example.org", PASSWORD)
        cookies.append(running.cookie(name))
    before = running.process.memory_info().rss
    progress(f"streams: opening {STREAMS:,}")
    seconds, memory, worked = asyncio.run(_watch(running, cookies))
    return Result(
        "Open event streams",
        f"{STREAMS:,} streams of {users} people, {len(running.application.watchlists.all()[0].symbols)} watched",
        [Timing("from the change to the last stream that has it", STREAMS, tuple(seconds))],
        [
            Goal("MB of memory of the program with all streams open", 300, memory / 1e6, at_most=True),
            Goal("seconds from the change to the last stream", 1, max(seconds), at_most=True),
        ],
        [
            (
                f"{(memory - before) / STREAMS / 1e3:.0f} kB of memory for a stream, "
                f"{worked / len(seconds) * 1e3:.0f} ms of the program's processor time for a change; "
                f"load average {os.getloadavg()[0]:.1f}"
            )
        ],
        beside_peers=False,
    )


async def _watch(running: Served, cookies: Sequence[Mapping[str, str]]) -> tuple[list[float], int, float]:
    """Open the streams and change a price a few times: seconds, bytes of memory, seconds of processor time."""
    price = ""
    seen = asyncio.Semaphore(0)

    async def watch(headers: Mapping[str, str]) -> None:
        reader, writer = await asyncio.open_connection(*running.address, limit=2**20)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"GET /watch/prices HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\nAccept: text/event-stream\r\n{lines}"
        writer.write(f"{head}\r\n".encode())
        assert b" 200 " in await reader.readline()
        told: str | None = None
        while line := await reader.readline():
            if line.startswith(b"data:") and told != price and (price in line.decode() or not price):
                told = price
                seen.release()

    seconds: list[float] = []
    async with asyncio.TaskGroup() as group:  # a stream that is refused ends all of it
        watchers = [group.create_task(watch(cookies[number % len(cookies)])) for number in range(STREAMS)]
        await everybody(seen)
        await asyncio.sleep(2)
        memory, worked = running.process.memory_info().rss, _worked(running.process)
        for number in range(3):
            price = f"{12_345.5 + number:,.2f}"
            at = datetime.now(UTC)
            assert at > LAST_DAY
            score = replace(a_score(pair=Instrument("S0001", "XNYS")), price=12_345.5 + number, at=at)
            await asyncio.to_thread(running.application.scores.store, [score])
            begin = time.monotonic()
            await everybody(seen)
            seconds.append(time.monotonic() - begin)
            memory = max(memory, running.process.memory_info().rss)
        worked = _worked(running.process) - worked
        for watcher in watchers:
            watcher.cancel()
    return seconds, memory, worked


async def everybody(seen: asyncio.Semaphore) -> None:
    """Until every stream has seen the price."""
    async with asyncio.timeout(120):
        for _ in range(STREAMS):
            await seen.acquire()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + 120
    while time.monotonic() < limit:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "the web program has ended"
        time.sleep(0.1)
    raise AssertionError("the web program does not listen")
