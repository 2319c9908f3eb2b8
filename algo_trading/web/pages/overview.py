"""Overview: today, and what needs somebody."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from algo_trading.bootstrap import App
from algo_trading.domain.user import User
from algo_trading.queries.pages import PageRequest
from algo_trading.queries.status import AccountStatus, Status
from algo_trading.web.approving import visible_lines
from algo_trading.web.cells import order_columns, signal_columns, visible_accounts
from algo_trading.web.gate import Application, CurrentUser, Recently
from algo_trading.web.lists import Column, table
from algo_trading.web.render import render

router = APIRouter()

NEWEST = 8
LONG = 3.0  # times as long as other answers the counts are kept


@dataclass(frozen=True, slots=True)
class Need:
    """Something that needs somebody: what, and where to look."""

    text: str
    href: str
    look: str = "warn"


@router.get("/")
def overview(request: Request, application: Application, user: CurrentUser, recent: Recently) -> Response:
    """The page."""
    status = recent.of("status", application.read_status(), LONG)
    accounts = visible_accounts(status.accounts, user)
    signals = application.signal_pages.page(PageRequest(limit=NEWEST)).rows
    own = {} if user.is_owner else {"owner": user.name}
    orders = application.order_pages.page(PageRequest(own, limit=NEWEST)).rows
    values = {
        "title": "Overview",
        "needs": list(_needs(application, status, accounts, user)),
        "accounts": accounts,
        "newest": status.latest_partition,
        "figures": _figures(status),
        "watchlists": status.watchlists,
        "signals": table(signal_columns(), signals),
        "orders": table(order_columns(), orders),
        "recommended": table(_recommended(), status.recommendations),
    }
    return render(request, "overview.html.j2", values)


def _needs(application: App, status: Status, accounts: tuple[AccountStatus, ...], user: User) -> Iterator[Need]:
    switch = application.kill_switch.current()
    if switch is not None and switch.engaged:
        why = f": {switch.reason}" if switch.reason else ""
        yield Need(f"The kill switch is on, no account enters a position (since {switch.at:%Y-%m-%d %H:%M} UTC{why}).",
                   "/accounts", "bad")  # fmt: skip
    if not status.watchlists:
        yield Need("Nothing is watched yet: `algo-trading up` applies the configuration.", "/monitoring")
    for account in accounts:
        if account.mode == "live":
            yield Need(f"The account {account.name} trades real money.", f"/accounts/{account.name}")
    for feed in status.feeds:
        if feed.error:
            yield Need(f"The feed {feed.name}: {feed.error}", "/quality" if not user.is_owner else "/admin")
    yield from _undelivered(status) if user.is_owner else ()
    yield from _orders(application, status, accounts, user)


def _undelivered(status: Status) -> Iterator[Need]:
    if status.mail_errors:
        failed = sum(status.mail_errors.values())
        first = next(iter(status.mail_errors))
        yield Need(f"{failed:,} mails could not be delivered: {first}", "/admin")
    if status.outbox.get("pending", 0):
        yield Need(f"{status.outbox['pending']:,} mails wait to be delivered.", "/admin", "note")


def _orders(application: App, status: Status, accounts: tuple[AccountStatus, ...], user: User) -> Iterator[Need]:
    waiting = len(visible_lines(application, user, application.read_approvals()()))
    if waiting:
        yield Need(f"{waiting:,} orders wait for somebody to approve them.", "/approvals")
    if status.orders["pending"] and accounts:
        yield Need(f"{status.orders['pending']:,} orders are waiting to be filled.", "/trades?status=new", "note")


def _figures(status: Status) -> Mapping[str, tuple[int, str]]:
    """Counts and where they are listed."""
    rows = status.rows
    return {
        "bars": (rows["bars"], "/instruments"),
        "signals": (rows["signals"], "/signals?side=all"),
        "orders filled": (status.orders["filled"], "/trades?status=filled"),
        "orders refused": (status.orders["refused"], "/trades?status=rejected"),
        "posts and articles": (rows["posts"] + rows["articles"], "/posts"),
        "rows held back": (rows["quarantined"], "/quality/held"),
    }


def _recommended() -> list[Column]:  # type: ignore[type-arg]  # of RecommendationStatus
    return [
        Column("Symbol", lambda row: row.symbol),
        Column("Strategy", lambda row: row.strategy),
        Column("As of", lambda row: str(row.session)),
        Column("Settings tried", lambda row: f"{row.trials:,}", numeric=True),
        Column("Why", lambda row: row.reason, wide=True),
    ]
