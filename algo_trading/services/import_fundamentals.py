"""Fundamental figures of the past from a CSV file, each as of the moment when it was known."""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite

from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.symbol import normal_symbol
from algo_trading.domain.venue import venue_of
from algo_trading.errors import ConfigError
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.bars import BarRepository
from algo_trading.repositories.fundamentals import FundamentalsRepository

SOURCE = "file"
WHO_AND_WHEN, FIGURES = ("symbol", "seen"), ("pe_ratio", "market_cap")
EXAMPLE = "AAPL,2012-01-25T16:30:00-05:00,12.9,4.2e11"


@dataclass(frozen=True, slots=True)
class ImportedFundamentals:
    """Rows read, those stored, and those that were there already.

    `unwatched` are the symbols, sorted, that nobody watches and that have no bars: nothing uses their figures yet.
    """

    read: int
    stored: int
    known: int
    unwatched: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportFundamentals:
    """Store what a file says was known of companies, or nothing where a row is wrong."""

    fundamentals: FundamentalsRepository
    bars: BarRepository
    clock: Clock

    def __call__(
        self, lines: Iterable[str], name: str, calendar: str, watched: Collection[Instrument] = ()
    ) -> ImportedFundamentals:
        """Store the rows of `lines`, which errors call `name`, about instruments of the exchange calendar `calendar`.

        A figure counts from the moment when it was seen until the next one of its instrument. What is stored stays, as
        decisions may rest on it; a correction is a row of its own, seen later. Those that are not `watched` and have no
        bars are stored as well, and reported.

        Raises:
            ConfigError: a row is wrong or contradicts what is known of its moment, and nothing is stored; or there is
                no row.
            UnknownNameError: there is no such calendar.
        """
        rows = list(_figures(lines, name, venue_of(calendar).code, self.clock.now()))
        if not rows:
            raise ConfigError(f"{name} has no rows; each is like {EXAMPLE}")
        figures = [seen for _, seen in rows]
        self._require_no_contradiction(rows)
        stored = self.fundamentals.add(figures, SOURCE)
        rest = sorted({seen.instrument for seen in figures}.difference(watched))
        unwatched = sorted({*rest} - {one.instrument for one in self.bars.first_closes([Series(one) for one in rest])})
        return ImportedFundamentals(
            len(figures), stored, len(figures) - stored, tuple(instrument.symbol for instrument in unwatched)
        )

    def _require_no_contradiction(self, rows: Sequence[tuple[str, Fundamentals]]) -> None:
        instruments, last = {seen.instrument for _, seen in rows}, max(seen.seen_at for _, seen in rows)
        there = self.fundamentals.read(sorted(instruments), last)
        known = {(seen.instrument, seen.seen_at): seen for seen in there}
        for place, seen in rows:
            first = known.setdefault((seen.instrument, seen.seen_at), seen)
            if first != seen:
                raise ConfigError(
                    f"{place}: {seen.instrument} has other figures of that moment ({_told(first)}), which stay; "
                    "a correction needs a later time, from which it counts; nothing was stored"
                )


def _told(seen: Fundamentals) -> str:
    figures = ((name, getattr(seen, name)) for name in FIGURES)
    return ", ".join(f"{name} {'unknown' if value is None else format(value, '.12g')}" for name, value in figures)


def _figures(lines: Iterable[str], name: str, venue: str, now: datetime) -> Iterator[tuple[str, Fundamentals]]:
    """Each row with its place in the file."""
    reader = csv.reader(lines, strict=True)
    header: list[str] = []
    try:
        for cells in reader:
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            place = f"{name}, line {reader.line_num}"
            if not header:
                header = _header([cell.lower() for cell in row], place)
                continue
            if len(row) != len(header):
                raise ConfigError(f"{place}: it has {len(row)} cells, and the header has {len(header)}")
            try:
                yield place, _read(dict(zip(header, row, strict=True)), venue, now)
            except ValueError as error:
                raise ConfigError(f"{place}: {error}; correct it, nothing was stored") from error
    except csv.Error as error:
        raise ConfigError(f"{name}, line {reader.line_num}: this is not CSV: {error}") from error


def _header(columns: list[str], place: str) -> list[str]:
    good = set(WHO_AND_WHEN) <= set(columns) and set(FIGURES) & set(columns) and len(set(columns)) == len(columns)
    if not good or set(columns) - {*WHO_AND_WHEN, *FIGURES}:
        named = ", ".join((*WHO_AND_WHEN, *FIGURES))
        raise ConfigError(f"{place}: the header names {', '.join(columns)}; the columns are {named}, each once")
    return columns


def _read(row: Mapping[str, str], venue: str, now: datetime) -> Fundamentals:
    """A row as figures.

    Raises:
        ValueError: a cell is wrong.
    """
    if not row["symbol"]:
        raise ValueError("the symbol is missing")
    if not row["symbol"].isprintable():
        raise ValueError(f"the symbol {row['symbol']!r} has characters that cannot be printed")
    seen_at = _moment(row["seen"])
    if seen_at > now:
        raise ValueError(f"seen is {row['seen']}, which is yet to come")
    pe_ratio, market_cap = (_number(figure, row.get(figure, "")) for figure in FIGURES)
    if market_cap is not None and market_cap < 0:
        raise ValueError(f"market_cap is {row['market_cap']}, below 0")
    return Fundamentals(Instrument(normal_symbol(row["symbol"]), venue), seen_at, pe_ratio, market_cap)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the first year of all may begin before it in UTC
        pass
    raise ValueError(f"seen is a moment in ISO 8601 with its zone, like 2012-01-25T16:30:00-05:00, not {text!r}")


def _number(name: str, text: str) -> float | None:
    """The number that a cell spells, None for an empty one."""
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not isfinite(number) or "_" in text:
        raise ValueError(f"{name} is a number, or empty where it is unknown, not {text!r}")
    return number
