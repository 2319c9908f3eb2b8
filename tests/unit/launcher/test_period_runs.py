"""Processing periods in Airflow: what is started, what is waited for, what is said when something fails."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from algo_trading.calendars import trading_calendar
from algo_trading.domain.time import Interval, midnight
from algo_trading.errors import AlgoTradingError
from algo_trading.launcher import period_runs as module
from algo_trading.launcher.period_runs import PeriodRuns, Progress
from algo_trading.launcher.progress import shown_on
from fakes.airflow_api import CHAIN, HEAD, FakeAirflowApi

pytestmark = pytest.mark.unit

PERIODS = trading_calendar("XNYS").periods(Interval.DAY, midnight(date(2013, 2, 25)), midnight(date(2013, 2, 26)))


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.0)


@pytest.fixture
def api() -> FakeAirflowApi:
    return FakeAirflowApi()


def work(api: FakeAirflowApi, logs: Path, seconds: float = 10) -> tuple[bool, list[Progress]]:
    shown: list[Progress] = []
    return PeriodRuns(api, logs, CHAIN).process(PERIODS, shown.append, seconds), shown


def test_every_session_passes_the_whole_chain(api: FakeAirflowApi, tmp_path: Path) -> None:
    ran, shown = work(api, tmp_path)
    assert ran
    assert {(run["dag"], run["partition_key"]) for run in api.runs} == {
        (dag, period.key) for dag in CHAIN for period in PERIODS
    }
    assert all(run["state"] == "success" for run in api.runs)
    assert shown[0][HEAD][PERIODS[0].key].state in {"running", "success"}
    assert len(api.posted) == 1


def test_what_is_done_is_not_done_again(api: FakeAirflowApi, tmp_path: Path) -> None:
    work(api, tmp_path)
    before = len(api.runs)
    assert work(api, tmp_path) == (False, [])
    assert len(api.runs) == before
    assert len(api.posted) == 1


def test_runs_left_unfinished_by_a_kill_are_waited_for(api: FakeAirflowApi, tmp_path: Path) -> None:
    api.add(HEAD, "2013-02-25", "running")
    api.add(HEAD, "2013-02-26", "success")
    api.add(CHAIN[1], "2013-02-26", "running")
    assert work(api, tmp_path)[0]
    assert api.posted == []


def test_a_failed_head_run_is_tried_again_and_a_failed_later_one_cleared(api: FakeAirflowApi, tmp_path: Path) -> None:
    api.add(HEAD, "2013-02-25", "failed")
    api.add(HEAD, "2013-02-26", "success")
    api.add(CHAIN[1], "2013-02-26", "failed")
    assert work(api, tmp_path)[0]
    paths = [path for path, _ in api.posted]
    assert paths == [f"/dags/{CHAIN[1]}/dagRuns/{CHAIN[1]}-2013-02-26-1/clear", "/backfills"]
    assert api.posted[1][1]["from_date"] == api.posted[1][1]["to_date"] == "2013-02-25T00:00:00Z"


def test_another_backfill_is_waited_for(api: FakeAirflowApi, tmp_path: Path) -> None:
    api.busy = 3
    assert work(api, tmp_path)[0]
    assert [path for path, _ in api.posted] == ["/backfills"]


def test_a_failure_names_the_task_the_cause_and_the_log(api: FakeAirflowApi, tmp_path: Path) -> None:
    api.fails.add((CHAIN[2], "2013-02-26"))
    log = tmp_path / f"dag_id={CHAIN[2]}" / f"run_id={CHAIN[2]}-2013-02-26-1" / "task_id=work" / "map_index=0"
    log.mkdir(parents=True)
    error = {"error_detail": [{"exc_type": "NothingGoodError", "exc_value": "not one good bar"}]}
    (log / "attempt=2.log").write_text(f'{json.dumps(error)}\n{{"event": "end"}}\nno json\n')
    with pytest.raises(AlgoTradingError) as failure:
        work(api, tmp_path)
    sentence = str(failure.value)
    assert sentence.startswith("strategy_signals failed for 2013-02-26 in task work[0]: NothingGoodError: not one good")
    assert sentence.endswith(str(log / "attempt=2.log"))


def test_a_paused_dag_is_named(api: FakeAirflowApi, tmp_path: Path) -> None:
    api.paused.add(CHAIN[3])
    with pytest.raises(AlgoTradingError, match="signal_dispatch is paused"):
        work(api, tmp_path)
    assert api.posted == []


def test_it_does_not_wait_for_ever(api: FakeAirflowApi, tmp_path: Path) -> None:
    api.busy = 1_000_000
    with pytest.raises(AlgoTradingError, match=r"equity_daily_bars of 2013-02-25 is not there yet after 0 s"):
        work(api, tmp_path, seconds=0.05)


def test_nothing_is_asked_for_no_session(api: FakeAirflowApi, tmp_path: Path) -> None:
    assert not PeriodRuns(replace(api), tmp_path, CHAIN).process([], lambda _: None, 1)


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_a_table_on_a_terminal_and_lines_elsewhere(
    api: FakeAirflowApi, tmp_path: Path, *, terminal: bool
) -> None:
    console = Console(force_terminal=terminal, width=200, markup=False)
    with console.capture() as printed, shown_on(console) as show:
        PeriodRuns(api, tmp_path, CHAIN).process(PERIODS, show, 10)
    text = printed.get()
    if terminal:
        assert "✓ done" in text
        assert "[green]" not in text
        assert "2013-02-26" in text
    else:
        assert text.splitlines()[-1].endswith("signal_dispatch 2/2")
        assert len(text.splitlines()) == len(set(text.splitlines()))
