"""Works through sessions in Airflow: a backfill of the chain's head, then waiting until the whole chain is done."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from algo_trading.errors import AlgoTradingError, ServiceUnavailableError
from algo_trading.launcher.api import CONFLICT, AirflowApi, ApiError

CHAIN = ("equity_daily_bars", "daily_indicators", "strategy_signals", "signal_dispatch")
HEAD = CHAIN[0]
SUCCESS, FAILED, MISSING = "success", "failed", ""
POLL_SECONDS = 1.0
SILENCE_SECONDS = 60.0  # for which the API may be gone, because its program is being started again
MOST_SESSIONS_AT_ONCE = 8

Board = Mapping[str, Mapping[date, "Run"]]
Show = Callable[[Board], None]


@dataclass(frozen=True)
class Run:
    """The newest run of a DAG for a session; `state` is empty while there is none."""

    dag: str
    session: date
    run_id: str = ""
    state: str = MISSING


@dataclass(frozen=True)
class SessionRuns:
    """Runs of the chain in the Airflow behind `api`, whose task logs are in `logs`."""

    api: AirflowApi
    logs: Path

    def work_through(self, sessions: Sequence[date], show: Show, seconds: float) -> bool:
        """Have every session run through the chain and wait for it; returns whether anything had to run.

        What is done stays done; what failed earlier is tried again. `show` sees the board whenever it is read.

        Raises:
            AlgoTradingError: a run failed (the task, its error and its log are named), a DAG is paused, or it takes
                longer than `seconds`.
        """
        if not sessions or _done(self.board(sessions)):
            return False
        self._require_unpaused()
        limit = time.monotonic() + seconds
        heard = time.monotonic()
        set_off = False
        while True:
            try:
                set_off = set_off or self._set_off(sessions)
                board = self.board(sessions)
                heard = time.monotonic()
            except ServiceUnavailableError:
                if time.monotonic() - heard > SILENCE_SECONDS:
                    raise
                time.sleep(POLL_SECONDS)
                continue
            show(board)
            if set_off:
                self._require_no_failure(board)
            if _done(board):
                return True
            if time.monotonic() > limit:
                raise AlgoTradingError(
                    f"{_unfinished(board)} after {seconds:.0f} s; it goes on at {self.api.url}, or try again"
                )
            time.sleep(POLL_SECONDS)

    def board(self, sessions: Sequence[date]) -> Board:
        """The newest run of every DAG of the chain for each session."""
        return {dag: self._runs(dag, sessions) for dag in CHAIN}

    def _runs(self, dag: str, sessions: Sequence[date]) -> dict[date, Run]:
        runs = {session: Run(dag, session) for session in sessions}
        window = {"partition_date_gte": str(min(sessions)), "partition_date_lte": str(max(sessions))}
        for item in self.api.every(f"/dags/{dag}/dagRuns", "dag_runs", order_by="id", **window):
            session = date.fromisoformat(item["partition_key"])
            if session in runs:
                runs[session] = Run(dag, session, item["dag_run_id"], item["state"])
        return runs

    def _set_off(self, sessions: Sequence[date]) -> bool:
        """Start what is missing or failed; returns False if another backfill has to finish first."""
        board = self.board(sessions)
        for dag in CHAIN[1:]:
            for run in board[dag].values():
                if run.state == FAILED:
                    clear = {"dry_run": False, "only_failed": True}
                    self.api.post(f"/dags/{dag}/dagRuns/{run.run_id}/clear", clear)
        waiting = [run.session for run in board[HEAD].values() if run.state in {MISSING, FAILED}]
        if not waiting:
            return True
        backfill = {
            "dag_id": HEAD,
            "from_date": f"{min(waiting)}T00:00:00Z",
            "to_date": f"{max(waiting)}T00:00:00Z",
            "reprocess_behavior": "failed",
            "max_active_runs": MOST_SESSIONS_AT_ONCE,
            "run_backwards": False,
            "dag_run_conf": {},
        }
        try:
            self.api.post("/backfills", backfill)
        except ApiError as error:
            if error.status != CONFLICT:
                raise
            return False
        return True

    def _require_unpaused(self) -> None:
        for dag in CHAIN:
            if self.api.get(f"/dags/{dag}")["is_paused"]:
                raise AlgoTradingError(f"the DAG {dag} is paused in Airflow; unpause it at {self.api.url}/dags/{dag}")

    def _require_no_failure(self, board: Board) -> None:
        failed = [run for runs in board.values() for run in runs.values() if run.state == FAILED]
        if failed:
            run = failed[0]
            raise AlgoTradingError(
                failure(self.api, self.logs, run.dag, run.run_id, f"{run.dag} failed for {run.session}")
            )


def _done(board: Board) -> bool:
    return all(run.state == SUCCESS for runs in board.values() for run in runs.values())


def _unfinished(board: Board) -> str:
    run = next(run for runs in board.values() for run in runs.values() if run.state != SUCCESS)
    return f"{run.dag} of {run.session} is {run.state or 'not there yet'}"


def failure(api: AirflowApi, logs: Path, dag: str, run_id: str, what: str) -> str:
    """A sentence on a failed run, `what` with its failed task, the task's error and its log."""
    for task in api.every(f"/dags/{dag}/dagRuns/{run_id}/taskInstances", "task_instances"):
        if task["state"] == FAILED:
            log = _log(logs, dag, run_id, task)
            index = f"[{task['map_index']}]" if task["map_index"] >= 0 else ""
            cause = _last_error(log) or "its log says why"
            return f"{what} in task {task['task_id']}{index}: {cause}; log: {log}"
    return f"{what}; look at {api.url}/dags/{dag}"


def _log(logs: Path, dag: str, run_id: str, task: Mapping[str, Any]) -> Path:
    folder = logs / f"dag_id={dag}" / f"run_id={run_id}" / f"task_id={task['task_id']}"
    if task["map_index"] >= 0:
        folder /= f"map_index={task['map_index']}"
    return folder / f"attempt={task['try_number']}.log"


def _last_error(log: Path) -> str:
    """The message of the exception that a task's log ends with; logs have one JSON object a line."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    for line in reversed(lines):
        try:
            details = json.loads(line).get("error_detail")
        except ValueError:
            continue
        if details:
            return f"{details[0]['exc_type']}: {details[0]['exc_value']}"
    return ""
