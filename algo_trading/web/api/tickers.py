"""Tickers that are watched, and who is told of their signals."""

import datetime as dt
import logging
import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from algo_trading.bootstrap import App
from algo_trading.domain.sent_signal import SentSignal
from algo_trading.domain.signal import Side
from algo_trading.domain.subscription import EVERY
from algo_trading.domain.symbol import normal_symbol
from algo_trading.errors import UnknownNameError, unknown_name
from algo_trading.repositories.audit import AuditEntry
from algo_trading.web.api.answers import PREFIX, document
from algo_trading.web.gate import Application, CurrentUser
from algo_trading.web.once import DoneOnce
from algo_trading.web.pages.subscriptions import receiver_of, record, visible

LOG = logging.getLogger(__name__)
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


class Message(BaseModel):
    """A signal that a program sends; `strategy` is the name of what has decided it, `date` a day (default: today)."""

    model_config = ConfigDict(extra="forbid")

    signal: Literal["BUY", "SELL"]
    strategy: str = Field(max_length=200, min_length=1, examples=["sma_cross"])
    date: dt.date | None = None
    venue: str = Field(default="XNYS", max_length=50)
    test: bool = False


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
def follow(request: Request, application: Application, user: CurrentUser, wanted: Items, once: DoneOnce) -> Response:
    """Watch more, as `algo-trading monitor` does; what is watched already stays."""

    def followed() -> Response:
        report = application.monitor().add(wanted.items, wanted.watchlist)
        entry = AuditEntry(application.clock.now(), user.name, "monitoring.monitor", " ".join(wanted.items)[:200])
        application.audit.add(entry)
        return document(request, report)

    return once(followed)


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


@router.post("/tickers/{ticker}/notifications", status_code=202)
def send(
    request: Request, application: Application, user: CurrentUser, *, ticker: Ticker, sent: Message, once: DoneOnce,
    later: BackgroundTasks,
) -> Response:  # fmt: skip
    """Send a signal of one's own to everyone who subscribed to the ticker, or with `test` to oneself alone."""

    def queued() -> Response:
        symbol = _known(application, ticker)
        on = sent.date or application.clock.now().date()
        side = Side(sent.signal.lower())
        signal = SentSignal(symbol, side, sent.strategy, on, user.name, secrets.token_hex(8), sent.test)
        count = application.send_signal()(signal, sent.venue, user.address)
        detail = {"symbol": symbol, "side": sent.signal, "strategy": sent.strategy, "recipients": f"{count}"}
        action = "notification.test" if sent.test else "notification.send"
        application.audit.add(AuditEntry(application.clock.now(), user.name, action, symbol, detail))
        later.add_task(deliver, application)
        return document(request, {"ticker": symbol, "queued": count, "test": sent.test}, 202)

    return once(queued)


def deliver(application: App) -> None:
    """Bring what is queued on its way; what a channel does not take waits in the outbox for the next round."""
    report = application.deliver_notices()()
    if report.error or report.refusal:
        LOG.warning("not everything was delivered: %s", report.error or report.refusal)


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
