"""Who may do what: the rights of every route, in one table. A route that is not in it does not start."""

from dataclasses import dataclass
from enum import IntEnum

from algo_trading.domain.user import Scope, User


class Who(IntEnum):
    """Whom a route is for; each may also do what those before may."""

    ANYONE = 0
    MEMBER = 1
    OWNER = 2


@dataclass(frozen=True, slots=True)
class Right:
    """Whom a route is for, and the scope with which their tokens may use it, too (None: a session alone)."""

    who: Who
    scope: Scope | None = None

    def allows(self, user: User | None) -> bool:
        """Whether somebody may (None: nobody is logged in)."""
        if self.who is Who.ANYONE:
            return True
        return user is not None and (self.who is Who.MEMBER or user.is_owner)


ANYONE, MEMBER, OWNER = Right(Who.ANYONE), Right(Who.MEMBER), Right(Who.OWNER)
READ, WRITE, COLLECT, TRADE = (
    Right(Who.MEMBER, scope) for scope in (Scope.READ, Scope.WRITE, Scope.POSTS, Scope.TRADE)
)

# The link itself is the proof, and mail programs that end a subscription for somebody (RFC 8058) are no pages of ours.
ONE_CLICK = ("POST", "/unsubscribe/{token}")

RIGHTS: dict[tuple[str, str], Right] = {
    ("GET", "/healthz"): ANYONE,
    ("GET", "/login"): ANYONE,
    ("POST", "/login"): ANYONE,
    ("POST", "/logout"): MEMBER,
    ("GET", "/"): MEMBER,
    ("GET", "/docs"): MEMBER,
    ("GET", "/instruments"): MEMBER,
    ("GET", "/instruments/{venue:path}/{symbol}"): MEMBER,
    ("GET", "/charts/{venue:path}/{symbol}"): MEMBER,
    ("GET", "/posts"): MEMBER,
    ("GET", "/signals"): MEMBER,
    ("GET", "/alerts"): MEMBER,
    ("GET", "/trades"): MEMBER,
    ("GET", "/trades/{order_id}"): MEMBER,
    ("GET", "/watch"): MEMBER,
    ("GET", "/watch/prices"): MEMBER,
    ("GET", "/watch/sell"): MEMBER,
    ("POST", "/watch/sell"): MEMBER,
    ("GET", "/watch/buy"): MEMBER,
    ("POST", "/watch/buy"): MEMBER,
    ("GET", "/watch/kill-switch"): OWNER,
    ("POST", "/watch/kill-switch"): OWNER,
    ("GET", "/approvals"): MEMBER,
    ("POST", "/approvals/{order_id}"): MEMBER,
    ("GET", "/approve/{token}"): ANYONE,  # the link of a mail, which is signed
    ("POST", "/approve/{token}"): ANYONE,
    ("GET", "/unsubscribe/{token}"): ANYONE,  # as above
    ONE_CLICK: ANYONE,
    ("GET", "/join"): ANYONE,
    ("POST", "/join"): ANYONE,
    ("GET", "/join/{token}"): ANYONE,  # as above
    ("POST", "/join/{token}"): ANYONE,
    ("POST", "/join/{token}/password"): ANYONE,
    ("GET", "/accounts"): MEMBER,
    ("GET", "/accounts/{name}"): MEMBER,
    ("GET", "/accounts/{name}/equity"): MEMBER,
    ("GET", "/backtests"): MEMBER,
    ("POST", "/backtests"): MEMBER,
    ("GET", "/backtests/compare"): MEMBER,
    ("GET", "/backtests/{run_id}"): MEMBER,
    ("POST", "/backtests/{run_id}/stop"): MEMBER,
    ("GET", "/backtests/{run_id}/report"): MEMBER,
    ("GET", "/monitoring"): MEMBER,
    ("POST", "/monitoring"): OWNER,
    ("GET", "/subscriptions"): MEMBER,
    ("POST", "/subscriptions"): MEMBER,
    ("POST", "/subscriptions/end"): MEMBER,
    ("POST", "/subscriptions/request"): MEMBER,
    ("GET", "/quality"): MEMBER,
    ("GET", "/quality/held"): MEMBER,
    ("GET", "/me"): MEMBER,
    ("POST", "/me/password"): MEMBER,
    ("GET", "/me/export"): MEMBER,
    ("POST", "/me/delete"): MEMBER,
    ("POST", "/me/tokens"): MEMBER,
    ("POST", "/me/tokens/revoke"): MEMBER,
    ("GET", "/admin"): OWNER,
    ("POST", "/admin/users"): OWNER,
    ("POST", "/admin/users/password"): OWNER,
    ("POST", "/admin/users/remove"): OWNER,
    ("POST", "/admin/users/accept"): OWNER,
    ("GET", "/api/v1/openapi.json"): READ,
    ("GET", "/api/v1/health"): READ,
    ("GET", "/api/v1/instruments"): READ,
    ("GET", "/api/v1/bars"): READ,
    ("GET", "/api/v1/indicators"): READ,
    ("GET", "/api/v1/scores"): READ,
    ("GET", "/api/v1/signals"): READ,
    ("GET", "/api/v1/posts"): READ,
    ("POST", "/api/v1/posts"): COLLECT,
    ("GET", "/api/v1/tickers"): READ,
    ("POST", "/api/v1/tickers"): Right(Who.OWNER, Scope.WRITE),
    ("GET", "/api/v1/tickers/{ticker}"): READ,
    ("PUT", "/api/v1/tickers/{ticker}"): WRITE,
    ("DELETE", "/api/v1/tickers/{ticker}"): WRITE,
    ("POST", "/api/v1/tickers/{ticker}/notifications"): Right(Who.OWNER, Scope.WRITE),
    ("GET", "/api/v1/alerts"): READ,
    ("GET", "/api/v1/orders"): READ,
    ("GET", "/api/v1/accounts"): READ,
    ("GET", "/api/v1/backtests"): READ,
    ("POST", "/api/v1/backtests"): WRITE,
    ("GET", "/api/v1/backtests/{run_id}"): READ,
    ("GET", "/api/v1/approvals"): READ,
    ("POST", "/api/v1/approvals/{order_id}"): TRADE,
}
