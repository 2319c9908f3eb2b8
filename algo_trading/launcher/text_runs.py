"""Posts and articles in Airflow: the heads of the text flow are started once, then the flow is waited for."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from algo_trading.domain.post import PostKind
from algo_trading.errors import AlgoTradingError
from algo_trading.launcher.api import AirflowApi
from algo_trading.launcher.period_runs import FAILED, POLL_SECONDS, SUCCESS, failure

HEADS = {PostKind.POST: "social_posts", PostKind.ARTICLE: "news_articles"}
FOLLOWERS = ("text_sentiment", "text_signals")
UNFINISHED = {"queued", "running"}

Track = Callable[[str, int, int], None]


@dataclass(frozen=True)
class TextRuns:
    """Runs of the text flow in the Airflow behind `api`, whose task logs are in `logs`."""

    api: AirflowApi
    logs: Path

    def process(self, kinds: Sequence[PostKind], track: Track, seconds: float) -> bool:
        """Have the heads of `kinds` run that never did, and wait for all that follows; returns whether any had to.

        What is done stays done; what failed earlier is tried again. `track` is given how many flows are through.

        Raises:
            AlgoTradingError: a run failed (the task, its error and its log are named), a DAG is paused, or it takes
                longer than `seconds`.
        """
        heads = [HEADS[kind] for kind in kinds]
        flow = (*heads, *FOLLOWERS) if heads else ()
        if not any(self._failed(dag) for dag in flow) and self._through(heads) == len(flow):
            return False
        self._require_unpaused(flow)
        self._set_off(heads, flow)
        limit = time.monotonic() + seconds
        while True:
            self._require_no_failure(flow)
            through = self._through(heads)
            track("reading posts and articles in Airflow", through, len(flow))
            if through == len(flow):
                return True
            if time.monotonic() > limit:
                raise AlgoTradingError(
                    f"{flow[through]} is not through after {seconds:.0f} s; it goes on at {self.api.url}, or try again"
                )
            time.sleep(POLL_SECONDS)

    def _set_off(self, heads: Sequence[str], flow: Sequence[str]) -> None:
        """Try again what failed, and start the heads that never ran."""
        for dag in flow:
            if failed := self._failed(dag):
                self.api.post(f"/dags/{dag}/dagRuns/{failed}/clear", {"dry_run": False, "only_failed": True})
        for head in [head for head in heads if not self._runs(head)]:
            self.api.post(f"/dags/{head}/dagRuns", {"logical_date": None})

    def _require_unpaused(self, flow: Sequence[str]) -> None:
        for dag in flow:
            if self.api.get(f"/dags/{dag}")["is_paused"]:
                raise AlgoTradingError(f"the DAG {dag} is paused in Airflow; unpause it at {self.api.url}/dags/{dag}")

    def _require_no_failure(self, flow: Sequence[str]) -> None:
        for dag in flow:
            if failed := self._failed(dag):
                raise AlgoTradingError(failure(self.api, self.logs, dag, failed, f"{dag} failed"))

    def _through(self, heads: Sequence[str]) -> int:
        """How many flows have nothing left to do, in their order."""
        changed, through = "", 0  # the time at which the flows before changed of something new, as ISO 8601
        for dag in heads:
            if self._unfinished(dag) or not self._runs(dag, SUCCESS):
                return through
            changed, through = max(changed, self._changed_at(dag)), through + 1
        for dag in FOLLOWERS if heads else ():
            if self._unfinished(dag) or (changed and not self._answered(dag, changed)):
                return through
            changed, through = (self._changed_at(dag) if changed else ""), through + 1
        return through

    def _failed(self, dag: str) -> str:
        """The newest run, if it failed; else empty."""
        runs = self._runs(dag)
        return str(runs[0]["dag_run_id"]) if runs and runs[0]["state"] == FAILED else ""

    def _unfinished(self, dag: str) -> bool:
        return any(run["state"] in UNFINISHED for run in self._runs(dag))

    def _changed_at(self, dag: str) -> str:
        """When the newest run announced something; empty if it was skipped because there was nothing new."""
        newest = self._runs(dag)[0]["dag_run_id"]
        ends = [
            task["end_date"]
            for task in self.api.every(f"/dags/{dag}/dagRuns/{newest}/taskInstances", "task_instances")
            if task["state"] == SUCCESS
        ]
        return max(ends, default="")

    def _answered(self, dag: str, since: str) -> bool:
        """Whether a run that was asked for after `since` has succeeded."""
        return any(run["queued_at"] >= since for run in self._runs(dag, SUCCESS))

    def _runs(self, dag: str, state: str = "") -> list[dict[str, Any]]:
        """Some of the newest runs, newest first."""
        query = {"order_by": "-id", "limit": "10"} | ({"state": state} if state else {})
        return list(self.api.get(f"/dags/{dag}/dagRuns", **query)["dag_runs"])
