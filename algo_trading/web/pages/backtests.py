"""Backtests: a form, what was asked for, results beside each other, and reports."""

import secrets
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from algo_trading.domain.time import Interval
from algo_trading.domain.user import User
from algo_trading.errors import ConfigError
from algo_trading.strategies.registry import strategy_names
from algo_trading.web.backtest_requests import KINDS, BacktestRequest
from algo_trading.web.backtests import BacktestRuns, Run
from algo_trading.web.gate import Application, CurrentUser
from algo_trading.web.refusals import RefusedError
from algo_trading.web.render import render
from algo_trading.web.tables import Column, table

router = APIRouter()

SHOWN, COMPARED, TRADES_SHOWN = 50, 6, 10
# A report is one file with its own script: it may run that and nothing else, under no origin of ours.
REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; frame-ancestors 'none'; base-uri 'none'"
)
Text = Annotated[str, Form(max_length=2000)]
Chosen = Annotated[list[str] | None, Query(max_length=COMPARED)]


@router.get("/backtests")
def backtests(request: Request, application: Application, user: CurrentUser, symbols: str = "") -> Response:
    """The form and the newest runs; members see their own."""
    values = {
        "title": "Backtests",
        "strategies": strategy_names(),
        "intervals": list(Interval),
        "kinds": KINDS,
        "runs": visible_runs(request, user)[:SHOWN],
        "symbols": symbols[:200],
        "recommended": application.recommendations.newest(),
    }
    return render(request, "backtests.html.j2", values)


@router.post("/backtests")
def start(
    request: Request, user: CurrentUser, *, strategy: Text, symbols: Text, kind: Text = "run", settings: Text = "",
    first: Text = "", last: Text = "", interval: Text = "1d", cash: Text = "10000",
) -> Response:  # fmt: skip
    """Start a backtest."""
    wanted = BacktestRequest(
        kind, strategy, tuple(symbols.split()), first, last, interval, cash.strip(), tuple(settings.split())
    )
    run = runs_of(request).start(secrets.token_hex(8), user.name, wanted)
    return RedirectResponse(f"/backtests/{run.id}", HTTPStatus.SEE_OTHER)


@router.get("/backtests/compare")
def compare(request: Request, user: CurrentUser, run: Chosen = None) -> Response:
    """Results beside each other."""
    chosen = [seen_run(request, user, one) for one in dict.fromkeys(run or ())]
    results = [runs_of(request).result(one) for one in chosen]
    if not any(results):
        raise ConfigError(f"choose up to {COMPARED} backtests that are done")
    values = {"title": "Compare backtests", "runs": chosen, "figures": _figures(results)}
    return render(request, "compare.html.j2", values)


@router.get("/backtests/{run_id}")
def backtest(request: Request, user: CurrentUser, run_id: str) -> Response:
    """One run: how it goes, or what came of it."""
    run, runs = seen_run(request, user, run_id), runs_of(request)
    result = runs.result(run)
    values = {
        "title": f"Backtest of {run.request.strategy}",
        "run": run,
        "figures": _figures([result]) if result and run.request.kind == "run" else [],
        "top": [{name: _short(value) for name, value in row.items()} for row in result.get("top", [])],
        "trades": table(_trade_columns(), result.get("trades", [])[-TRADES_SHOWN:]),
        "notes": result.get("notes", []),
        "report": runs.report(run) is not None,
    }
    return render(request, "backtest.html.j2", values)


@router.post("/backtests/{run_id}/stop")
def stop(request: Request, user: CurrentUser, run_id: str) -> Response:
    """End a run that is not done."""
    runs_of(request).stop(seen_run(request, user, run_id))
    return RedirectResponse(f"/backtests/{run_id}", HTTPStatus.SEE_OTHER)


@router.get("/backtests/{run_id}/report")
def report(request: Request, user: CurrentUser, run_id: str) -> Response:
    """The report, as `backtest --report` writes it."""
    path = runs_of(request).report(seen_run(request, user, run_id))
    if path is None:
        raise RefusedError(404, "There is no report", "It is written when the backtest is done.")
    return FileResponse(path, media_type="text/html", headers={"Content-Security-Policy": REPORT_POLICY})


def runs_of(request: Request) -> BacktestRuns:
    """The runs of this installation."""
    runs: BacktestRuns = request.app.state.backtests
    return runs


def visible_runs(request: Request, user: User) -> list[Run]:
    """All of them for an owner, their own for a member; the newest first."""
    return [run for run in runs_of(request).all() if user.is_owner or run.owner == user.name]


def seen_run(request: Request, user: User, run_id: str) -> Run:
    """A run, if one may see it: of others nobody learns whether they are there."""
    run = runs_of(request).find(run_id)
    if run is None or not (user.is_owner or run.owner == user.name):
        raise RefusedError(404, "There is no such backtest", "The list of backtests has those that you may see.")
    return run


def _figures(results: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """Labels and texts of statistics, as `backtest run` prints them."""
    from back_testing.report.definitions import LABELS

    return [(label, [_text(found.get(key), write) for found in results]) for key, (label, write) in LABELS.items()]


def _trade_columns() -> list[Column[dict[str, Any]]]:
    """Those of `backtest run`, with its texts."""
    from back_testing.cli.output import number, signed_percent

    return [
        Column("Symbol", lambda one: one["symbol"]),
        Column("Side", lambda one: one["side"]),
        Column("Entry", lambda one: one["entry_time"]),
        Column("Price", lambda one: number(one["entry_price"]), numeric=True),
        Column("Exit", lambda one: one["exit_time"] or "-"),
        Column("Price", lambda one: number(one["exit_price"]), numeric=True),
        Column("Return", lambda one: signed_percent(one["return"]), numeric=True),
        Column("Reason", lambda one: one["reason"].replace("_", " ")),
    ]


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "-" if value is None else str(value)


def _text(value: Any, write: Any) -> str:  # noqa: ANN401 - numbers, dates, and what writes them
    return "-" if value is None else write(value)
