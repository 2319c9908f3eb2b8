"""Quality: what came in, what was held back and why, and what is missing."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import Response

from algo_trading.notification.words import shortened
from algo_trading.queries.quality import HeldRow, Verdict
from algo_trading.web.gate import Application, Recently
from algo_trading.web.lists import Filter, ListView, respond
from algo_trading.web.render import minute
from algo_trading.web.tables import Cell, Column

router = APIRouter()

GAPS_SHOWN = 3
ROW_SHOWN = 300


@router.get("/quality")
def quality(request: Request, application: Application, recent: Recently) -> Response:
    """Verdicts on batches, and the reasons of what is held back."""
    reasons = recent.of("held", application.quarantine.reasons)
    found = application.verdict_pages
    view = ListView(
        title="Quality",
        rows=found,
        columns=_VERDICTS,
        filters=(
            Filter("found", "Show", [("problems", "problems alone")]),
            Filter("source", "Source", [(one, one) for one in recent.of("sources", found.sources)]),
            Filter("from", "From", kind="date"),
            Filter("to", "To", kind="date"),
        ),
        empty="Nothing was judged yet. Each batch of bars or posts that comes in is judged and listed here.",
        template="quality.html.j2",
        above={"reasons": list(reasons.items()), "count": sum(reasons.values())},
    )
    return respond(request, view)


@router.get("/quality/held")
def held(request: Request, application: Application, recent: Recently) -> Response:
    """Rows that were held back."""
    reasons = [(one, one) for one in recent.of("held", application.quarantine.reasons)]
    view = ListView(
        title="Held back",
        rows=application.quarantine_pages,
        columns=_HELD,
        filters=(
            Filter("reason", "Reason", reasons),
            Filter("source", "Source"),
            Filter("symbol", "Symbol"),
        ),
        empty="No row was held back: everything that came in passed the gate.",
        intro="Rows that did not pass the gate, as they came. They are never used, and never dropped.",
    )
    return respond(request, view)


def _held_count(verdict: Verdict) -> Cell:
    count = verdict.result.evaluated - verdict.result.passed
    return Cell(f"{count:,}", look="down" if count else "quiet")


def _rules(verdict: Verdict) -> str:
    return ", ".join(f"{name}: {count:,}" for name, count in verdict.result.expectations.items() if count)


def _missing(gaps: Mapping[str, tuple[str, ...]]) -> str:
    parts = []
    for symbol, keys in gaps.items():
        more = len(keys) - GAPS_SHOWN
        parts.append(f"{symbol}: {', '.join(keys[:GAPS_SHOWN])}" + (f" and {more:,} more" if more > 0 else ""))
    return shortened("; ".join(parts), ROW_SHOWN)


def _errors(errors: Mapping[str, str]) -> str:
    return shortened("; ".join(f"{symbol}: {sentence}" for symbol, sentence in errors.items()), ROW_SHOWN)


_VERDICTS: list[Column[Verdict]] = [
    Column("Judged (UTC)", lambda one: minute(one.judged_at), sort="judged"),
    Column("Source", lambda one: one.result.source, sort="source"),
    Column("Batch", lambda one: one.result.batch),
    Column("Rows", lambda one: f"{one.result.evaluated:,}", sort="rows", numeric=True),
    Column("Held back", _held_count, sort="held", numeric=True),
    Column("Rules that failed", _rules, wide=True),
    Column("Missing periods", lambda one: _missing(one.result.gaps), wide=True),
    Column("Not answered", lambda one: _errors(one.result.errors), wide=True),
]
_HELD: list[Column[HeldRow]] = [
    Column("Since (UTC)", lambda one: minute(one.held_at), sort="held"),
    Column("Source", lambda one: one.row.source, sort="source"),
    Column("Place", lambda one: one.row.place, wide=True),
    Column("Symbol", lambda one: one.row.symbol, sort="symbol"),
    Column("Session", lambda one: one.row.session),
    Column("Reason", lambda one: one.row.reason, sort="reason", wide=True),
    Column(
        "Row",
        lambda one: shortened(" ".join(f"{key}={value}" for key, value in one.row.row.items()), ROW_SHOWN),
        wide=True,
    ),
]
