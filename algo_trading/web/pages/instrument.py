"""One instrument: its chart, and everything that is known of it."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from algo_trading.bootstrap import App
from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.post import Mention
from algo_trading.domain.scores import CandleRank
from algo_trading.domain.time import Interval, moment_of
from algo_trading.domain.user import User
from algo_trading.errors import UnknownNameError
from algo_trading.notification.words import one_line, price_text, shortened
from algo_trading.queries.chart import CandleChart
from algo_trading.queries.figures import confidence_text, filled_text, ranked_text
from algo_trading.queries.pages import PageRequest
from algo_trading.repositories.bars import split_by_series
from algo_trading.web.cells import order_columns, signal_columns
from algo_trading.web.gate import Application, CurrentUser, Recently
from algo_trading.web.recent import Recent
from algo_trading.web.render import minute, render
from algo_trading.web.tables import Cell, Column, table

router = APIRouter()

SPANS = {"250": "250 bars", "1000": "1,000 bars", "all": "all"}
SHOWN, MARKED = 10, 300
LONG = 10.0  # times as long as other answers intervals and the names of coins are kept
TEXT_SHOWN = 180
NO_NUMBER = re.compile("-?(?:nan|inf)")
TITLES = {"change": "Change", "amplitude": "Amplitude", "max_up": "Highest", "max_down": "Lowest"}


@router.get("/instruments/{venue:path}/{symbol}")
def instrument(
    request: Request, application: Application, user: CurrentUser, recent: Recently, *, venue: str, symbol: str,
    interval: str = "", span: str = "250",
) -> Response:  # fmt: skip
    """The page."""
    wanted = Instrument(symbol, venue)
    intervals = _intervals(application, recent, wanted)
    chosen = _chosen(intervals, interval)
    own = _own({"symbol": symbol, "venue": venue}, user)
    key = "instrument", wanted, chosen, tuple(own.items())
    values = {
        **recent.of(key, lambda: _known(application, recent, Series(wanted, chosen), own)),
        "title": symbol,
        "instrument": wanted,
        "interval": chosen,
        "intervals": intervals,
        "span": span if span in SPANS else "250",
        "spans": SPANS,
    }
    return render(request, "instrument.html.j2", values)


def _known(application: App, recent: Recent, series: Series, own: Mapping[str, str]) -> dict[str, Any]:
    """What is known of an instrument, with the orders that `own` leaves; the same for whoever sees these accounts."""
    wanted = series.instrument
    bars = split_by_series(application.bars.read_last([series], _far(application), SHOWN))[series]
    newest = PageRequest({"symbol": wanted.symbol, "venue": wanted.venue}, limit=SHOWN, counted=False)
    orders = application.order_pages.page(replace(newest, filters=own))
    scores = recent.of("scores", application.scores.newest)
    score = next((one for one in scores if one.instrument == wanted), None)
    listings = recent.of("listings", lambda: {one.instrument: one for one in application.listings.all()}, LONG)
    listing = listings.get(wanted)
    return {
        "name": listing.name if listing else "",
        "close": price_text(float(bars.close[-1])),
        "newest": bars.period(-1),
        "bars": table(_BARS, list(_rows(bars))),
        "signals": table(signal_columns(), application.signal_pages.page(newest).rows),
        "orders": table(order_columns(), orders.rows),
        "posts": table(_MENTIONS, _mentions(application, wanted)),
        "score": score,
        "ranks": table(_RANKS, list(score.timeframes.items())) if score else None,
    }


@router.get("/charts/{venue:path}/{symbol}")
def chart(
    application: Application, user: CurrentUser, recent: Recently, *, venue: str, symbol: str, interval: str = "",
    span: str = "250", first: int | None = None, last: int | None = None,
) -> Response:  # fmt: skip
    """The candles and what happened, for the chart; `first` and `last` are seconds since 1970."""
    wanted = Instrument(symbol, venue)
    series = Series(wanted, _chosen(_intervals(application, recent, wanted), interval))
    newest = int(span) if span in SPANS and span != "all" and first is None else None
    own = _own({}, user)
    key = "chart", series, first, last, newest, tuple(own.items())

    def read() -> bytes:
        found = application.read_chart()(series, _moment(first), _moment(last), newest)
        return _chart(application, series, found, own)

    return Response(recent.of(key, read), media_type="application/json")


def _chart(application: App, series: Series, found: CandleChart, own: Mapping[str, str]) -> bytes:
    """A chart as JSON, whose numbers are written here: there are some ten thousand of them."""
    times = found.times.tolist()
    if not times:
        raise UnknownNameError(f"no bars of {series} opened in this range; choose another one")
    since, until = (datetime.fromtimestamp(one, UTC) for one in (times[0], times[-1]))
    columns = {name: getattr(found, name) for name in ("open", "high", "low", "close", "volume")}
    rest = {
        "merged": found.merged,
        "intraday": series.interval.intraday,
        "times": times,
        "marks": list(_marks(application, series, since, until + series.interval.length, own)),
    }
    averages = ",".join(f'"{name}":{_numbers(values)}' for name, values in found.averages.items())
    numbers = ",".join(f'"{name}":{_numbers(values)}' for name, values in columns.items())
    return f'{{{numbers},"averages":{{{averages}}},{json.dumps(rest, separators=(",", ":"))[1:]}'.encode()


def _marks(
    application: App, series: Series, since: datetime, until: datetime, own: Mapping[str, str]
) -> Iterable[dict[str, Any]]:
    """What happened to a series between two moments, of each kind the newest first."""
    of_it = {"symbol": series.symbol, "venue": series.venue, "from": f"{since.date()}", "to": f"{until.date()}"}
    marked = PageRequest(of_it, limit=MARKED, counted=False)
    for signal in application.signal_pages.page(marked).rows:
        if signal.series == series:
            at = int(signal.opened_at.timestamp())
            yield {
                "at": at,
                "kind": "signal",
                "side": str(signal.side),
                "text": f"{signal.side} of {signal.strategy.name}",
            }
    for line in application.order_pages.page(replace(marked, filters={**of_it, **own})).rows:
        if line.fill is not None and line.order.series == series:
            at = int(line.fill.at.timestamp())
            yield {
                "at": at,
                "kind": "trade",
                "side": str(line.order.side),
                "text": f"{line.order.side} {filled_text(line.fill)}",
            }
    for one in application.mentions.newest_of(series.instrument, since, until, MARKED):
        at = int(one.available_at.timestamp())
        yield {"at": at, "kind": "post", "side": "", "text": f"post of {one.author}"}


def _own(filters: dict[str, str], user: User) -> dict[str, str]:
    """Filters that leave a member the orders of their accounts."""
    return filters if user.is_owner else {**filters, "owner": user.name}


def _intervals(application: App, recent: Recent, wanted: Instrument) -> list[Interval]:
    found = recent.of(("intervals", wanted), lambda: application.bars.intervals(wanted), LONG)
    if not found:
        raise UnknownNameError(
            f"no bars of {wanted.symbol} at {wanted.venue} are stored; the list of instruments has all"
        )
    return found


def _chosen(intervals: list[Interval], text: str) -> Interval:
    return next((one for one in intervals if one == text), Interval.DAY if Interval.DAY in intervals else intervals[-1])


def _far(application: App) -> datetime:
    return application.clock.now() + timedelta(days=3650)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(min(max(seconds, 0), 32_503_680_000), UTC)


def _numbers(values: Floats) -> str:
    """A list in JSON, to ten digits; what is no number is null."""
    text = ",".join(map("%.10g".__mod__, values.tolist()))
    return f"[{NO_NUMBER.sub('null', text)}]"


def _rows(bars: Bars) -> Iterable[tuple[str, ...]]:
    for place in reversed(range(len(bars))):
        prices = (price_text(float(column[place])) for column in (bars.open, bars.high, bars.low, bars.close))
        yield (bars.period(place), *prices, f"{bars.volume[place]:,.12g}", minute(moment_of(bars.closed_at[place])))


def _mentions(application: App, wanted: Instrument) -> list[tuple[Mention, str]]:
    found = application.mentions.newest_of(wanted, None, application.clock.now(), SHOWN)
    posts = application.posts.found([one.post for one in found])
    return [(one, shortened(one_line(posts[one.post].text), TEXT_SHOWN)) for one in found]


def _ranked(name: str, sign: str) -> Column[tuple[Interval, CandleRank]]:
    """The column of a metric, as `algo-trading scores` has it."""

    def cell(row: tuple[Interval, CandleRank]) -> str:
        value, rank, average = (getattr(row[1], f"{kind}{name}") for kind in ("", "rank_", "average_"))
        return ranked_text(value, rank, average, sign)

    return Column(TITLES[name], cell, numeric=True)


_BARS: list[Column[tuple[str, ...]]] = [
    Column("Period", lambda row: row[0]),
    Column("Open", lambda row: row[1], numeric=True),
    Column("High", lambda row: row[2], numeric=True),
    Column("Low", lambda row: row[3], numeric=True),
    Column("Close", lambda row: row[4], numeric=True),
    Column("Volume", lambda row: row[5], numeric=True),
    Column("Closed (UTC)", lambda row: row[6]),
]
_MENTIONS: list[Column[tuple[Mention, str]]] = [
    Column("Published (UTC)", lambda row: minute(row[0].published_at)),
    Column("Author", lambda row: row[0].author),
    Column("Text", lambda row: row[1], wide=True),
    Column("Confidence", lambda row: confidence_text(row[0].confidence), numeric=True),
    Column(
        "Sentiment",
        lambda row: Cell(f"{row[0].sentiment:+.2f}", look="up" if row[0].sentiment > 0 else "down"),
        numeric=True,
    ),
]
_RANKS: list[Column[tuple[Interval, CandleRank]]] = [
    Column("Timeframe", lambda row: str(row[0])),
    *(_ranked(name, sign) for name, sign in (("change", "+"), ("amplitude", ""), ("max_up", "+"), ("max_down", "+"))),
    Column("Bull", lambda row: str(row[1].bull_points), numeric=True),
    Column("Bear", lambda row: str(row[1].bear_points), numeric=True),
    Column("Candles", lambda row: f"{row[1].closed:,}", numeric=True),
]
