"""Airflow's API as a few dictionaries: runs move one state further each time they are looked at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from algo_trading.domain.time import Interval
from algo_trading.launcher.api import CONFLICT, AirflowApi, ApiError
from algo_trading.launcher.dag_ids import chain

CHAIN = chain("us_stocks", Interval.DAY)
HEAD = CHAIN[0]
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
            if query["partition_date_gte"][:10] <= run["partition_key"] <= query["partition_date_lte"]:
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


FOLLOWED_BY = {
    "social_posts": "text_sentiment",
    "news_articles": "text_sentiment",
    "text_sentiment": "text_signals",
}

LOOKS = 12  # a few times round all DAGs


@dataclass
class FakeTextApi(AirflowApi):
    """The text flow: runs move on at every LOOKS-th look, and what is new makes the next DAG's run, as assets do.

    Heads in `nothing_new` skip their task; DAGs in `fails` fail once for each time they are listed; `stuck` ones stay
    queued.
    """

    url: str = "http://airflow.example"
    user: str = "admin"
    password: str = "secret"  # noqa: S105 - of nothing
    runs: list[dict[str, Any]] = field(default_factory=list)
    nothing_new: set[str] = field(default_factory=set)
    fails: list[str] = field(default_factory=list)
    stuck: set[str] = field(default_factory=set)
    paused: set[str] = field(default_factory=set)
    posted: list[str] = field(default_factory=list)
    coming: list[str] = field(default_factory=list)
    ticks: int = 0
    looks: int = 0

    def get(self, path: str, **query: str) -> Mapping[str, Any]:
        dag = path.split("/")[2]
        if not path.endswith("/dagRuns"):
            return {"is_paused": dag in self.paused}
        self._go_on()
        wanted = [run for run in reversed(self.runs) if run["dag"] == dag]
        if "state" in query:
            wanted = [run for run in wanted if run["state"] == query["state"]]
        return {"dag_runs": [dict(run) for run in wanted[: int(query["limit"])]]}

    def every(self, path: str, key: str, **query: str) -> Iterator[Mapping[str, Any]]:  # noqa: ARG002 - as the real one
        run = next(run for run in self.runs if run["dag_run_id"] == path.split("/")[4])
        state = {"success": "skipped" if run["dag"] in self.nothing_new else "success"}.get(run["state"], run["state"])
        yield {"task_id": "work", "map_index": -1, "state": state, "try_number": 1, "end_date": run["end_date"]}

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002
        self.posted.append(path)
        if path.endswith("/clear"):
            run = next(run for run in self.runs if run["dag_run_id"] == path.split("/")[4])
            run |= {"state": "queued", "queued_at": self._now()}
        else:
            self.add(path.split("/")[2])
        return {}

    def add(self, dag: str, state: str = "queued") -> None:
        """Put a run there."""
        number = sum(run["dag"] == dag for run in self.runs) + 1
        self.runs.append(
            {
                "dag": dag,
                "dag_run_id": f"{dag}-{number}",
                "state": state,
                "queued_at": self._now(),
                "end_date": self._now(),
            }
        )

    def _go_on(self) -> None:
        self.looks += 1
        if self.looks % LOOKS:
            return
        coming, self.coming = self.coming, []
        for dag in dict.fromkeys(coming):
            self.add(dag)
        for run in [run for run in self.runs if run["state"] in STATES[:-1] and run["dag"] not in self.stuck]:
            dag, run["state"] = run["dag"], STATES[STATES.index(run["state"]) + 1]
            if run["state"] != "success":
                continue
            run["end_date"] = self._now()
            if dag in self.fails:
                self.fails.remove(dag)
                run["state"] = "failed"
            elif dag in FOLLOWED_BY and dag not in self.nothing_new:
                self.coming.append(FOLLOWED_BY[dag])

    def _now(self) -> str:
        self.ticks += 1
        return f"2026-11-20T21:{self.ticks // 60:02}:{self.ticks % 60:02}.000000Z"
