"""Overview: today, and what needs somebody."""

from collections.abc import Mapping
from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response

from algo_trading.bootstrap import App
from algo_trading.domain.user import User
from algo_trading.queries.pages import PageRequest
from algo_trading.queries.status import AccountStatus, Status
from algo_trading.web.cells import order_columns, signal_columns, visible_accounts
from algo_trading.web.gate import Application, CurrentUser, Recently
from algo_trading.web.needs import Waiting, needs
from algo_trading.web.render import render
from algo_trading.web.tables import Column, table

router = APIRouter()

NEWEST = 8
LONG = 3.0  # times as long as other answers the counts are kept


@router.get("/")
def overview(request: Request, application: Application, user: CurrentUser, recent: Recently) -> Response:
    """The page."""
    status = recent.of("status", application.read_status(), LONG)
    accounts = visible_accounts(status.accounts, user)
    own = {} if user.is_owner else {"owner": user.name}
    newest = PageRequest(limit=NEWEST, counted=False)
    signals = recent.of("newest signals", lambda: table(signal_columns(), application.signal_pages.page(newest).rows))
    orders = recent.of(
        ("newest orders", *own.values()),
        lambda: table(order_columns(), application.order_pages.page(replace(newest, filters=own)).rows),
    )
    waiting = recent.of(("waiting", user.name), lambda: _waiting(application, accounts, user))
    switch = recent.of("kill switch", application.kill_switch.current)
    values = {
        "title": "Overview",
        "needs": list(needs(status, accounts, waiting, switch, is_owner=user.is_owner)),
        "accounts": accounts,
        "newest": status.latest_partition,
        "figures": _figures(status),
        "watchlists": status.watchlists,
        "signals": signals,
        "orders": orders,
        "recommended": table(_recommended(), status.recommendations),
    }
    return render(request, "overview.html.j2", values)


def _waiting(application: App, accounts: tuple[AccountStatus, ...], user: User) -> Waiting:
    """What waits for an answer that the user may give."""
    own = {one.name for one in accounts}
    orders = sum(line.approval.account in own for line in application.read_approvals()())
    confirmed = (one.confirmed_at is not None for one in application.join_requests.all()) if user.is_owner else ()
    return Waiting(orders, sum(confirmed))


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
