"""The list of instruments."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from algo_trading.domain.time import Interval, period_key
from algo_trading.notification.words import change_text, price_text
from algo_trading.queries.figures import amount_text
from algo_trading.queries.instruments import InstrumentLine
from algo_trading.web.cells import instrument_href
from algo_trading.web.gate import Application, Recently
from algo_trading.web.lists import Filter, ListView, respond
from algo_trading.web.tables import Cell, Column

router = APIRouter()

EMPTY = (
    "No bars are stored yet. `algo-trading load --from 2012-01-01 --to 2012-12-31` loads history, "
    "and `make run` keeps it up to date."
)


@router.get("/instruments")
def instruments(request: Request, application: Application, recent: Recently) -> Response:
    """The page."""
    found = application.instrument_list
    view = ListView(
        title="Instruments",
        rows=found,
        columns=COLUMNS,
        filters=(
            Filter("q", "Symbol or name"),
            Filter("venue", "Venue", [(one, one) for one in recent.of("venues", found.venues)]),
            Filter("interval", "Has bars of", [(one, one) for one in Interval]),
        ),
        empty=EMPTY,
        intro="Everything that has bars, with its newest close as traded. Figures in US dollars are the listing's.",
    )
    return respond(request, view)


def _change(line: InstrumentLine) -> Cell:
    if line.change is None:
        return Cell("-")
    return Cell(change_text(line.change), look="up" if line.change > 0 else "down" if line.change < 0 else "")


def _sentiment(line: InstrumentLine) -> Cell:
    if line.sentiment is None:
        return Cell("-")
    look = "up" if line.sentiment > 0 else "down" if line.sentiment < 0 else ""
    return Cell(f"{line.sentiment:+.2f} ({line.mentions:,})", look=look)


def _score(score: int | None, maximum: int | None) -> str:
    return "-" if score is None else f"{score} of {maximum}"


COLUMNS: list[Column[InstrumentLine]] = [
    Column("Symbol", lambda one: Cell(one.instrument.symbol, instrument_href(one.instrument)), sort="symbol"),
    Column("Name", lambda one: one.name, sort="name"),
    Column("Venue", lambda one: one.instrument.venue, sort="venue"),
    Column("Close", lambda one: price_text(one.close), sort="close", numeric=True),
    Column("Change", _change, sort="change", numeric=True),
    Column("Newest bar", lambda one: f"{period_key(one.interval, one.opened_at)}", sort="newest"),
    Column("Intervals", lambda one: " ".join(one.intervals)),
    Column("Sentiment, 7 days", _sentiment, sort="sentiment", numeric=True),
    Column("Bull", lambda one: _score(one.bull, one.maximum), sort="bull", numeric=True),
    Column("Bear", lambda one: _score(one.bear, one.maximum), sort="bear", numeric=True),
    Column("Rank", lambda one: str(one.rank or "-"), sort="rank", numeric=True),
    Column("Market cap", lambda one: amount_text(one.market_cap) or "-", sort="market_cap", numeric=True),
    Column("24 h volume", lambda one: amount_text(one.volume) or "-", sort="volume", numeric=True),
]
