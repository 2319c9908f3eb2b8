"""Logging in and out."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from algo_trading.services.sign_in import SESSION, LoginError, TooManyAttemptsError
from algo_trading.web.gate import COOKIE, Application, CurrentVisitor
from algo_trading.web.render import render

router = APIRouter()


@router.get("/healthz")
def health(application: Application) -> Response:
    """Whether pages can be served."""
    application.users.find("")
    return PlainTextResponse("ok\n")


@router.get("/login")
def form(request: Request, application: Application, visitor: CurrentVisitor, next: str = "/") -> Response:  # noqa: A002 - the field's name
    """The form; who is logged in already is led on."""
    if visitor.user is not None:
        return RedirectResponse(_own_path(next), HTTPStatus.SEE_OTHER)
    joining = application.settings.people.joining
    return render(request, "login.html.j2", {"next": _own_path(next), "login": "", "error": "", "joining": joining})


@router.post("/login")
def log_in(
    request: Request,
    application: Application,
    login: Annotated[str, Form(max_length=300)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002 - the field's name
) -> Response:
    """Begin a session, or show the form again with the reason."""
    place = request.client.host if request.client else "unknown"
    try:
        signed_in = application.sign_in()(login, password, place)
    except (LoginError, TooManyAttemptsError) as error:
        status = 429 if isinstance(error, TooManyAttemptsError) else 401
        sentence = f"{str(error)[:1].upper()}{str(error)[1:]}."
        joining = application.settings.people.joining
        values = {"next": _own_path(next), "login": login, "error": sentence, "joining": joining}
        return render(request, "login.html.j2", values, status=status)
    response = RedirectResponse(_own_path(next), HTTPStatus.SEE_OTHER)
    secure = request.url.scheme == "https" or request.app.state.public_url.startswith("https://")
    seconds = int(SESSION.total_seconds())
    response.set_cookie(COOKIE, signed_in.secret, seconds, httponly=True, samesite="lax", secure=secure)
    return response


@router.post("/logout")
def log_out(request: Request, application: Application) -> Response:
    """End the session."""
    application.identify().sign_out(request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    response.delete_cookie(COOKIE)
    return response


def _own_path(text: str) -> str:
    """A path of ours; the overview where it is anything else."""
    plain = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if plain else "/"
