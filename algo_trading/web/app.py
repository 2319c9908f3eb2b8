"""The application: its routes, and what stands before them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI
from fastapi.responses import FileResponse, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from algo_trading.bootstrap import App
from algo_trading.web.api import ROUTERS as API
from algo_trading.web.assets import asset_path
from algo_trading.web.backtests import BacktestRuns
from algo_trading.web.errors import add_handlers
from algo_trading.web.gate import admit
from algo_trading.web.headers import Surroundings
from algo_trading.web.limits import RateLimit
from algo_trading.web.live import LiveWatch
from algo_trading.web.pages import ROUTERS as PAGES
from algo_trading.web.recent import Recent
from algo_trading.web.rights import RIGHTS

LOOPBACK = ("127.0.0.1", "localhost", "::1")
STATIC = "/static/{name}"
A_YEAR = 31_536_000


def create_app(application: App) -> FastAPI:
    """The pages and the API over the services.

    Raises:
        RuntimeError: a route has no rights, or rights have no route.
    """
    app = FastAPI(
        title="Algo Trading",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_ending_backtests,
    )
    public = application.settings.web.url.rstrip("/")
    app.state.application, app.state.public_url, app.state.rate_limit = application, public, RateLimit()
    app.state.recent = Recent()
    app.state.live = LiveWatch(application.read_watch(), application.price_changes)
    app.state.backtests = BacktestRuns(application.settings.home / "web" / "backtests", application.clock.now)
    for router in PAGES:
        app.include_router(router, dependencies=[Depends(admit)], include_in_schema=False)
    for router in API:
        app.include_router(router, dependencies=[Depends(admit)])
    app.get(STATIC, include_in_schema=False)(_static)
    add_handlers(app)
    _check_rights(app)
    app.add_middleware(Surroundings, hosts={*LOOPBACK, *([urlsplit(public).hostname or ""] if public else [])})
    return app


@asynccontextmanager
async def _ending_backtests(app: FastAPI) -> AsyncIterator[None]:
    """When the process ends in order, the backtests that it started end with it."""
    yield
    await run_in_threadpool(app.state.backtests.close)


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Methods and paths of everything that asks who asks; the static files are for anyone."""
    return {
        (method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute) and route.path != STATIC
        for method in route.methods
    }


def _check_rights(app: FastAPI) -> None:
    found = routes_of(app)
    if wrong := found ^ RIGHTS.keys():
        raise RuntimeError(f"routes and rights differ: {sorted(wrong)}")


def _static(name: str) -> Response:
    path = asset_path(name)
    if path is None:
        raise HTTPException(404)
    return FileResponse(path, headers={"Cache-Control": f"public, max-age={A_YEAR}, immutable"})
