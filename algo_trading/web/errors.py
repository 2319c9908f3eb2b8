"""What can go wrong, as pages and as problem documents: the cause, the next step, and nothing of the inside."""

import logging
import secrets
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from algo_trading.errors import AlgoTradingError, ConfigError, ServiceUnavailableError, UnknownNameError
from algo_trading.services.approve_orders import AlreadyAnsweredError
from algo_trading.services.sign_in import LoginError, TooManyAttemptsError
from algo_trading.web.backtests import TooManyRunsError
from algo_trading.web.refusals import LoginNeededError, RefusedError
from algo_trading.web.render import render

LOG = logging.getLogger(__name__)
API = "/api/"


def add_handlers(app: FastAPI) -> None:
    """Let `app` answer with these."""
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(LoginNeededError, _login)
    app.add_exception_handler(AlgoTradingError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def answer(request: Request, status: int, title: str, detail: str, **headers: str) -> Response:
    """A page, or for the API a problem document (RFC 9457)."""
    if request.url.path.startswith(API):
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        return JSONResponse(body, status, headers, "application/problem+json")
    return render(request, "error.html.j2", {"title": title, "detail": detail}, status=status, headers=headers)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return answer(request, error.status, error.title, error.detail, **headers)


def _login(request: Request, _: Exception) -> Response:
    if request.url.path.startswith(API):
        detail = "Send a token: Authorization: Bearer algo_...; `algo-trading user token add` makes one."
        return answer(request, 401, "Log in first", detail, **{"WWW-Authenticate": "Bearer"})
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    query = f"?next={quote(wanted)}" if request.method == "GET" and wanted != "/" else ""
    return RedirectResponse(f"/login{query}", HTTPStatus.SEE_OTHER)


def _expected(request: Request, error: Exception) -> Response:
    status, title = 500, "This did not work"
    if isinstance(error, TooManyAttemptsError):
        status, title = 429, "Too many attempts"
    elif isinstance(error, LoginError):
        status, title = 403, "That is not the password"
    elif isinstance(error, TooManyRunsError):
        status, title = 429, "Too many backtests"
    elif isinstance(error, AlreadyAnsweredError):
        status, title = 409, "This was answered before"
    elif isinstance(error, UnknownNameError):
        status, title = 404, "There is no such thing here"
    elif isinstance(error, ConfigError):
        status, title = 422, "This does not fit"
    elif isinstance(error, ServiceUnavailableError):
        status, title = 503, "Something we need does not answer"
    return answer(request, status, title, _sentence(str(error)))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = (f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors())
    return answer(request, 422, "This does not fit", _sentence("; ".join(wrong)))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    details = {404: "Look at the address, or begin with the overview.", 405: "This address does something else."}
    title = HTTPStatus(error.status_code).phrase
    return answer(request, error.status_code, title, details.get(error.status_code, str(error.detail)))


def _unexpected(request: Request, error: Exception) -> Response:
    explained = request.app.state.application.database.explained(error)
    if explained is not None:
        return _expected(request, explained)
    number = secrets.token_hex(4)
    LOG.error("error %s at %s %s", number, request.method, request.url.path, exc_info=error)
    detail = f"It is our mistake, noted as {number} in the log of the web process. Try again, or report the number."
    return answer(request, 500, "Something went wrong", detail)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else text
