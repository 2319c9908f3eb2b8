"""The OpenAPI document, and pages made of it."""

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response

from algo_trading.web.api.answers import PREFIX, document
from algo_trading.web.render import render
from algo_trading.web.rights import RIGHTS, Who

router = APIRouter(include_in_schema=False)

ABOUT = """
Send a token with each request: `Authorization: Bearer algo_...`. *Your account* and `algo-trading user token add` make
one; its scopes are `read`, `write`, `trade` and `posts`. Errors are problem documents (RFC 9457). Lists come in
pages: ask again with `cursor` set to `next` until that is null. Answers have an `ETag`; sent back as `If-None-Match`,
an unchanged one costs no body. Ten requests a second are answered for each user (429 says when to go on). What is
sent twice is there once: each POST and PUT may be repeated, a backtest with the same `Idempotency-Key`.
"""


@router.get("/docs")
def docs(request: Request) -> Response:
    """The documentation as a page."""
    return render(request, "docs.html.j2", {"title": "API", "source": f"{PREFIX}/openapi.json"})


@router.get(f"{PREFIX}/openapi.json")
def openapi(request: Request) -> Response:
    """The OpenAPI document."""
    made = get_openapi(title="Algo Trading", version="1", description=ABOUT.strip(), routes=request.app.routes)
    schemes = made.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["token"] = {"type": "http", "scheme": "bearer"}
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            right = RIGHTS[method.upper(), path]
            if right.who is not Who.ANYONE:
                operation["security"] = [{"token": [str(right.scope)]}]
    return document(request, made)
