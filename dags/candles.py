"""Candles shorter than a day: one task takes every step of a period, from its bars to its signals."""

from airflow.sdk import dag, task

from algo_airflow.clocks import SIGNALS, WatchlistClock, clocks
from algo_airflow.flow import LONG_AGO, SOURCE_POOL, dag_defaults
from algo_airflow.runtime import Report, application, publish_event, run_period, shard, to_xcom


def candles_dag(clock: WatchlistClock) -> None:
    """The DAG of a watchlist's interval."""

    @dag(
        dag_id=clock.ids.bars,
        schedule=clock.timetable(),
        catchup=True,
        start_date=LONG_AGO,
        **dag_defaults("bars", "indicators", "signals", clock=clock),
    )
    def candles() -> None:
        """Fetch, archive, judge and store the candles of one period, compute their indicators and decide.

        The partition key is the UTC time of the period's opening, such as 2026-11-20T14:30Z. A task instance costs
        seconds and the work itself less than one, so that one task does it all. Running a period again changes nothing
        but what the source has revised.
        """

        @task(outlets=[SIGNALS], pool=SOURCE_POOL, retries=2, execution_timeout=clock.interval.length * 0.8)
        def run() -> Report:
            """Take every step for the whole watchlist, and note that the period is decided."""
            with application() as app:
                period, whole = run_period(app, clock), shard(app, clock)
                report = app.period_steps()(whole.watchlist, period)
                app.gate.publish(app.objects, f"{clock.name}-{period}")
            publish_event(SIGNALS, period, decided=report.decided.decided)
            return to_xcom(report, period)

        run()

    candles()


for each in clocks(intraday=True):
    candles_dag(each)
