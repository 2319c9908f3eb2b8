"""Indicators of each daily or longer period, as soon as its bars are published."""

from airflow.sdk import dag, task

from algo_airflow.clocks import WatchlistClock, clocks
from algo_airflow.flow import after, dag_defaults, over_shards
from algo_airflow.runtime import Report, Reports, application, one_period, publish_event, run_period, shard, to_xcom


def indicators_dag(clock: WatchlistClock) -> None:
    """The DAG of a watchlist's interval."""

    @dag(dag_id=clock.ids.indicators, schedule=after(clock.bars), **dag_defaults("indicators", clock=clock))
    def indicators() -> None:
        """Compute moving averages, RSI and MACD on closes adjusted as of the period: one row per series and period.

        The rows are what that period saw, whenever this runs. They are published for people; strategies read the bars.
        """

        @task
        def compute(index: int) -> Report:
            """Compute and store the rows of a shard; series without a bar of the period are named."""
            with application() as app:
                period = run_period(app, clock)
                return to_xcom(app.period_steps().compute(period, shard(app, clock, index).series), period)

        @task(outlets=[clock.indicators])
        def publish(reports: Reports) -> None:
            """Announce the period's indicators once every shard is stored."""
            period = one_period(clock, reports)
            publish_event(clock.indicators, period, rows=sum(report["published"] for report in reports))

        publish(over_shards(compute, clock.shards))

    indicators()


for each in clocks(intraday=False):
    indicators_dag(each)
