"""The list of alerts: what was sent to whom, or why not."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from algo_trading.domain.notice import NoticeKind, NoticeStatus
from algo_trading.domain.user import User
from algo_trading.notification.words import one_line, price_text, shortened
from algo_trading.queries.alerts import AlertLine
from algo_trading.queries.figures import confidence_text
from algo_trading.web.cells import instrument_href
from algo_trading.web.gate import Application, CurrentUser
from algo_trading.web.lists import Filter, ListView, respond
from algo_trading.web.render import minute
from algo_trading.web.tables import Cell, Column

router = APIRouter()

ABOUT_SHOWN, ERROR_SHOWN = 120, 200
NOBODY = "-"  # to whom nothing is addressed
LOOKS = {NoticeStatus.SENT: "good", NoticeStatus.FAILED: "bad", NoticeStatus.PENDING: "note"}
EMPTY = (
    "No alert has been queued yet. They follow from signals, high scores and regular mails of whoever subscribed: "
    "see Subscriptions."
)


@router.get("/alerts")
def alerts(request: Request, application: Application, user: CurrentUser) -> Response:
    """The page; members see what went to their address."""
    view = ListView(
        title="Alerts",
        rows=application.alert_pages,
        columns=_COLUMNS,
        filters=(
            Filter("symbol", "Symbol"),
            Filter("kind", "Kind", [(one, one.replace("_", " ")) for one in NoticeKind]),
            Filter("status", "Status", [(one, one) for one in NoticeStatus]),
            *([Filter("address", "Recipient")] if user.is_owner else []),
            Filter("from", "From", kind="date"),
            Filter("to", "To", kind="date"),
        ),
        empty=EMPTY,
        intro="What was sent, to whom and by which channel; what waits or could not be delivered says why.",
        fixed=own_alerts(user),
    )
    return respond(request, view)


def own_alerts(user: User) -> dict[str, str]:
    """Filters that leave a member what goes to their address."""
    return {} if user.is_owner else {"address": user.address or NOBODY}


def _about(line: AlertLine) -> Cell:
    about = line.about
    href = instrument_href(about.instrument) if about.instrument else ""
    return Cell(shortened(one_line(about.text), ABOUT_SHOWN), href)


def _price(line: AlertLine) -> str:
    price = line.about.price
    return "-" if price is None else price_text(price)


def _confidence(line: AlertLine) -> str:
    confidence = line.about.confidence
    return "-" if confidence is None else confidence_text(confidence)


def _state(line: AlertLine) -> str:
    notice = line.notice
    if notice.status is NoticeStatus.SENT:
        return f"{minute(notice.sent_at)} UTC"
    again = (
        f"again after {minute(line.next_try)} UTC" if line.next_try and notice.status is NoticeStatus.PENDING else ""
    )
    return "; ".join(part for part in (again, shortened(one_line(notice.last_error), ERROR_SHOWN)) if part)


_COLUMNS: list[Column[AlertLine]] = [
    Column("Queued (UTC)", lambda one: minute(one.queued_at), sort="queued"),
    Column("Kind", lambda one: one.notice.content.kind.replace("_", " "), sort="kind"),
    Column("About", _about, wide=True),
    Column("Price", _price, numeric=True),
    Column("Confidence", _confidence, numeric=True),
    Column("To", lambda one: one.notice.recipient, sort="address"),
    Column("Channel", lambda one: one.notice.channel or "default"),
    Column("Status", lambda one: Cell(one.notice.status, look=f"badge {LOOKS[one.notice.status]}"), sort="status"),
    Column("Sent, or why not", _state, sort="sent", wide=True),
]
