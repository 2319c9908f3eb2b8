"""Binance's public archive of candles over HTTP: a file for each month, and for each day of the newest one."""

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path

from algo_trading.adapters.bar_files import CHECKSUM, broken_checksum
from algo_trading.adapters.http_client import HttpClient
from algo_trading.adapters.retries import RefusedError, Retries
from algo_trading.domain.time import DAY, Interval
from algo_trading.errors import SourceError
from algo_trading.private_files import create, make_folders

FIRST = date(2017, 8, 1)  # the exchange's first month
OTHER_WORDS = {Interval.MONTH: "1mo"}


class BinanceArchive:
    """Brings files of the archive into a folder, laid out as the archive is (`data/spot/monthly/klines/...`).

    A file is downloaded if the archive's checksum is not the one of what lies there, so again where it was replaced.
    """

    def __init__(self, url: str, folder: Path, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url, self._folder = url.rstrip("/"), folder
        retries = Retries("The archive", attempts=4, pause_seconds=0, first_pause=1, sleep=sleep)
        self._client = HttpClient(retries, redirects=True)

    def fetch(
        self,
        symbol: str,
        interval: Interval,
        last: date,
        first: date | None = None,
        progress: Callable[[str], None] = lambda _name: None,
    ) -> list[Path]:
        """The files with candles of first..last (None: from the first that there is), oldest first.

        `progress` is given the name of each file that is looked for.

        Raises:
            SourceError: the archive cannot be reached, a file is not what its checksum says, or there is none.
            RateLimitedError: it asks to slow down and keeps asking.
        """
        found: list[Path] = []
        after = first or FIRST  # the first date that is not covered
        for month in _months(after, last):
            path = self._file("monthly", symbol, interval, f"{month:%Y-%m}", progress)
            if path is not None:
                found.append(path)
                after = _next(month)
        days = after if found or first else last - 31 * DAY
        while days <= last:
            path = self._file("daily", symbol, interval, f"{days}", progress)
            found += [path] if path is not None else []
            days += DAY
        if not found:
            raise SourceError(f"the archive at {self._url} has no candles of {symbol} in {interval}")
        return found

    def _file(
        self, span: str, symbol: str, interval: Interval, when: str, progress: Callable[[str], None]
    ) -> Path | None:
        length = OTHER_WORDS.get(interval, str(interval))
        name = f"{symbol}-{length}-{when}.zip"
        key = f"data/spot/{span}/klines/{symbol}/{length}/{name}"
        progress(name)
        checksum = self._get(key + CHECKSUM)
        if checksum is None:
            return None
        path = self._folder / key
        make_folders(path.parent)
        said = checksum.decode("ascii", "replace").split()[:1]
        if path.exists() and [hashlib.sha256(path.read_bytes()).hexdigest()] == said:
            return path
        content = self._get(key)
        if content is None:
            raise SourceError(f"the archive has {name}{CHECKSUM} and not {name}: try again later")
        _write(path, content)
        _write(path.with_name(path.name + CHECKSUM), checksum)
        if (reason := broken_checksum(path)) is not None:
            path.unlink()
            raise SourceError(f"{name} of the archive: {reason}")
        return path

    def _get(self, key: str) -> bytes | None:
        try:
            return self._client.get(f"{self._url}/{key}").content
        except RefusedError as error:
            if error.reply.status == HTTPStatus.NOT_FOUND:
                return None
            raise


def _write(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    with create(part) as file:
        file.write(content)
    part.replace(path)


def _months(first: date, last: date) -> Iterator[date]:
    """The first dates of the months of first..last that are over by then."""
    month = first.replace(day=1)
    while _next(month) - timedelta(days=1) <= last:
        yield month
        month = _next(month)


def _next(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)
