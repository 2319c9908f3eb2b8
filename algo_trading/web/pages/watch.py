"""Watch: prices of now of what is held and watched, with everything that an emergency asks for."""

import json
from collections.abc import AsyncIterator, Collection
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from algo_trading.bootstrap import App
from algo_trading.domain.user import User
from algo_trading.notification.words import change_text, price_text
from algo_trading.queries.figures import quantity_text
from algo_trading.queries.watch import HeldLine, Quote, Watch
from algo_trading.services.place_exits import shown_price
from algo_trading.web.cells import instrument_href
from algo_trading.web.gate import Application, CurrentUser, Recently
from algo_trading.web.live import LiveWatch
from algo_trading.web.render import minute, render
from algo_trading.web.visible import visible_names

router = APIRouter()

STREAM = "text/event-stream"
RETRY = 5_000  # milliseconds after which a browser opens the stream again
Texts = dict[str, tuple[str, str]]  # what stands in a cell, and its look


@router.get("/watch")
def watch(request: Request, application: Application, user: CurrentUser, recent: Recently, said: str = "") -> Response:
    """The page."""
    found, names = recent.of("watch", application.read_watch()), visible_names(application, user)
    switch = application.kill_switch.current()
    values = {
        "title": "Watch",
        "held": [_held(line) for line in found.held if line.account.name in names],
        "watched": [
            {"symbol": one.symbol, "venue": one.venue, "href": instrument_href(one), "key": f"{one.venue} {one.symbol}"}
            for one in found.watched
        ],
        "texts": texts_for(found, names),
        "at": minute(found.at),
        "switch": switch if switch is not None and switch.engaged else None,
        "accounts": recent.of(("buyers", *sorted(names)), lambda: _buyers(application, names)),
        "choices": recent.of("choices", lambda: [str(one) for one in application.buy_at_market().choices()]),
        "said": said[:500],
    }
    return render(request, "watch.html.j2", values)


@router.get("/watch/prices")
async def prices(request: Request, application: Application, user: CurrentUser) -> Response:
    """The prices as they change, as server-sent events; without `Accept: text/event-stream` once, as JSON."""
    names = frozenset(await run_in_threadpool(visible_names, application, user))
    if STREAM not in request.headers.get("accept", ""):
        found = await run_in_threadpool(application.read_watch())
        return JSONResponse(texts_for(found, names))
    live: LiveWatch = request.app.state.live
    live.check_room(user.name)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(live, user, names), media_type=STREAM, headers=headers)


async def _events(live: LiveWatch, user: User, names: frozenset[str]) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY}\n\n".encode()
    seen: Watch | None = None
    async for found in live.changes(user.name):
        yield b": nothing new\n\n" if found is None else _event(live, found, seen, names)
        seen = found or seen


def _event(live: LiveWatch, found: Watch, seen: Watch | None, names: frozenset[str]) -> bytes:
    """What has changed since the reading that a stream has seen; made once for all streams that show the same."""

    def made() -> bytes:
        before = {} if seen is None else texts_for(seen, names)
        changed = {key: text for key, text in texts_for(found, names).items() if before.get(key) != text}
        return f"event: prices\ndata: {json.dumps(changed)}\n\n".encode()

    return live.shared(found, (id(seen), names), made)


def texts_for(found: Watch, names: Collection[str]) -> Texts:
    """What stands in the cells that change, for somebody who sees the accounts with these names."""
    texts: Texts = {}
    for one, quote in found.watched.items():
        texts |= _quoted(f"{one.venue} {one.symbol}", quote)
    for line in found.held:
        if line.account.name in names:
            texts |= _quoted(line.position.opened_by, line.quote)
            change = line.change
            look = "" if not change else "up" if change > 0 else "down"
            texts[f"{line.position.opened_by} change"] = ("-" if change is None else change_text(change), look)
    return texts


def _quoted(key: str, quote: Quote | None) -> Texts:
    price = "-" if quote is None else price_text(quote.price)
    return {f"{key} price": (price, ""), f"{key} at": (minute(quote.at if quote else None), "")}


def _held(line: HeldLine) -> dict[str, Any]:
    position = line.position
    return {
        "key": position.opened_by,
        "account": line.account.name,
        "live": line.account.mode == "live",
        "series": str(position.series),
        "href": instrument_href(position.instrument, position.series.interval),
        "strategy": position.strategy.name,
        "quantity": quantity_text(position.quantity),
        "entry": quantity_text(position.entry_price),
        "target": "" if line.target is None else shown_price(line.target),
        "stop": "" if line.stop is None else shown_price(line.stop),
    }


def _buyers(application: App, names: set[str]) -> list[tuple[str, str]]:
    """Accounts that may buy by hand, with what they have."""
    states = [application.accounts.state(name) for name in sorted(names)]
    return [
        (one.account.name, f"{one.money:,.2f} {one.account.currency}")
        for one in states
        if one.account.mode != "live" and not application.broker(one.account).real_money
    ]
