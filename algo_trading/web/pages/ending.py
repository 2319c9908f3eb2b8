"""The link of a mail that ends what it belongs to: a page for people, and one click for mail programs (RFC 8058)."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from algo_trading.bootstrap import App
from algo_trading.domain.notice import NoticeKind
from algo_trading.repositories.audit import AuditEntry
from algo_trading.services.unsubscribe_links import PATH
from algo_trading.web.gate import Application
from algo_trading.web.refusals import RefusedError
from algo_trading.web.render import render

router = APIRouter()

WHAT = {
    NoticeKind.SCORE: "mails about high scores",
    NoticeKind.UPDATE: "updates",
    NoticeKind.DIGEST: "digests",
}
SIGNALS = "mails about buys and sells"
EVERYTHING = "all"


@router.get(f"{PATH}{{token}}")
def asked(request: Request, application: Application, token: str) -> Response:
    """The page; opening it ends nothing."""
    address, kind = _read(application, token)
    return _page(request, address, kind)


@router.post(f"{PATH}{{token}}")
def end(
    request: Request, application: Application, token: str, what: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    """End the mails of this kind, or all; a mail program's click is the first. What has ended already has ended."""
    address, kind = _read(application, token)
    unsubscribe = application.unsubscribe()
    everything = what == EVERYTHING
    ended = unsubscribe(address) if everything else unsubscribe.of_kind(address, kind)
    if ended:
        detail = {"kind": EVERYTHING if everything else str(kind), "by": "link"}
        application.audit.add(AuditEntry(application.clock.now(), address, "subscription.remove", address, detail))
    named = "mails that you subscribed to" if everything else WHAT.get(kind, SIGNALS)
    return _page(request, address, kind, f"No more {named} go to {address}.")


def _read(application: App, token: str) -> tuple[str, NoticeKind]:
    found = application.unsubscribe_links().read(token)
    if found is None:
        raise RefusedError(404, "This link does not work", "It was changed on its way. Log in and end it there.")
    return found


def _page(request: Request, address: str, kind: NoticeKind, said: str = "") -> Response:
    values = {"title": "Unsubscribe", "address": address, "what": WHAT.get(kind, SIGNALS), "said": said}
    return render(request, "ending.html.j2", values)
