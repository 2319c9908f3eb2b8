"""Candles shorter than a day: one task takes every step, from bars to signals, of all periods that are due."""

from airflow.sdk import dag, task

from algo_airflow.clocks import SIGNALS, WatchlistClock, clocks
from algo_airflow.flow import LONG_AGO, SOURCE_POOL, dag_defaults
from algo_airflow.runtime import Report, application, publish_event, run_period, shard, to_xcom


def candles_dag(clock: WatchlistClock) -> None:
    """The DAG of a watchlist's interval."""

    @dag(
        dag_id=clock.ids.bars,
        schedule=clock.timetable(),
        catchup=False,
        start_date=LONG_AGO,
        **dag_defaults("bars", "indicators", "signals", clock=clock, runs=1),
    )
    def candles() -> None:
        """Fetch, archive, judge and store candles, compute their indicators and decide.

        The partition key is the UTC time of a period's opening, such as 2026-11-20T14:30Z. A run works through that
        period and every one since the newest that was decided, so that an hour without power costs one run. A task
        instance costs seconds and the work itself less than one: one task does it all. Running a period again changes
        nothing but what the source has revised. For days of history there is a DAG of its own, `backfill_...`.
        """

        @task(outlets=[SIGNALS], pool=SOURCE_POOL, retries=2, execution_timeout=clock.interval.length * 0.8)
        def run() -> Report:
            """Take every step for the whole watchlist, and note that the periods are decided."""
            with application() as app:
                period = run_period(app, clock)
                report = app.run_range().catch_up(shard(app, clock).watchlist, period)
                app.pages.publish(app.objects, f"{clock.name}-{period}")
            publish_event(SIGNALS, period, decided=report.decided.decided)
            return to_xcom(report, period)

        run()

    candles()


for each in clocks(intraday=True):
    candles_dag(each)
