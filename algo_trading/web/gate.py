"""Lets a request through to its route, or says why not: the table of rights, sessions, tokens, origins, form tokens."""

import hashlib
import hmac
import math
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote, urlsplit

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from algo_trading.bootstrap import App
from algo_trading.domain.user import Scope, User
from algo_trading.web.headers import READING
from algo_trading.web.recent import Recent
from algo_trading.web.refusals import LoginNeededError, RefusedError
from algo_trading.web.rights import ONE_CLICK, RIGHTS, Right, Who

COOKIE = "algo_session"
FORM_TOKEN = "form_token"  # noqa: S105 - the name of a field
API = "/api/"
BROWSERS = ("origin", "referer", "sec-fetch-site")  # headers with which a browser says where a form comes from


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and the token that their forms carry (empty without a session)."""

    user: User | None = None
    form_token: str = ""


# Of what FastAPI asks for each request nothing waits; it would start a thread for what is not a coroutine.


async def application_of(request: Request) -> App:
    """The services."""
    application: App = request.app.state.application
    return application


async def recent_of(request: Request) -> Recent:
    """What was read in the last seconds."""
    recent: Recent = request.app.state.recent
    return recent


def visitor_of(request: Request) -> Visitor:
    """Who asks; known once the gate has let the request through."""
    return getattr(request.state, "visitor", Visitor())


def user_of(request: Request) -> User:
    """Who asks, on a route that is not for anyone."""
    user = visitor_of(request).user
    assert user is not None
    return user


async def _current_visitor(request: Request) -> Visitor:
    return visitor_of(request)


async def _current_user(request: Request) -> User:
    return user_of(request)


Application = Annotated[App, Depends(application_of)]
Recently = Annotated[Recent, Depends(recent_of)]
CurrentVisitor = Annotated[Visitor, Depends(_current_visitor)]
CurrentUser = Annotated[User, Depends(_current_user)]


async def admit(request: Request) -> None:
    """Find out who asks, and let them through.

    Raises:
        LoginNeededError: nobody is logged in, and the route is not for anyone.
        RefusedError: it is not for this user or token, or a page of another site asks.
    """
    route = _method(request), request.scope["route"].path
    right = RIGHTS[route]
    if "\x00" in unquote(f"{request.url.path}?{request.url.query}"):  # which no text of the database may have
        raise RefusedError(422, "This does not fit", "An address has no zero bytes.")
    if request.url.path.startswith(API):
        _slow_down(request)
    secret = _bearer(request)
    if secret is not None:
        request.state.visitor = Visitor(await _by_token(request, secret, right))
        return
    cookie = request.cookies.get(COOKIE, "")
    user = await _by_session(request, cookie) if cookie else None
    visitor = Visitor(user, form_token_of(cookie) if user else "")
    request.state.visitor = visitor
    if user is None and right.who is not Who.ANYONE:
        raise LoginNeededError
    if not right.allows(user):
        raise RefusedError(403, "This is for owners", "An owner can do this, or make you one.")
    if request.method not in READING and not (route == ONE_CLICK and _is_mail_program(request, visitor)):
        await _check_intent(request, visitor)


def _is_mail_program(request: Request, visitor: Visitor) -> bool:
    """Whether no browser asks."""
    return visitor.user is None and not any(name in request.headers for name in BROWSERS)


def form_token_of(secret: str) -> str:
    """What the forms of a session carry: only who knows the session's secret can make it."""
    return hashlib.sha256(f"form {secret}".encode()).hexdigest()


def own_origins(request: Request) -> set[str]:
    """The origins of our own pages: the address that was asked, and the public one."""
    public = str(request.app.state.public_url)
    return {f"{request.url.scheme}://{request.headers.get('host', '')}", *([public] if public else [])}


def _slow_down(request: Request) -> None:
    """Count a request of the API by the token or session that it shows, else by where it comes from."""
    shown = request.headers.get("authorization") or request.cookies.get(COOKIE)
    place = request.client.host if request.client else "unknown"
    key = hashlib.sha256(shown.encode()).hexdigest() if shown else place
    seconds = request.app.state.rate_limit.wait(key)
    if seconds:
        raise RefusedError(429, "Too many requests", "Ask again after the seconds of Retry-After.", math.ceil(seconds))


def _method(request: Request) -> str:
    return "GET" if request.method == "HEAD" else request.method


def _bearer(request: Request) -> str | None:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and request.url.path.startswith(API) else None


async def _by_session(request: Request, cookie: str) -> User | None:
    """Whose session it is; sessions that end elsewhere end here within the seconds that `Recent` keeps something."""
    recent, key = await recent_of(request), ("session", cookie)
    kept = recent.known(key)
    if kept is not None:
        user: User | None = kept.value
        return user
    identify = (await application_of(request)).identify()
    return await run_in_threadpool(recent.of, key, lambda: identify.by_session(cookie))


async def _by_token(request: Request, secret: str, right: Right) -> User:
    found = await run_in_threadpool((await application_of(request)).identify().by_token, secret)
    if found is None:
        raise RefusedError(401, "This token does not work", "It was revoked, has ended, or is not one of ours.")
    user, scopes = found
    if right.scope not in scopes:
        needed = f"a token with the scope {right.scope}" if right.scope else "somebody who is logged in"
        raise RefusedError(403, "This token may not do that", f"It needs {needed}; it has {_listed(scopes)}.")
    if not right.allows(user):
        raise RefusedError(403, "This is for owners", "The user of this token is not one.")
    request.state.token_used = True
    return user


def _listed(scopes: frozenset[Scope]) -> str:
    return ", ".join(sorted(scopes))


async def _check_intent(request: Request, visitor: Visitor) -> None:
    """A change must come from one of our own pages, and in a session with its form token."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    if origin is None and site is None:
        referrer = urlsplit(request.headers.get("referer", ""))
        origin = f"{referrer.scheme}://{referrer.netloc}"
    if (origin is not None and origin not in own_origins(request)) or site not in {None, "same-origin"}:
        raise RefusedError(403, "This did not come from one of our pages", "Open the page here and send it again.")
    if visitor.user is None:
        return
    given = request.headers.get("x-form-token", "")
    if not given and not request.url.path.startswith(API):
        given = str((await request.form()).get(FORM_TOKEN, ""))
    if not hmac.compare_digest(given.encode(), visitor.form_token.encode()):
        raise RefusedError(403, "This form is out of date", "Reload the page and send it again.")
