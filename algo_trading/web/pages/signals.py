"""The list of signals."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from algo_trading.web.cells import signal_columns
from algo_trading.web.gate import Application, Recently
from algo_trading.web.lists import Filter, ListView, respond

router = APIRouter()

SIDES = [("buy", "buy"), ("sell", "sell"), ("hold", "hold"), ("all", "with holds")]
EMPTY = (
    "No strategy has said buy or sell yet. Signals come at the close of each period of a watchlist with assigned "
    "strategies; `algo-trading run-session 2013-01-02 --to 2013-02-22` makes those of past sessions."
)


@router.get("/signals")
def signals(request: Request, application: Application, recent: Recently) -> Response:
    """The page."""
    found = application.signal_pages
    strategies = recent.of("strategies", found.strategies)
    view = ListView(
        title="Signals",
        rows=found,
        columns=signal_columns(),
        filters=(
            Filter("symbol", "Symbol"),
            Filter("side", "Side", SIDES),
            Filter("strategy", "Strategy", [(one, one) for one in strategies]),
            Filter("from", "From", kind="date"),
            Filter("to", "To", kind="date"),
        ),
        empty=EMPTY,
        intro="What strategies said at the close of each bar or about a post, as `algo-trading signals` lists it.",
    )
    return respond(request, view)
