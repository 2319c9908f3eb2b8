"""Monitoring: pairs and timeframes as a heat map of ranks, and what is followed."""

from dataclasses import dataclass
from http import HTTPStatus
from math import isfinite
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import CandleRank, PairScore
from algo_trading.domain.time import Interval
from algo_trading.errors import ConfigError
from algo_trading.notification.words import price_text
from algo_trading.repositories.audit import AuditEntry
from algo_trading.web.cells import instrument_href
from algo_trading.web.gate import Application, CurrentUser, Recently
from algo_trading.web.render import render

router = APIRouter()

EXTREME = (2.5, 5.0, 10.0, 20.0)  # ranks up to which a cell has one of the four shades


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A timeframe of a pair: its change, the rank of it, and the shade of the cell."""

    text: str
    rank: str
    look: str
    label: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A pair with its scores; `cells` are in the order of the timeframes, None where it is not scored."""

    instrument: Instrument
    href: str
    price: str
    bull: int
    bear: int
    maximum: int
    cells: list[HeatCell | None]


@router.get("/monitoring")
def monitoring(request: Request, application: Application, recent: Recently, said: str = "") -> Response:
    """The page."""
    scores = recent.of("scores", application.scores.newest)
    timeframes = sorted({interval for one in scores for interval in one.timeframes}, key=lambda one: one.order)
    values = {
        "title": "Monitoring",
        "timeframes": timeframes,
        "rows": [_row(one, timeframes) for one in scores],
        "at": max((one.at for one in scores), default=None),
        "watchlists": application.watchlists.all(),
        "state": recent.of("monitored", application.monitor().read),
        "said": said[:500],
    }
    return render(request, "monitoring.html.j2", values)


@router.post("/monitoring")
def change(
    application: Application,
    user: CurrentUser,
    items: Annotated[str, Form(max_length=2000)],
    action: Annotated[str, Form(pattern="^(monitor|drop)$")],
) -> Response:
    """Follow more, or less; as `algo-trading monitor` and `drop`."""
    from urllib.parse import urlencode

    wanted = items.split()
    if not wanted:
        raise ConfigError("name a coin, a pair or series, such as BTC, INJBTC or ETHUSDT[4h,1d]")
    monitor = application.monitor()
    report = monitor.add(wanted) if action == "monitor" else monitor.drop(wanted)
    application.audit.add(AuditEntry(application.clock.now(), user.name, f"monitoring.{action}", items[:200]))
    parts = [f"{name.replace('_', ' ')}: {', '.join(found)}" for name, found in vars(report).items() if found]
    said = urlencode({"said": "; ".join(parts) or "nothing changed"})
    return RedirectResponse(f"/monitoring?{said}", HTTPStatus.SEE_OTHER)


def _row(score: PairScore, timeframes: list[Interval]) -> HeatRow:
    return HeatRow(
        score.instrument,
        instrument_href(score.instrument),
        price_text(score.price),
        score.bull,
        score.bear,
        score.maximum,
        [_heat(one, score.timeframes.get(one)) for one in timeframes],
    )


def _heat(interval: Interval, rank: CandleRank | None) -> HeatCell | None:
    """The cell of a timeframe: the smaller the rank of its rise or fall, the stronger the shade."""
    if rank is None:
        return None
    rising = rank.change >= 0
    place = rank.rank_max_up if rising else rank.rank_max_down
    step = next((number for number, bound in enumerate(EXTREME) if place <= bound), len(EXTREME))
    shade = f"{'rise' if rising else 'fall'}-{len(EXTREME) - step}" if step < len(EXTREME) else ""
    shown = f"{place:.1f}" if isfinite(place) else "-"
    said = f"{interval}: change {rank.change:+.1f} per cent, rank {shown} among {rank.closed:,} candles"
    return HeatCell(f"{rank.change:+.1f}", shown, shade, said)
