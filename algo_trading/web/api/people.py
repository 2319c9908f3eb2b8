"""What belongs to somebody: accounts, their orders, and alerts."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from algo_trading.domain.notice import NoticeKind, NoticeStatus
from algo_trading.domain.order import OrderStatus
from algo_trading.queries.alerts import alert_json
from algo_trading.queries.documents import order_json
from algo_trading.web.api.answers import PREFIX, Cursor, Limit, document, paged
from algo_trading.web.cells import visible_accounts
from algo_trading.web.gate import Application, CurrentUser
from algo_trading.web.pages.alerts import own_alerts

router = APIRouter(prefix=PREFIX, tags=["accounts"])

Text = Annotated[str | None, Query(max_length=200)]


@router.get("/orders")
def orders(
    request: Request, application: Application, user: CurrentUser, *, symbol: Text = None, strategy: Text = None,
    account: Text = None, status: OrderStatus | None = None, limit: Limit = 100, cursor: Cursor = "",
) -> Response:  # fmt: skip
    """Orders with their fills, newest decision first; members see those of their accounts."""
    filters = {"symbol": symbol, "strategy": strategy, "account": account, "status": status}
    own = {} if user.is_owner else {"owner": user.name}
    return paged(request, application.order_pages, {**filters, **own}, shown=order_json, limit=limit, cursor=cursor)


@router.get("/accounts")
def accounts(request: Request, application: Application, user: CurrentUser) -> Response:
    """Accounts with cash, equity, positions, and how far they have come; members see their own."""
    states = application.read_status().account_states()
    return document(request, {"items": visible_accounts(states, user)})


@router.get("/alerts")
def alerts(
    request: Request, application: Application, user: CurrentUser, *, kind: NoticeKind | None = None,
    status: NoticeStatus | None = None, symbol: Text = None, address: Text = None, limit: Limit = 100,
    cursor: Cursor = "",
) -> Response:  # fmt: skip
    """Notices with to whom, by which channel and whether they were sent, newest first; members see their own."""
    filters = {"kind": kind, "status": status, "symbol": symbol, "address": address, **own_alerts(user)}
    return paged(request, application.alert_pages, filters, shown=alert_json, limit=limit, cursor=cursor)
