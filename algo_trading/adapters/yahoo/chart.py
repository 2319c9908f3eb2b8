"""Yahoo's chart reply (v8), read without judging its values.

It is read here rather than by yfinance, which drops rows without values; the gate shall see and count them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from algo_trading.domain.bars import COLUMNS
from algo_trading.errors import SourceError, UnknownSymbolError

CASH_EVENTS = ("dividends", "capitalGains")  # what a fund pays out of its gains is cash on the ex-date, too
LAST_HOURS = 22
WIDEST_RATIO = 1e6


@dataclass(frozen=True)
class Chart:
    """The bars of a reply in its order, as columns of equal length, and the events beside them.

    `values` holds the five columns as sent: numbers, None for a gap, or what else Yahoo puts there. `splits` gives new
    shares for one old and `dividends` cash per share, by ex-date, both in today's shares as Yahoo states them.
    """

    timestamps: Sequence[int]
    sessions: Sequence[date]
    values: Mapping[str, Sequence[Any]]
    splits: Mapping[date, float]
    dividends: Mapping[date, float]


def read_chart(content: bytes, symbol: str) -> Chart:
    """Read a reply.

    Raises:
        UnknownSymbolError: Yahoo says that it has nothing under this symbol.
        SourceError: the reply is cut short, or is not a chart.
    """
    try:
        reply = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"Yahoo's reply for {symbol} is cut short or not JSON: {content[:60]!r}") from error
    try:
        return _chart(reply["chart"], symbol)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError) as error:
        raise SourceError(f"Yahoo's reply for {symbol} is not a chart of daily bars ({error!r})") from error


def unknown_symbol(symbol: str, said: str) -> UnknownSymbolError:
    """The error for a symbol that Yahoo has nothing about; `said` is Yahoo's own sentence."""
    return UnknownSymbolError(f"Yahoo has nothing for {symbol!r} ({said}): look the symbol up at finance.yahoo.com")


def _chart(chart: Mapping[str, Any], symbol: str) -> Chart:
    if error := chart.get("error"):
        if error.get("code") == "Not Found":
            raise unknown_symbol(symbol, error.get("description"))
        raise SourceError(f"Yahoo refused the request for {symbol}: {error.get('description')}")
    if not chart["result"]:
        raise unknown_symbol(symbol, "an empty result")
    result = chart["result"][0]
    zone = _zone(result["meta"])
    timestamps = [_whole(value) for value in result.get("timestamp") or ()]
    quote = result["indicators"]["quote"][0]
    gaps = [None] * len(timestamps)
    values = {name: quote.get(name) or gaps for name in COLUMNS}
    if any(len(column) != len(timestamps) for column in values.values()):
        raise ValueError("the columns differ in length")
    sessions = [_session(timestamp, zone) for timestamp in timestamps]
    if _ends_in_quote(timestamps, sessions, values):
        keep = [*range(len(timestamps) - 2), len(timestamps) - 1]
        timestamps, sessions = [timestamps[i] for i in keep], [sessions[i] for i in keep]
        values = {name: [column[i] for i in keep] for name, column in values.items()}
    events = result.get("events") or {}
    return Chart(timestamps, sessions, values, _splits(events, zone), _dividends(events, zone))


def _zone(meta: Mapping[str, Any]) -> tzinfo:
    name = meta.get("exchangeTimezoneName")
    try:
        return ZoneInfo(str(name))
    except (LookupError, ValueError, OSError):
        # A zone that this machine does not know; the offset of the day of the fetch is the next best.
        return timezone(timedelta(seconds=_whole(meta["gmtoffset"])))


def _session(timestamp: int, zone: tzinfo) -> date:
    """The session of a bar stamped with its open (or, for the newest one, its latest trade).

    For some zones Yahoo is wrong about daylight saving: a bar meant for midnight is stamped 22:00 or 23:00 the day
    before.
    """
    moment = (datetime.fromtimestamp(0, UTC) + timedelta(seconds=timestamp)).astimezone(zone)
    if moment.hour >= LAST_HOURS and moment.minute == moment.second == 0:
        moment += timedelta(hours=24 - moment.hour)
    return moment.date()


def _ends_in_quote(timestamps: Sequence[int], sessions: Sequence[date], values: Mapping[str, Sequence[Any]]) -> bool:
    """Whether the last row is the latest quote of the session of the bar before it, which it supersedes.

    After the close Yahoo sends both for a while; the quote has the fuller volume. One with a gap supersedes nothing
    and stays for the gate, as does a repeated stamp, which is not a quote.
    """
    return (
        len(sessions) > 1
        and sessions[-2] == sessions[-1]
        and timestamps[-2] < timestamps[-1]
        and all(column[-1] is not None for column in values.values())
    )


def _events(events: Mapping[str, Any], kind: str) -> Iterable[Mapping[str, Any]]:
    return (events.get(kind) or {}).values()


def _splits(events: Mapping[str, Any], zone: tzinfo) -> dict[date, float]:
    splits: dict[date, float] = {}
    for event in _events(events, "splits"):
        day = _session(_whole(event["date"]), zone)
        ratio = _positive(event["numerator"]) / _positive(event["denominator"])
        if not 1 / WIDEST_RATIO <= ratio <= WIDEST_RATIO:
            raise ValueError(f"a split of {ratio}")
        splits[day] = splits.get(day, 1.0) * ratio
    return splits


def _dividends(events: Mapping[str, Any], zone: tzinfo) -> dict[date, float]:
    dividends: dict[date, float] = {}
    for kind in CASH_EVENTS:
        for event in _events(events, kind):
            day = _session(_whole(event["date"]), zone)
            dividends[day] = dividends.get(day, 0.0) + _positive(event["amount"])
    return dividends


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not a time")
    return value


def _positive(value: object) -> float:
    # Unadjusting with a guessed ratio would give wrong prices that look right, so a reply without one is refused.
    number = float(value) if isinstance(value, int | float) else 0.0
    if not 0 < number < float("inf"):
        raise ValueError(f"an event has the value {value!r}")
    return number
