"""Admin: users, watchlists, assignments, feeds, and who changed what."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from algo_trading.domain.user import Role
from algo_trading.domain.watchlist import Assignment
from algo_trading.queries.status import FeedStatus
from algo_trading.repositories.audit import AuditEntry
from algo_trading.web.cells import account_cell, series_cell
from algo_trading.web.gate import Application, CurrentUser, Recently
from algo_trading.web.recent import Recent
from algo_trading.web.refusals import RefusedError
from algo_trading.web.render import minute, render
from algo_trading.web.tables import Cell, Column, table

router = APIRouter()

CHANGES_SHOWN = 30
ASSIGNMENTS_SHOWN = 200
Text = Annotated[str, Form(max_length=300)]


@router.get("/admin")
def admin(request: Request, application: Application, recent: Recently, said: str = "") -> Response:
    """The page."""
    return _page(request, application, said=said[:500], recent=recent)


@router.post("/admin/users")
def add_user(
    request: Request, application: Application, user: CurrentUser, *, name: Text, role: Annotated[Role, Form()],
    address: Text = "",
) -> Response:  # fmt: skip
    """Add a user, and show the generated password this once."""
    secret = application.manage_users().add(user.name, name.strip(), role, address.strip())
    return _page(request, application, said=f"{name.strip()} may log in.", secret=secret or "")


@router.post("/admin/users/password")
def reset_password(request: Request, application: Application, user: CurrentUser, *, name: Text) -> Response:
    """Give a user another password, and show it this once."""
    secret = application.manage_users().set_password(user.name, name)
    said = f"{name} has another password, and every session of theirs has ended."
    return _page(request, application, said=said, secret=secret or "")


@router.post("/admin/users/remove")
def remove_user(application: Application, user: CurrentUser, *, name: Text) -> Response:
    """Remove a user."""
    if name == user.name:
        raise RefusedError(422, "You cannot remove yourself", "Another owner can.")
    application.manage_users().remove(user.name, name)
    return RedirectResponse(f"/admin?{urlencode({'said': f'{name} is not a user any more.'})}", HTTPStatus.SEE_OTHER)


@router.post("/admin/users/accept")
def answer_request(
    application: Application,
    user: CurrentUser,
    *,
    address: Text,
    answer: Annotated[str, Form(pattern="^(accept|refuse)$")],
) -> Response:
    """Make a user of who asked to join, or forget it."""
    if answer == "accept":
        said = f"{application.join().accept(user.name, address).name} is a user now, and gets a mail."
    else:
        application.join().refuse(user.name, address)
        said = f"The request of {address} is forgotten."
    return RedirectResponse(f"/admin?{urlencode({'said': said})}", HTTPStatus.SEE_OTHER)


def _page(
    request: Request, application: Application, said: str = "", secret: str = "", recent: Recent | None = None
) -> Response:
    read = application.read_status()
    status, assignments = recent.of("status", read) if recent else read(), application.assignments.all()
    configured = {feed.name for feed in application.settings.feeds}
    values = {
        "title": "Admin",
        "users": application.users.all(),
        "roles": list(Role),
        "asking": [one for one in application.join_requests.all() if one.confirmed_at],
        "watchlists": status.watchlists,
        "assignments": table(_ASSIGNMENTS, assignments[:ASSIGNMENTS_SHOWN]),
        "assigned": len(assignments),
        "feeds": table(_feeds(configured), status.feeds),
        "outbox": status.outbox,
        "mail_errors": status.mail_errors,
        "changes": table(_CHANGES, application.audit.newest(CHANGES_SHOWN)),
        "said": said,
        "secret": secret,
    }
    return render(request, "admin.html.j2", values)


def _feeds(configured: set[str]) -> list[Column[FeedStatus]]:
    def state(one: FeedStatus) -> Cell:
        if one.name not in configured:
            return Cell("no longer configured", look="quiet")
        return Cell(one.error or "fine", look="bad" if one.error else "good")

    return [
        Column("Feed", lambda one: one.name, wide=True),
        Column("Newest (UTC)", lambda one: minute(one.newest)),
        Column("Tried (UTC)", lambda one: minute(one.tried)),
        Column("State", state, wide=True),
    ]


def _detail(entry: AuditEntry) -> str:
    return ", ".join(f"{name} {value}" for name, value in entry.detail.items() if value not in (None, ""))


_ASSIGNMENTS: list[Column[Assignment]] = [
    Column("Strategy", lambda one: str(one.strategy), wide=True),
    Column("Series", lambda one: series_cell(one.series)),
    Column("Watchlist", lambda one: one.watchlist),
    Column("Account", lambda one: account_cell(one.account)),
    Column("Owner", lambda one: one.owner),
]
_CHANGES: list[Column[AuditEntry]] = [
    Column("At (UTC)", lambda one: minute(one.at)),
    Column("Who", lambda one: one.actor),
    Column("What", lambda one: one.action),
    Column("To", lambda one: one.subject),
    Column("Detail", _detail, wide=True),
]
