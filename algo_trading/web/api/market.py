"""What is known of the market: bars, scores, signals and posts."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from algo_trading.bootstrap import App
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.post import PostKind
from algo_trading.domain.sentiment import Tone
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval
from algo_trading.domain.user import User
from algo_trading.errors import UnknownNameError
from algo_trading.gateways.post_feeds import RAW_POST_SCHEMA
from algo_trading.quality.post_verdict import PostBatch
from algo_trading.queries.documents import number, post_json, score_json, signal_json
from algo_trading.queries.instruments import InstrumentLine
from algo_trading.queries.plain import plain
from algo_trading.web.api.answers import MOST, PREFIX, Cursor, Limit, cursor_of, document, offset_of, paged
from algo_trading.web.gate import Application, CurrentUser
from algo_trading.web.once import DoneOnce
from algo_trading.web.refusals import RefusedError

router = APIRouter(prefix=PREFIX, tags=["market"])

PRICES = ("open", "high", "low", "close", "volume")
Text = Annotated[str | None, Query(max_length=200)]
DATE = r"^\d{4}-\d{2}-\d{2}$"
From = Annotated[str | None, Query(alias="from", pattern=DATE, description="A date, such as 2013-01-02.")]
To = Annotated[str | None, Query(alias="to", pattern=DATE)]


class SentPost(BaseModel):
    """A post as a collector has it; the gate judges it like any other."""

    model_config = ConfigDict(extra="forbid")

    platform: str = Field(max_length=50, examples=["x"])
    id: str = Field(max_length=500)
    author: str = Field(default="", max_length=300)
    published: str = Field(max_length=60, examples=["2026-11-20T14:30:00Z"])
    title: str = Field(default="", max_length=2000)
    body: str = Field(default="", max_length=100_000)
    url: str = Field(default="", max_length=3000)


class SentPosts(BaseModel):
    """Posts of one collector."""

    model_config = ConfigDict(extra="forbid")

    posts: list[SentPost] = Field(min_length=1, max_length=1000)
    kind: PostKind = PostKind.POST


@router.get("/health")
def health(request: Request, application: Application) -> Response:
    """Whether the database answers."""
    application.users.find("")
    return document(request, {"status": "ok"})


@router.get("/instruments")
def instruments(
    request: Request, application: Application, *, q: Text = None, venue: Text = None, limit: Limit = 100,
    cursor: Cursor = "",
) -> Response:  # fmt: skip
    """Everything that has bars, with its newest close, sentiment and scores."""
    return paged(
        request, application.instrument_list, {"q": q, "venue": venue}, shown=_instrument, limit=limit, cursor=cursor
    )


@router.get("/bars")
def bars(
    request: Request, application: Application, *, symbol: Annotated[str, Query(max_length=200)],
    venue: Annotated[str, Query(max_length=50)] = "XNYS", interval: Interval = Interval.DAY,
    first: Annotated[datetime | None, Query(alias="from")] = None,
    last: Annotated[datetime | None, Query(alias="to")] = None, limit: Limit = MOST, cursor: Cursor = "",
) -> Response:  # fmt: skip
    """Bars of a series as traded, oldest first; `from` and `to` are moments at which bars opened."""
    series, offset = Series(Instrument(symbol, venue), interval), offset_of(cursor)
    if interval not in application.bars.intervals(series.instrument):
        raise UnknownNameError(f"no bars of {series} at {venue} are stored")
    table = application.bars.read([series], _aware(first), _aware(last)).slice(offset, limit)
    items = [
        {"opened_at": plain(row["opened_at"]), "closed_at": plain(row["closed_at"])}
        | {name: number(row[name]) for name in PRICES}
        for row in table.to_pylist()
    ]
    after = cursor_of(offset + limit) if len(items) == limit else None
    head = {"symbol": symbol, "venue": venue, "interval": str(interval)}
    return document(request, {**head, "items": items, "next": after})


@router.get("/indicators")
def indicators(
    request: Request, application: Application, *, symbol: Annotated[str, Query(max_length=200)],
    venue: Annotated[str, Query(max_length=50)] = "XNYS", interval: Interval = Interval.DAY,
    first: From = None, last: To = None, limit: Limit = 100, cursor: Cursor = "",
) -> Response:  # fmt: skip
    """Indicators of a series as each period saw them, newest first; `from` and `to` are dates."""
    filters = {"symbol": symbol, "venue": venue, "interval": interval, "from": first, "to": last}
    return paged(
        request, application.indicator_pages, filters, limit=limit, cursor=cursor,
        shown=lambda line: {"opened_at": plain(line.opened_at), **line.values},
    )  # fmt: skip


@router.get("/scores")
def scores(request: Request, application: Application) -> Response:
    """The newest scores of each pair with the ranks that they are made of."""
    return document(request, {"items": [score_json(one) for one in application.scores.newest()]})


@router.get("/signals")
def signals(
    request: Request, application: Application, *, symbol: Text = None, venue: Text = None, strategy: Text = None,
    side: Side | None = None, first: From = None, last: To = None, limit: Limit = 100, cursor: Cursor = "",
) -> Response:  # fmt: skip
    """Signals, newest first; holds where `side` asks for them."""
    filters = {"symbol": symbol, "venue": venue, "strategy": strategy, "side": side, "from": first, "to": last}
    return paged(request, application.signal_pages, filters, shown=signal_json, limit=limit, cursor=cursor)


@router.get("/posts")
def posts(
    request: Request, application: Application, *, symbol: Text = None, platform: Text = None, author: Text = None,
    kind: PostKind | None = None, sentiment: Tone | None = None,
    first: From = None, last: To = None, limit: Limit = 100, cursor: Cursor = "",
) -> Response:  # fmt: skip
    """Posts and articles, newest first, with what they mention."""
    filters = {"symbol": symbol, "platform": platform, "author": author, "kind": kind, "sentiment": sentiment}
    dates = {"from": first, "to": last}
    return paged(request, application.post_pages, {**filters, **dates}, shown=post_json, limit=limit, cursor=cursor)


@router.post("/posts", status_code=202)
def hand_in(request: Request, application: Application, user: CurrentUser, sent: SentPosts, once: DoneOnce) -> Response:
    """Hand in posts; each is stored once, or held back with the reason."""
    return once(lambda: _accept(request, application, user, sent))


def _accept(request: Request, application: App, user: User, sent: SentPosts) -> Response:
    now, feed = application.clock.now(), f"api {user.name}"
    rows = [{**one.model_dump(), "place": f"api, post {place}"} for place, one in enumerate(sent.posts, start=1)]
    batch = PostBatch(
        pa.Table.from_pylist(rows, schema=RAW_POST_SCHEMA), feed, sent.kind, replay=False,
        name=f"{feed} {now:%Y-%m-%dT%H:%M:%S.%f}", now=now,
    )  # fmt: skip
    content = sent.model_dump_json().encode()
    report = application.accept_posts()(batch, archive=lambda: _archive(application, feed, now, content))
    return document(request, report, 202)


def _archive(application: App, feed: str, now: datetime, content: bytes) -> None:
    """Keep what came, as it came."""
    digest = sha256(content).hexdigest()[:16]
    key = f"raw/api/{now:%Y/%m/%d}/{feed.replace(' ', '-')}-{digest}.json"
    application.objects.put(key, content, "application/json")


def _aware(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except OverflowError as error:
        raise RefusedError(422, "This does not fit", "That moment lies beyond the calendar.") from error


def _instrument(line: InstrumentLine) -> dict[str, object]:
    found = plain(line)
    return {**found.pop("instrument"), **found, "intervals": [str(one) for one in line.intervals]}
