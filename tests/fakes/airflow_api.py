"""Airflow's API as a few dictionaries: runs move one state further each time they are looked at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from algo_trading.launcher.api import CONFLICT, AirflowApi, ApiError
from algo_trading.launcher.sessions import CHAIN, HEAD

STATES = ("queued", "running", "success")


@dataclass
class FakeAirflowApi(AirflowApi):
    """A head run that succeeds makes the next DAG's run for the session, as assets do."""

    url: str = "http://airflow.example"
    user: str = "admin"
    password: str = "secret"  # noqa: S105 - of nothing
    runs: list[dict[str, Any]] = field(default_factory=list)
    fails: set[tuple[str, str]] = field(default_factory=set)
    paused: set[str] = field(default_factory=set)
    busy: int = 0
    posted: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def get(self, path: str, **query: str) -> Mapping[str, Any]:  # noqa: ARG002 - as the real one
        return {"is_paused": path.removeprefix("/dags/") in self.paused}

    def every(self, path: str, key: str, **query: str) -> Iterator[Mapping[str, Any]]:
        if key == "task_instances":
            yield {"task_id": "before", "map_index": -1, "state": "success", "try_number": 1}
            yield {"task_id": "work", "map_index": 0, "state": "failed", "try_number": 2}
            return
        dag = path.split("/")[2]
        for run in [run for run in self.runs if run["dag"] == dag]:
            self._advance(run)
            if query["partition_date_gte"] <= run["partition_key"] <= query["partition_date_lte"]:
                yield dict(run)

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        if path == "/backfills" and self.busy:
            self.busy -= 1
            raise ApiError(CONFLICT, "another backfill is running")
        self.posted.append((path, body))
        if path == "/backfills":
            day, last = (date.fromisoformat(body[name][:10]) for name in ("from_date", "to_date"))
            while day <= last:
                newest = [run for run in self.runs if run["dag"] == HEAD and run["partition_key"] == str(day)]
                if not newest or newest[-1]["state"] == "failed":
                    self.add(HEAD, str(day))
                day += timedelta(days=1)
        else:
            run_id = path.split("/")[4]
            next(run for run in self.runs if run["dag_run_id"] == run_id)["state"] = "queued"
        return {}

    def add(self, dag: str, key: str, state: str = "queued") -> None:
        """Put a run there."""
        number = sum(run["dag"] == dag and run["partition_key"] == key for run in self.runs) + 1
        self.runs.append({"dag": dag, "partition_key": key, "dag_run_id": f"{dag}-{key}-{number}", "state": state})

    def _advance(self, run: dict[str, Any]) -> None:
        if run["state"] not in STATES[:-1]:
            return
        run["state"] = STATES[STATES.index(run["state"]) + 1]
        if run["state"] != "success":
            return
        if (run["dag"], run["partition_key"]) in self.fails:
            run["state"] = "failed"
        elif run["dag"] != CHAIN[-1]:
            self.add(CHAIN[CHAIN.index(run["dag"]) + 1], run["partition_key"])
