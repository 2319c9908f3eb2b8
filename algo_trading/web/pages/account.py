"""One's own account: password, tokens, what is kept about one."""

import json
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from algo_trading.domain.user import Scope
from algo_trading.errors import ConfigError
from algo_trading.queries.plain import plain
from algo_trading.services.sign_in import SESSION
from algo_trading.web.gate import COOKIE, Application, CurrentUser
from algo_trading.web.render import render

router = APIRouter()

LIFETIMES = {"30": "30 days", "365": "a year", "": "no end"}
Text = Annotated[str, Form(max_length=300)]


@router.get("/me")
def me(request: Request, application: Application, user: CurrentUser, said: str = "") -> Response:
    """The page."""
    return _page(request, application, user.name, said=said[:500])


@router.post("/me/password")
def change_password(
    request: Request, application: Application, user: CurrentUser, *, current: Text, password: Text, again: Text
) -> Response:
    """Change one's password; other sessions end, this one begins anew."""
    if password != again:
        raise ConfigError("the two new passwords differ; go back and type them again")
    place = request.client.host if request.client else "unknown"
    application.sign_in()(user.name, current, place)  # counted as an attempt, like any other
    application.manage_users().set_password(user.name, user.name, password)
    secret = application.sign_in()(user.name, password, place).secret
    said = urlencode({"said": "Your password is changed, and your other sessions have ended."})
    response = RedirectResponse(f"/me?{said}", HTTPStatus.SEE_OTHER)
    secure = request.url.scheme == "https" or request.app.state.public_url.startswith("https://")
    response.set_cookie(COOKIE, secret, int(SESSION.total_seconds()), httponly=True, samesite="lax", secure=secure)
    return response


@router.get("/me/export")
def export(application: Application, user: CurrentUser) -> Response:
    """Everything that is kept about one, as a file."""
    content = json.dumps(plain(application.own_data().export(user.name)), indent=2)
    headers = {"Content-Disposition": f'attachment; filename="{user.name}.json"'}
    return Response(content, media_type="application/json", headers=headers)


@router.post("/me/delete")
def delete(request: Request, application: Application, user: CurrentUser, *, current: Text) -> Response:
    """Remove one's account with everything that is kept about one."""
    place = request.client.host if request.client else "unknown"
    application.sign_in()(user.name, current, place)  # counted as an attempt, like any other
    application.own_data().delete(user.name, user.name)
    response = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    response.delete_cookie(COOKIE)
    return response


@router.post("/me/tokens")
def add_token(
    request: Request,
    application: Application,
    user: CurrentUser,
    *,
    name: Text,
    scope: Annotated[list[Scope] | None, Form()] = None,
    days: Text = "365",
) -> Response:
    """Make a token and show it this once."""
    lifetime = timedelta(days=int(days)) if days in LIFETIMES and days else None
    secret = application.manage_users().issue_token(user.name, user.name, name.strip(), scope or (), lifetime)
    return _page(request, application, user.name, secret=secret)


@router.post("/me/tokens/revoke")
def revoke_token(application: Application, user: CurrentUser, *, name: Text) -> Response:
    """Make a token useless."""
    application.manage_users().revoke_token(user.name, user.name, name)
    said = urlencode({"said": f"The token {name} does not work any more."})
    return RedirectResponse(f"/me?{said}", HTTPStatus.SEE_OTHER)


def _page(request: Request, application: Application, name: str, said: str = "", secret: str = "") -> Response:
    now = application.clock.now()
    tokens = [(one, one.works(now)) for one in application.tokens.of(name)]
    values = {
        "title": "Your account",
        "tokens": tokens,
        "scopes": list(Scope),
        "lifetimes": LIFETIMES,
        "said": said,
        "secret": secret,
    }
    return render(request, "me.html.j2", values)
