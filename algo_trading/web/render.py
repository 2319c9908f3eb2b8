"""Pages from templates."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from algo_trading.web.assets import asset_path

NAVIGATION = (
    ("/", "Overview"),
    ("/instruments", "Instruments"),
    ("/posts", "Posts"),
    ("/signals", "Signals"),
    ("/alerts", "Alerts"),
    ("/watch", "Watch"),
    ("/trades", "Trades"),
    ("/approvals", "Approvals"),
    ("/accounts", "Accounts"),
    ("/backtests", "Backtests"),
    ("/monitoring", "Monitoring"),
    ("/subscriptions", "Subscriptions"),
    ("/quality", "Quality"),
)


@cache
def environment() -> Environment:
    """Jinja with everything that is inserted escaped."""
    made = Environment(
        loader=PackageLoader("algo_trading.web"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["minute"] = minute
    made.filters["words"] = words
    made.globals["asset"] = asset_url
    return made


def render(
    request: Request,
    template: str,
    values: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A page for whoever asks."""
    from algo_trading.web.gate import visitor_of

    visitor = visitor_of(request)
    path = request.url.path
    navigation = [
        {"href": href, "name": name, "here": path == href or (href != "/" and path.startswith(href))}
        for href, name in (*NAVIGATION, *([("/admin", "Admin")] if visitor.user and visitor.user.is_owner else []))
    ]
    page = environment().get_template(template)
    text = page.render({"visitor": visitor, "navigation": navigation, "path": path, **(values or {})})
    return HTMLResponse(text, status, headers)


def minute(moment: datetime | None) -> str:
    """A moment to the minute, as the command line writes it; in UTC."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "-"


def words(text: str) -> Markup:
    """A sentence in which what stands between backticks is code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 and place < len(parts) - 1 else part
        for place, part in enumerate(parts)
    )


@cache
def asset_url(name: str) -> str:
    """The address of a static file; it changes with its content, so that browsers may keep it."""
    path = asset_path(name)
    assert path is not None
    return f"/static/{name}?v={sha256(path.read_bytes()).hexdigest()[:10]}"
