"""Static files: our own, and those that packages bring, each by name. Nothing is fetched from elsewhere."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

ASSETS = {
    "style.css": ("algo_trading.web", "static"),
    "app.js": ("algo_trading.web", "static"),
    "charts.js": ("algo_trading.web", "static"),
    "watch.js": ("algo_trading.web", "static"),
    "docs.js": ("algo_trading.web", "static"),
    "icon.svg": ("algo_trading.web", "static"),
    "htmx-2.min.js": ("django_htmx", "static/django_htmx"),
    "lightweight-charts.js": ("litecharts", "js"),
    "swagger-ui-bundle.js": ("fastapi_offline", "static"),
    "swagger-ui.css": ("fastapi_offline", "static"),
}


@cache
def asset_path(name: str) -> Path | None:
    """Where a static file lies; None where there is none of this name. The package is looked up, not imported."""
    if name not in ASSETS:
        return None
    package, folder = ASSETS[name]
    found = find_spec(package)
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / folder / name
