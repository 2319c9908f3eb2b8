"""Backtests for programs: POST starts one, GET follows it."""

import secrets
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from algo_trading.queries.plain import plain
from algo_trading.web.api.answers import PREFIX, Limit, document
from algo_trading.web.backtest_requests import BacktestRequest
from algo_trading.web.backtests import Run
from algo_trading.web.gate import CurrentUser
from algo_trading.web.once import IdempotencyKey
from algo_trading.web.pages.backtests import runs_of, seen_run, visible_runs
from algo_trading.web.refusals import RefusedError

router = APIRouter(prefix=PREFIX, tags=["backtests"])


class AskedBacktest(BaseModel):
    """A backtest; dates are texts such as 2013-01-02, and settings those of the strategy."""

    model_config = ConfigDict(extra="forbid")

    strategy: str = Field(max_length=100, examples=["sma_cross"])
    symbols: list[Annotated[str, Field(max_length=30)]] = Field(min_length=1, max_length=50, examples=[["IBM"]])
    kind: Literal["run", "sweep"] = "run"
    start_date: str = Field(default="max", max_length=10, description="A date; max: from the first bar on.")
    end_date: str = Field(default="", max_length=10)
    interval: str = Field(default="1d", max_length=3)
    starting_capital: float = Field(default=10_000, gt=0, le=1e12)
    settings: dict[Annotated[str, Field(max_length=40)], str | int | float | bool] = Field(
        default_factory=dict, max_length=20
    )


@router.post("/backtests", status_code=202)
def start(
    request: Request, user: CurrentUser, asked: AskedBacktest, idempotency_key: IdempotencyKey = None
) -> Response:
    """Start a backtest; its address is in `Location`. 429: too many wait or run."""
    first = "" if asked.start_date == "max" else asked.start_date
    settings = tuple(f"{name}={_text(value)}" for name, value in asked.settings.items())
    cash = f"{asked.starting_capital:.15g}"
    wanted = BacktestRequest(
        asked.kind, asked.strategy, tuple(asked.symbols), first, asked.end_date, asked.interval, cash, settings
    )
    digest = sha256(f"{user.name}\n{idempotency_key}".encode()).hexdigest()[:24] if idempotency_key else ""
    run = runs_of(request).start(digest or secrets.token_hex(8), user.name, wanted)
    if run.request != wanted:
        raise RefusedError(422, "This does not fit", "The key was sent before with another backtest.")
    response = document(request, _run_json(run), 202)
    response.headers["Location"] = f"{PREFIX}/backtests/{run.id}"
    return response


@router.get("/backtests")
def backtests(request: Request, user: CurrentUser, limit: Limit = 100) -> Response:
    """The newest ones; members see their own."""
    return document(request, {"items": [_run_json(run) for run in visible_runs(request, user)[:limit]]})


@router.get("/backtests/{run_id}")
def backtest(request: Request, user: CurrentUser, run_id: str) -> Response:
    """How a backtest stands, and in `result` what `backtest --json` printed."""
    run = seen_run(request, user, run_id)
    return document(request, {**_run_json(run), "result": runs_of(request).result(run) or None})


def _run_json(run: Run) -> dict[str, Any]:
    found = plain(run)
    return {**{name: value for name, value in found.items() if name != "pid"}, "state": str(run.state)}


def _text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
