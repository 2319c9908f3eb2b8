"""Joining: the form, and the page that the mailed link leads to."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from algo_trading.bootstrap import App
from algo_trading.domain.join_request import Joining
from algo_trading.errors import ConfigError
from algo_trading.services.join import PATH
from algo_trading.web.gate import Application
from algo_trading.web.refusals import RefusedError
from algo_trading.web.render import render

router = APIRouter()

Text = Annotated[str, Form(max_length=300)]


@router.get("/join")
def form(request: Request, application: Application) -> Response:
    """The form."""
    return _form(request, application)


@router.post("/join")
def ask(request: Request, application: Application, address: Text = "") -> Response:
    """Send the mail with which the address is confirmed; the answer is the same whoever has the address."""
    application.join().ask(address, request.client.host if request.client else "unknown")
    said = f"If {address.strip()} is not a user's yet, a mail is on its way there. It says how to go on."
    return _form(request, application, said)


@router.get(f"{PATH}{{token}}")
def invited(request: Request, application: Application, token: str) -> Response:
    """The page that the mail leads to; opening it confirms nothing."""
    return _page(request, application, _address(application, token))


@router.post(f"{PATH}{{token}}")
def confirm(request: Request, application: Application, token: str) -> Response:
    """Confirm the address."""
    address = _address(application, token)
    application.join().confirm(address)
    return _page(request, application, address)


@router.post(f"{PATH}{{token}}/password")
def choose_password(application: Application, token: str, password: Text = "", again: Text = "") -> Response:
    """Choose the first password, with which one then logs in."""
    if password != again:
        raise ConfigError("the two passwords differ; go back and type them again")
    application.join().choose_password(_address(application, token), password)
    return RedirectResponse(f"/login?{urlencode({'next': '/subscriptions'})}", HTTPStatus.SEE_OTHER)


def _address(application: App, token: str) -> str:
    address = application.join().read(token)
    if address is None:
        raise RefusedError(404, "This link does not work", "It was changed on its way. Ask to join once more.")
    return address


def _form(request: Request, application: App, said: str = "") -> Response:
    values = {"title": "Join", "open": application.settings.people.joining is not Joining.CLOSED, "said": said}
    return render(request, "join.html.j2", values)


def _page(request: Request, application: App, address: str) -> Response:
    state = application.join().state(address)
    if state is None:
        raise RefusedError(404, "This link does not work any more", "Ask to join once more.")
    user = application.users.by_login(address)
    values = {"title": "Join", "state": state.name, "address": address, "name": user[0].name if user else ""}
    return render(request, "joining.html.j2", values)
