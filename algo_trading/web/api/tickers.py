"""Tickers that are watched, and who is told of their signals."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from algo_trading.bootstrap import App
from algo_trading.domain.subscription import EVERY
from algo_trading.domain.symbol import normal_symbol
from algo_trading.errors import UnknownNameError, unknown_name
from algo_trading.repositories.audit import AuditEntry
from algo_trading.web.api.answers import PREFIX, document
from algo_trading.web.gate import Application, CurrentUser
from algo_trading.web.pages.subscriptions import receiver_of, record, visible

router = APIRouter(prefix=PREFIX, tags=["tickers"])

Ticker = Annotated[str, Path(max_length=200)]
Address = Annotated[str, Field(max_length=320)]


class Addresses(BaseModel):
    """Email addresses that are told of the buys and sells of a strategy (`*`: of every one) on the ticker."""

    model_config = ConfigDict(extra="forbid")

    addresses: list[Address] = Field(min_length=1, max_length=100)
    strategy: str = Field(default=EVERY, max_length=200)


class Items(BaseModel):
    """What to follow: coins, pairs or series, such as INJBTC or ETHUSDT[4h,1d]."""

    model_config = ConfigDict(extra="forbid")

    items: list[Annotated[str, Field(max_length=200)]] = Field(min_length=1, max_length=100)
    watchlist: str | None = Field(default=None, max_length=200)


@router.get("/tickers")
def tickers(request: Request, application: Application) -> Response:
    """Everything that is watched."""
    found = [
        {"symbol": one.symbol, "venue": one.venue, "watchlist": watchlist.name}
        for watchlist in application.watchlists.all()
        for one in watchlist.instruments
    ]
    return document(request, {"items": found})


@router.post("/tickers")
def follow(request: Request, application: Application, user: CurrentUser, wanted: Items) -> Response:
    """Watch more, as `algo-trading monitor` does; what is watched already stays."""
    report = application.monitor().add(wanted.items, wanted.watchlist)
    entry = AuditEntry(application.clock.now(), user.name, "monitoring.monitor", " ".join(wanted.items)[:200])
    application.audit.add(entry)
    return document(request, report)


@router.get("/tickers/{ticker}")
def subscribers(request: Request, application: Application, user: CurrentUser, ticker: Ticker) -> Response:
    """Who is told of a ticker's signals; members see their own address."""
    symbol = _known(application, ticker)
    found = [one for one in visible(application, user) if one.symbol in {symbol, EVERY}]
    items = [
        {"address": one.address, "strategy": one.strategy, "symbol": one.symbol, "from": one.start} for one in found
    ]
    return document(request, {"ticker": symbol, "items": items})


@router.put("/tickers/{ticker}")
def subscribe(
    request: Request, application: Application, user: CurrentUser, ticker: Ticker, wanted: Addresses
) -> Response:
    """Tell these addresses, too; members theirs alone. Who is told already stays."""
    symbol = _known(application, ticker)
    for address in [receiver_of(user, one) for one in wanted.addresses]:
        found, new = application.subscribe()(address, symbol, wanted.strategy)
        if new:
            record(application, user, "subscription.add", found)
    return subscribers(request, application, user, ticker)


@router.delete("/tickers/{ticker}")
def unsubscribe(
    request: Request, application: Application, user: CurrentUser, ticker: Ticker,
    address: Annotated[str, Query(max_length=320)],
) -> Response:  # fmt: skip
    """Tell this address no more of the ticker; what it is told of every ticker stays."""
    symbol = _known(application, ticker)
    gone = application.subscriptions.remove(receiver_of(user, address), symbol)
    if gone:
        now = application.clock.now()
        application.audit.add(AuditEntry(now, user.name, "subscription.remove", address, {"symbol": symbol}))
    return document(request, {"ticker": symbol, "removed": gone})


def _known(application: App, ticker: str) -> str:
    """The symbol, if a strategy is assigned to it or it is watched.

    Raises:
        UnknownNameError: it is not.
    """
    symbol = normal_symbol(ticker)
    watched = {one.symbol for watchlist in application.watchlists.all() for one in watchlist.instruments}
    known = watched | {one.series.symbol for one in application.assignments.all()}
    if symbol not in known:
        raise UnknownNameError(unknown_name("ticker", ticker, sorted(known)[:50]))
    return symbol
