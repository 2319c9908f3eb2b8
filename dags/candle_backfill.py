"""Days of candles long past: one task takes every step of all periods of a day."""

from airflow.sdk import dag, task

from algo_airflow.clocks import SIGNALS, WatchlistClock, clocks
from algo_airflow.flow import BACKFILL_POOL, BACKFILL_WEIGHT, LONG_AGO, LONGEST_STUDY, SOURCE_RETRIES, dag_defaults
from algo_airflow.runtime import Report, application, periods_of_day, publish_event, shard, to_xcom


def backfill_dag(clock: WatchlistClock) -> None:
    """The DAG of a watchlist's interval."""

    @dag(
        dag_id=clock.ids.backfill,
        schedule=clock.days(),
        catchup=False,
        start_date=LONG_AGO,
        **dag_defaults("bars", "indicators", "signals", "backfill", clock.watchlist.name, longest=LONGEST_STUDY),
    )
    def backfill() -> None:
        """Fetch, judge and store the candles of a whole day, compute their indicators and decide on each of them.

        It never runs by itself: start a backfill of it. The partition key is a date, such as 2026-11-20. Its candles
        are read once, so that a year of five minutes is 365 tasks. They have a pool of their own and give way to the
        candles that have just closed.
        """

        @task(outlets=[SIGNALS], pool=BACKFILL_POOL, priority_weight=BACKFILL_WEIGHT, retries=SOURCE_RETRIES)
        def run() -> Report:
            """Take every step for the whole watchlist, and note that the periods are decided."""
            with application() as app:
                periods = periods_of_day(app, clock)
                report = app.run_range().backfill(shard(app, clock).watchlist, periods)
                app.pages.publish(app.objects, f"{clock.name}-{periods[0].date}")
            publish_event(SIGNALS, periods[-1], decided=report.decided.decided)
            return to_xcom(report)

        run()

    backfill()


for each in clocks(intraday=True):
    backfill_dag(each)
