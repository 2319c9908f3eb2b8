"""One instrument: its chart, and everything that is known of it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import isfinite
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from algo_trading.bootstrap import App
from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.post import Mention
from algo_trading.domain.scores import CandleRank
from algo_trading.domain.time import Interval, moment_of
from algo_trading.domain.user import User
from algo_trading.errors import UnknownNameError
from algo_trading.notification.words import one_line, price_text, shortened
from algo_trading.queries.figures import confidence_text, filled_text, ranked_text
from algo_trading.queries.pages import PageRequest
from algo_trading.repositories.bars import split_by_series
from algo_trading.web.cells import order_columns, signal_columns
from algo_trading.web.gate import Application, CurrentUser, Recently
from algo_trading.web.lists import Cell, Column, table
from algo_trading.web.render import minute, render

router = APIRouter()

SPANS = {"250": "250 bars", "1000": "1,000 bars", "all": "all"}
SHOWN, MARKED = 10, 300
OF_LATE = timedelta(days=30)
LONG = 10.0  # times as long as other answers the names of coins are kept
TEXT_SHOWN = 180
TITLES = {"change": "Change", "amplitude": "Amplitude", "max_up": "Highest", "max_down": "Lowest"}


@router.get("/instruments/{venue:path}/{symbol}")
def instrument(
    request: Request, application: Application, user: CurrentUser, recent: Recently, *, venue: str, symbol: str,
    interval: str = "", span: str = "250",
) -> Response:  # fmt: skip
    """The page."""
    wanted = Instrument(symbol, venue)
    intervals = _intervals(application, wanted)
    chosen = _chosen(intervals, interval)
    series = Series(wanted, chosen)
    bars = split_by_series(application.bars.read_last([series], _far(application), SHOWN))[series]
    of_it = {"symbol": symbol, "venue": venue}
    signals = application.signal_pages.page(PageRequest(of_it, limit=SHOWN))
    orders = application.order_pages.page(PageRequest(_own(of_it, user), limit=SHOWN))
    scores = recent.of("scores", application.scores.newest)
    score = next((one for one in scores if one.instrument == wanted), None)
    listings = recent.of("listings", lambda: {one.instrument: one for one in application.listings.all()}, LONG)
    listing = listings.get(wanted)
    values = {
        "title": symbol,
        "instrument": wanted,
        "name": listing.name if listing else "",
        "interval": chosen,
        "intervals": intervals,
        "span": span if span in SPANS else "250",
        "spans": SPANS,
        "close": price_text(float(bars.close[-1])),
        "newest": bars.period(-1),
        "bars": table(_BARS, list(_rows(bars))),
        "signals": table(signal_columns(), signals.rows),
        "orders": table(order_columns(), orders.rows),
        "posts": table(_MENTIONS, _mentions(application, wanted)),
        "score": score,
        "ranks": table(_RANKS, list(score.timeframes.items())) if score else None,
    }
    return render(request, "instrument.html.j2", values)


@router.get("/charts/{venue:path}/{symbol}")
def chart(
    application: Application, user: CurrentUser, *, venue: str, symbol: str, interval: str = "", span: str = "250",
    first: int | None = None, last: int | None = None,
) -> Response:  # fmt: skip
    """The candles and what happened, for the chart; `first` and `last` are seconds since 1970."""
    wanted = Instrument(symbol, venue)
    series = Series(wanted, _chosen(_intervals(application, wanted), interval))
    newest = int(span) if span in SPANS and span != "all" and first is None else None
    found = application.read_chart()(series, _moment(first), _moment(last), newest)
    times = found.times.tolist()
    if not times:
        raise UnknownNameError(f"no bars of {series} opened in this range; choose another one")
    since, until = (datetime.fromtimestamp(one, UTC) for one in (times[0], times[-1]))
    return JSONResponse(
        {
            "merged": found.merged,
            "intraday": series.interval.intraday,
            "times": times,
            **{name: _digits(getattr(found, name)) for name in ("open", "high", "low", "close", "volume")},
            "averages": {name: _digits(values) for name, values in found.averages.items()},
            "marks": list(_marks(application, user, series, since, until + series.interval.length)),
        }
    )


def _marks(application: App, user: User, series: Series, since: datetime, until: datetime) -> Iterable[dict[str, Any]]:
    """What happened to a series between two moments, of each kind the newest first."""
    of_it = {"symbol": series.symbol, "venue": series.venue, "from": f"{since.date()}", "to": f"{until.date()}"}
    for signal in application.signal_pages.page(PageRequest(of_it, limit=MARKED)).rows:
        if signal.series == series:
            at = int(signal.opened_at.timestamp())
            yield {
                "at": at,
                "kind": "signal",
                "side": str(signal.side),
                "text": f"{signal.side} of {signal.strategy.name}",
            }
    for line in application.order_pages.page(PageRequest(_own(of_it, user), limit=MARKED)).rows:
        if line.fill is not None and line.order.series == series:
            at = int(line.fill.at.timestamp())
            yield {
                "at": at,
                "kind": "trade",
                "side": str(line.order.side),
                "text": f"{line.order.side} {filled_text(line.fill)}",
            }
    mentions = application.mentions.of_instruments([series.instrument], since, until)
    for one in islice(reversed(mentions), MARKED):
        at = int(one.available_at.timestamp())
        yield {"at": at, "kind": "post", "side": "", "text": f"post of {one.author}"}


def _own(filters: dict[str, str], user: User) -> dict[str, str]:
    """Filters that leave a member the orders of their accounts."""
    return filters if user.is_owner else {**filters, "owner": user.name}


def _intervals(application: App, wanted: Instrument) -> list[Interval]:
    found = application.bars.intervals(wanted)
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


def _digits(values: Floats) -> list[float | None]:
    return [float(f"{value:.10g}") if isfinite(value) else None for value in values.tolist()]


def _rows(bars: Bars) -> Iterable[tuple[str, ...]]:
    for place in reversed(range(len(bars))):
        prices = (price_text(float(column[place])) for column in (bars.open, bars.high, bars.low, bars.close))
        yield (bars.period(place), *prices, f"{bars.volume[place]:,.12g}", minute(moment_of(bars.closed_at[place])))


def _mentions(application: App, wanted: Instrument) -> list[tuple[Mention, str]]:
    now = application.clock.now()
    found = application.mentions.of_instruments([wanted], now - OF_LATE, now)[-SHOWN:][::-1]
    if not found:
        found = application.mentions.of_instruments([wanted], None, now)[-SHOWN:][::-1]
    posts = ((one, application.posts.find(one.post)) for one in found)
    return [(one, shortened(one_line(post.text), TEXT_SHOWN) if post else "") for one, post in posts]


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
