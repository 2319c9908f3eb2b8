"""Run by test_dags.py in a process of its own, because Airflow reads its configuration when it is imported.

Prepares Airflow's database, imports every DAG, runs each with dag.test() as often as asked, and prints what it saw as
JSON after a line of its own.
"""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

TIMES = int(sys.argv[1])
ORDER = (
    "history_load",
    "social_posts",
    "news_articles",
    "text_sentiment",
    "text_signals",
    "equity_daily_bars",
    "daily_indicators",
    "strategy_signals",
    "bars_demo_coins_1h",
    "bars_demo_coins_4h",
    "backfill_demo_coins_1h",
    "pair_scores",
    "signal_dispatch",
    "strategy_review",
)

FORMS: dict[str, dict[str, Any]] = {
    "history_load": {"series": "us_stocks_1d", "from": "2012-06-01", "to": "2013-02-28", "symbols": []},
    "strategy_review": {"in_sample": 100, "out_of_sample": 40},
}


def main() -> dict[str, Any]:
    """Everything in one process: importing Airflow takes seconds."""
    from airflow.utils.db import initdb

    initdb()
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"], load_op_links=False)
    seen: dict[str, Any] = {"import_errors": bag.import_errors, "dags": {}, "runs": []}

    def deadlines(dag: Any) -> list[Any]:
        return dag.deadline or []

    for dag_id, dag in bag.dags.items():
        seen["dags"][dag_id] = {
            "doc": dag.doc_md,
            "owner_links": dag.owner_links,
            "tags": sorted(dag.tags),
            "timetable": getattr(dag.timetable, "summary", type(dag.timetable).__name__),
            "catchup": dag.catchup,
            "timeout": dag.dagrun_timeout and dag.dagrun_timeout.total_seconds(),
            "deadline": [alert.name for alert in deadlines(dag)],
            "params": dag.params.dump(),
            "tasks": {
                task.task_id: {
                    "doc": task.doc_md,
                    "owner": task.owner,
                    "pool": task.pool,
                    "retries": task.retries,
                    "timeout": task.execution_timeout and task.execution_timeout.total_seconds(),
                    "policy": type(task.retry_policy).__name__,
                    "mapped": task.is_mapped,
                    "outlets": [outlet.name for outlet in task.outlets],
                }
                for task in dag.tasks
            },
        }
    for _ in range(TIMES):
        for dag_id in ORDER:
            dag = bag.dags[dag_id]
            dag.deadline = None  # dag.test() of Airflow 3.3.2 stumbles over deadlines; they have tests of their own
            run = dag.test(run_conf=FORMS.get(dag_id))
            states = {f"{ti.task_id}[{ti.map_index}]": str(ti.state) for ti in run.get_task_instances()}
            seen["runs"].append({"dag": dag_id, "state": str(run.state), "tasks": states})
    kept = bag.dags["housekeeping"].test()
    seen["housekeeping"] = {ti.task_id: [str(ti.state), ti.xcom_pull(ti.task_id)] for ti in kept.get_task_instances()}
    seen["deadline"] = deadline_of(run)
    return seen


def deadline_of(run: Any) -> dict[str, Any]:
    """What the scheduler computes for a run of today's period, and what is said when the deadline is missed."""
    import structlog
    from airflow.sdk.execution_time.callback_supervisor import execute_callback
    from airflow.serialization.decoders import decode_deadline_alert
    from airflow.serialization.encoders import encode_deadline_alert
    from airflow.utils.session import create_session

    from algo_airflow.deadlines import signals_within
    from algo_trading.domain.time import Interval

    alert = decode_deadline_alert(encode_deadline_alert(signals_within(timedelta(hours=2), "24/7", Interval.DAY)))
    today = datetime.now(UTC).date()
    due = {}
    with create_session() as session:
        for key in (str(today), "2013-03-01"):
            session.merge(run).partition_key = key
            session.flush()
            names = {"dag_id": run.dag_id, "run_id": run.run_id}
            due[key] = str(alert.reference.evaluate_with(session=session, interval=alert.interval, **names))
    context = {"dag_run": {"dag_id": run.dag_id, "partition_key": str(today), "state": "running", "dag_run_id": "x"}}
    kwargs = {**alert.callback.kwargs, "context": context}
    done, error = execute_callback(alert.callback.path, kwargs, Path(), None, structlog.get_logger())
    return {"today": str(today), "due": due, "told": done, "error": error}


if __name__ == "__main__":
    sys.stdout.write(f"RESULT\n{json.dumps(main())}\n")
