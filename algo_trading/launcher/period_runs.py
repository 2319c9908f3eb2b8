"""Processes periods in Airflow: a backfill of a chain's head, then waiting until the whole chain is done."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from algo_trading.domain.time import Period
from algo_trading.errors import AlgoTradingError, ServiceUnavailableError
from algo_trading.launcher.api import CONFLICT, AirflowApi, ApiError

SUCCESS, FAILED, MISSING = "success", "failed", ""
POLL_SECONDS = 1.0
SILENCE_SECONDS = 60.0  # for which the API may be gone, because its program is being started again
MOST_PERIODS_AT_ONCE = 8

Progress = Mapping[str, Mapping[str, "Run"]]  # by DAG and period
Show = Callable[[Progress], None]


@dataclass(frozen=True)
class Run:
    """The newest run of a DAG for a period (its key); `state` is empty while there is none."""

    dag: str
    period: str
    run_id: str = ""
    state: str = MISSING


@dataclass(frozen=True)
class PeriodRuns:
    """Runs of a chain of DAGs in the Airflow behind `api`, whose task logs are in `logs`."""

    api: AirflowApi
    logs: Path
    chain: Sequence[str]

    def process(self, periods: Sequence[Period], show: Show, seconds: float) -> bool:
        """Have every period run through the chain and wait for it; returns whether anything had to run.

        What is done stays done; what failed earlier is tried again. `show` is given the progress whenever it is read.

        Raises:
            AlgoTradingError: a run failed (the task, its error and its log are named), a DAG is paused, or it takes
                longer than `seconds`.
        """
        if not periods or _done(self.progress(periods)):
            return False
        self._require_unpaused()
        limit = time.monotonic() + seconds
        answered = time.monotonic()
        set_off = False
        while True:
            try:
                set_off = set_off or self._set_off(periods)
                progress = self.progress(periods)
                answered = time.monotonic()
            except ServiceUnavailableError:
                if time.monotonic() - answered > SILENCE_SECONDS:
                    raise
                time.sleep(POLL_SECONDS)
                continue
            show(progress)
            if set_off:
                self._require_no_failure(progress)
            if _done(progress):
                return True
            if time.monotonic() > limit:
                raise AlgoTradingError(
                    f"{_unfinished(progress)} after {seconds:.0f} s; it goes on at {self.api.url}, or try again"
                )
            time.sleep(POLL_SECONDS)

    def progress(self, periods: Sequence[Period]) -> Progress:
        """The newest run of every DAG of the chain for each period."""
        return {dag: self._runs(dag, periods) for dag in self.chain}

    def _runs(self, dag: str, periods: Sequence[Period]) -> dict[str, Run]:
        runs = {period.key: Run(dag, period.key) for period in periods}
        days = [period.opened_at.date() for period in periods]  # whole days are all that the filter takes
        window = {
            "partition_date_gte": min(days).isoformat(),
            "partition_date_lte": (max(days) + timedelta(days=1)).isoformat(),
        }
        for item in self.api.every(f"/dags/{dag}/dagRuns", "dag_runs", order_by="id", **window):
            key = item["partition_key"]
            if key in runs:
                runs[key] = Run(dag, key, item["dag_run_id"], item["state"])
        return runs

    def _set_off(self, periods: Sequence[Period]) -> bool:
        """Start what is missing or failed; returns False if another backfill has to finish first."""
        progress = self.progress(periods)
        head, *followers = self.chain
        for dag in followers:
            for run in progress[dag].values():
                if run.state == FAILED:
                    clear = {"dry_run": False, "only_failed": True}
                    self.api.post(f"/dags/{dag}/dagRuns/{run.run_id}/clear", clear)
        states = {key: run.state for key, run in progress[head].items()}
        waiting = [period.opened_at for period in periods if states[period.key] in {MISSING, FAILED}]
        if not waiting:
            return True
        backfill = {
            "dag_id": head,
            "from_date": _text(min(waiting)),
            "to_date": _text(max(waiting)),
            "reprocess_behavior": "failed",
            "max_active_runs": MOST_PERIODS_AT_ONCE,
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
        for dag in self.chain:
            if self.api.get(f"/dags/{dag}")["is_paused"]:
                raise AlgoTradingError(f"the DAG {dag} is paused in Airflow; unpause it at {self.api.url}/dags/{dag}")

    def _require_no_failure(self, progress: Progress) -> None:
        failed = [run for runs in progress.values() for run in runs.values() if run.state == FAILED]
        if failed:
            run = failed[0]
            raise AlgoTradingError(
                failure(self.api, self.logs, run.dag, run.run_id, f"{run.dag} failed for {run.period}")
            )


def _done(progress: Progress) -> bool:
    return all(run.state == SUCCESS for runs in progress.values() for run in runs.values())


def _unfinished(progress: Progress) -> str:
    run = next(run for runs in progress.values() for run in runs.values() if run.state != SUCCESS)
    return f"{run.dag} of {run.period} is {run.state or 'not there yet'}"


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


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
