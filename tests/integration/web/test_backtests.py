"""Backtests from the pages and the API: processes of their own, a few at once, seen by who asked for them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from algo_trading.domain.user import Scope
from algo_trading.errors import ConfigError
from algo_trading.web import backtests
from algo_trading.web.backtest_requests import BacktestRequest
from algo_trading.web.backtests import BacktestRuns, Run, State, TooManyRunsError
from support.web_site import ANN, NOW, Site, Visitor, a_site

if TYPE_CHECKING:
    from support.postgres_server import TestServer

pytestmark = pytest.mark.integration

# In the place of the backtester: `--set=mode=...` says what it does.
PROGRAM = """
import json, sys, time
given = dict(one[2:].split("=", 1) for one in sys.argv[2:] if "=" in one)
mode = given.get("set", "mode=fine").partition("=")[2]
if mode == "wrong":
    sys.exit("error: no bars of FB are stored")
if mode == "broken":
    raise ZeroDivisionError("inside")
if mode == "slow":
    time.sleep(60)
open(given["report"], "w").write("<script>document.title = 'a report'</script>")
trade = {"symbol": "IBM", "side": "long", "entry_time": "2012-03-01", "entry_price": 100.0, "exit_time": None,
         "exit_price": 110.5, "return": 0.105, "reason": "end_of_data"}
print(json.dumps({"total_return": 0.12345, "sharpe": None, "n_trades": 1, "start": "2012-01-02", "trades": [trade],
                  "notes": ["a note"], "arguments": sys.argv[1:]}))
"""
COMMAND = (sys.executable, "-S", "-c", PROGRAM)


def asked(*settings: str, **changes: Any) -> BacktestRequest:
    return replace(BacktestRequest("run", "sma_cross", ("IBM",), settings=settings), **changes)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[BacktestRuns]:
    found = BacktestRuns(tmp_path / "backtests", lambda: NOW, COMMAND)
    yield found
    found.close()


def wait(found: Callable[[], Run | None], *states: State, seconds: float = 30) -> Run:
    """Until a run is in one of these states."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        run = found()
        if run is not None and run.state in states:
            return run
        time.sleep(0.01)
    raise AssertionError(f"it never came to {states}")


def test_a_run_is_done_in_a_process_of_its_own(runs: BacktestRuns) -> None:
    request = asked("fast=5", first="2012-01-02", last="2012-12-31", cash="1000.5")
    runs.start("a1", "ann", request)
    run = wait(lambda: runs.find("a1"), State.DONE)
    assert (run.owner, run.request, run.error, run.ended_at) == ("ann", request, "", NOW)
    assert runs.result(run)["arguments"][:-2] == [
        "run", "--strategy=sma_cross", "--symbol=IBM", "--from=2012-01-02", "--to=2012-12-31", "--interval=1d",
        "--cash=1000.5", "--set=fast=5",
    ]  # fmt: skip
    report = runs.report(run)
    assert report is not None
    assert report.read_text().startswith("<script>")
    assert runs.start("a1", "ann", request) == run  # the same id starts nothing
    assert runs.find("../a1") is runs.find("b") is None


@pytest.mark.parametrize(
    ("mode", "sentence"), [("wrong", "no bars of FB are stored"), ("broken", "ZeroDivisionError: inside")]
)
def test_a_run_that_fails_says_why(runs: BacktestRuns, mode: str, sentence: str) -> None:
    runs.start("a1", "ann", asked(f"mode={mode}"))
    run = wait(lambda: runs.find("a1"), State.FAILED)
    assert sentence in run.error
    assert (runs.result(run), runs.report(run)) == ({}, None)


def test_only_so_many_run_and_wait(runs: BacktestRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtests, "WAITING", 4)
    monkeypatch.setattr(backtests, "WAITING_OF_ONE", 3)
    for number in range(3):
        runs.start(f"a{number}", "ann", asked("mode=slow"))
    with pytest.raises(TooManyRunsError):
        runs.start("a3", "ann", asked())
    runs.start("b0", "bob", asked())
    with pytest.raises(TooManyRunsError):
        runs.start("c0", "carl", asked())
    wait(lambda: next((one for one in runs.all() if one.state is State.RUNNING), None), State.RUNNING)
    assert sum(run.state is State.RUNNING for run in runs.all()) <= backtests.AT_ONCE
    runs.close()
    for run in runs.all():
        ended = wait(lambda name=run.id: runs.find(name), State.ENDED)  # type: ignore[misc]  # bound at once
        assert ended.error == "it was stopped"


def test_one_that_takes_too_long_is_ended(runs: BacktestRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtests, "LONGEST", 0.05)
    runs.start("a1", "ann", asked("mode=slow"))
    assert "it took longer than" in wait(lambda: runs.find("a1"), State.FAILED).error


def test_a_run_of_a_killed_server_has_ended_with_its_process(runs: BacktestRuns, tmp_path: Path) -> None:
    folder = tmp_path / "backtests" / "a1"
    folder.mkdir(parents=True)
    left = subprocess.Popen(
        [sys.executable, "-S", "-c", "import time; time.sleep(60)", f"--report={folder}/report.html"],
        start_new_session=True,
    )
    run = Run("a1", "ann", asked(), NOW, State.RUNNING, NOW, pid=left.pid)
    (folder / "run.json").write_text(json.dumps(asdict(run), default=str))
    found = runs.find("a1")
    assert found is not None
    assert (found.state, found.error) == (State.ENDED, "the server stopped before it was done")
    assert left.wait(10) != 0
    assert runs.find("a1") == found


def test_old_runs_are_forgotten(runs: BacktestRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtests, "KEPT", 2)
    for number in range(3):
        runs.start(f"a{number}", "ann", asked("mode=wrong"))
        wait(lambda name=f"a{number}": runs.find(name), State.FAILED)  # type: ignore[misc]  # bound at once
    assert [run.id for run in runs.all()] == ["a2", "a1"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": "verify-live"}, "is not one of: run, sweep"),
        ({"strategy": "nothing"}, "'nothing' is not a strategy; choose one of"),
        ({"symbols": ()}, "name 1 to 50 symbols"),
        ({"symbols": ("--csv=/etc/passwd",)}, "is not a symbol"),
        ({"settings": ("fast",)}, "is not a parameter"),
        ({"settings": ("fast=5 --csv=x",)}, "is not a parameter"),
        ({"first": "yesterday"}, "is not a date"),
        ({"last": "2012-13-01"}, "is not a date"),
        ({"interval": "3h"}, "is not an interval"),
        ({"cash": "-1"}, "is not an amount"),
        ({"cash": "Infinity"}, "is not an amount"),
    ],
)
def test_what_the_backtester_would_misread_is_refused(runs: BacktestRuns, changes: Any, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        runs.start("a1", "ann", asked(**changes))
    assert runs.all() == []


@pytest.fixture(scope="module")
def site(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with postgres.own_database() as url, a_site(url) as site:
        site.app.state.backtests = BacktestRuns(tmp_path_factory.mktemp("backtests"), lambda: NOW, COMMAND)
        yield site
        site.app.state.backtests.close()


def test_a_backtest_is_started_followed_and_compared_on_the_pages(site: Site) -> None:
    form = {"strategy": "sma_cross", "symbols": "IBM MSFT", "settings": "fast=5"}
    address = site.ann.post("/backtests", **form).headers["location"]
    found: BacktestRuns = site.app.state.backtests
    run = wait(lambda: found.find(address.rpartition("/")[2]), State.DONE)
    page = site.ann.get(address).text
    for text in ("12.35%", "2012-03-01", "+10.50%", "end of data", "a note", f"{address}/report"):
        assert text in page
    report = site.ann.get(f"{address}/report")
    assert report.text.startswith("<script>")
    assert report.headers["content-security-policy"].startswith("sandbox allow-scripts allow-downloads; default-src")
    assert "allow-same-origin" not in report.headers["content-security-policy"]
    assert run.id in site.ann.get("/backtests").text
    assert "12.35%" in site.ann.get(f"/backtests/compare?run={run.id}").text
    assert site.owner.get(address).status_code == 200
    for path in (address, f"{address}/report", f"/backtests/compare?run={run.id}"):
        assert site.bob.get(path).status_code == 404
    assert run.id not in site.bob.get("/backtests").text
    assert site.bob.get("/backtests/compare").status_code == 422
    assert site.ann.post("/backtests", strategy="sma_cross", symbols="--csv=x").status_code == 422


def test_one_that_runs_says_so_and_is_stopped(site: Site) -> None:
    form = {"strategy": "sma_cross", "symbols": "IBM", "settings": "mode=slow"}
    address = site.ann.post("/backtests", **form).headers["location"]
    assert 'hx-trigger="every 2s"' in site.ann.get(address).text
    assert site.ann.get(f"{address}/report").status_code == 404
    assert site.bob.post(f"{address}/stop").status_code == 404
    assert site.ann.post(f"{address}/stop").status_code == 303
    found: BacktestRuns = site.app.state.backtests
    wait(lambda: found.find(address.rpartition("/")[2]), State.ENDED)
    page = site.ann.get(address).text
    assert "Ended: it was stopped" in page
    assert "hx-trigger" not in page


def test_programs_start_a_backtest_once_for_each_key(site: Site) -> None:
    program = Visitor(site.app, site.application).client
    program.headers["Authorization"] = f"Bearer {site.token(ANN, Scope.READ, Scope.WRITE)}"
    asked = {"strategy": "sma_cross", "symbols": ["IBM"], "start_date": "max", "settings": {"fast": 5, "exact": True}}
    answers = [program.post("/api/v1/backtests", json=asked, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [202, 202]
    address = answers[0].headers["location"]
    assert answers[1].headers["location"] == address
    found: BacktestRuns = site.app.state.backtests
    wait(lambda: found.find(address.rpartition("/")[2]), State.DONE)
    told = program.get(address).json()
    assert (told["state"], told["result"]["total_return"]) == ("done", 0.12345)
    assert told["request"]["settings"] == ["fast=5", "exact=true"]
    assert told["id"] in {one["id"] for one in program.get("/api/v1/backtests").json()["items"]}
    other = program.post("/api/v1/backtests", json={**asked, "kind": "sweep"}, headers={"Idempotency-Key": "one"})
    assert other.status_code == 422
    assert program.post("/api/v1/backtests", json={**asked, "strategy": "nothing"}).status_code == 422
    assert program.get("/api/v1/backtests/none").status_code == 404


def test_the_real_program_computes_what_the_page_shows(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALGO_DATABASE_URL", site.application.database.url)
    runs = BacktestRuns(tmp_path, lambda: NOW)
    monkeypatch.setattr(site.app.state, "backtests", runs)
    form = {"strategy": "sma_cross", "symbols": "IBM", "settings": "fast=5 slow=20 trend=0", "first": "2012-01-02"}
    sweep = {**form, "kind": "sweep", "settings": "fast=3:6 slow=20,30 trend=0"}
    addresses = [site.ann.post("/backtests", **one).headers["location"] for one in (form, sweep)]
    names = [address.rpartition("/")[2] for address in addresses]
    done = [wait(partial(runs.find, name), State.DONE, State.FAILED, seconds=300) for name in names]
    assert [(run.state, run.error) for run in done] == [(State.DONE, "")] * 2
    result = runs.result(done[0])
    assert result["n_trades"] == len(result["trades"]) > 0
    page = site.ann.get(addresses[0]).text
    assert f"{100 * result['total_return']:,.2f}%" in page
    assert result["trades"][-1]["entry_time"] in page
    assert ">Report</a>" in page
    report = site.ann.get(f"{addresses[0]}/report")
    assert report.headers["content-type"].startswith("text/html")
    assert "sma_cross" in report.text
    best = runs.result(done[1])["top"][0]
    swept = site.ann.get(addresses[1]).text
    assert ">Heat map</a>" in swept
    assert f"<td>{best['fast']}</td><td>{best['slow']}</td>" in swept.replace("\n", "")
    assert "heatmap" in site.ann.get(f"{addresses[1]}/report").text


@pytest.mark.parametrize(
    ("kind", "settings", "drawn"),
    [("run", (), True), ("sweep", ("fast=5:50",), False), ("sweep", ("fast=5:50", "slow=20,30"), True),
     ("sweep", ("fast=5", "slow=20:30"), False)],
)  # fmt: skip
def test_a_sweep_of_one_parameter_has_no_map(kind: str, settings: tuple[str, ...], drawn: bool) -> None:
    assert BacktestRequest(kind, "sma_cross", ("IBM",), settings=settings).has_report is drawn
