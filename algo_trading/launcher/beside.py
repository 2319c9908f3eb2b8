"""Programs that run beside Airflow's, in the same family, where the configuration asks for them."""

import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from algo_trading.bootstrap import PracticeRecord
from algo_trading.errors import AlgoTradingError
from algo_trading.launcher.airflow_config import HOST
from algo_trading.settings import Settings
from algo_trading.web.address import is_free

PRACTICE = "practice"  # the source, and so what a watchlist on the practice exchange names
HISTORY = timedelta(days=90)  # of made-up prices, when the exchange is started the first time
READY_SECONDS = 60.0
AIRFLOW_HAS = "120"  # seconds after the close; then the watch loop processes what nobody has


@dataclass(frozen=True)
class Program:
    """A program: its name among the family, whether a configuration wants it, and how it is started."""

    name: str
    wanted: Callable[[Settings], bool]
    command: Callable[[Settings], list[str]]


def own(*arguments: str) -> list[str]:
    """A command of this project's own."""
    return [str(Path(sys.executable).parent / "algo-trading"), *arguments]


def wants_practice(settings: Settings) -> bool:
    """Whether a watchlist is on the practice exchange."""
    return any(one.source == PRACTICE for one in settings.watchlists)


def practice_exchange(settings: Settings) -> list[str]:
    """The exchange at its remembered port, or at another one where that is taken.

    The first time a free port is chosen, and the history begins a quarter of a year earlier.
    """
    record = PracticeRecord.read(settings.home)
    if record is None:
        since = datetime.now(UTC).date() - HISTORY
        record = PracticeRecord(_free_port(), since.isoformat())
        record.write(settings.home)
    elif not is_free(record.port):
        record = PracticeRecord(_free_port(), record.since)
        record.write(settings.home)
    return own("exchange", "--port", str(record.port), "--since", record.since)


def has_own_database(settings: Settings) -> bool:
    """Whether the market database is the embedded one."""
    return not settings.database_url.get_secret_value()


def trades_beyond_paper(settings: Settings) -> bool:
    """Whether an account has a broker whose prices move between two periods."""
    return any(one.broker != "paper" for one in settings.accounts)


def wants_pages(_: Settings) -> bool:
    """Always: an installation has its pages."""
    return True


PROGRAMS = (
    Program("database", has_own_database, lambda _: own("db", "keep")),
    Program("practice-exchange", wants_practice, practice_exchange),
    Program("watch", lambda settings: bool(settings.watched), lambda _: own("watch", "--wait", AIRFLOW_HAS)),
    Program("position-watch", trades_beyond_paper, lambda _: own("position-watch")),
    Program("web", wants_pages, lambda _: own("web", "--next-free")),
)


def programs(settings: Settings) -> Mapping[str, list[str]]:
    """The commands of the wanted ones, by name."""
    return {one.name: one.command(settings) for one in PROGRAMS if one.wanted(settings)}


def wait_for_practice(settings: Settings, seconds: float = READY_SECONDS) -> None:
    """Return when the practice exchange answers.

    Raises:
        AlgoTradingError: it does not within so many seconds.
    """
    record = PracticeRecord.read(settings.home)
    limit = time.monotonic() + seconds
    while record is None or not _answers(record.url):
        if time.monotonic() > limit:
            raise AlgoTradingError(
                f"the practice exchange does not answer after {seconds:.0f} s; see practice-exchange.log in "
                f"{settings.home / 'airflow' / 'run' / 'logs'}"
            )
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/v3/ping", timeout=2) as reply:  # noqa: S310 - of this machine
            return bool(reply.status == 200)
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
