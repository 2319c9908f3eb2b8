"""Indicators of each session, as soon as its bars are published."""

from airflow.sdk import dag, task

from algo_airflow.flow import DAILY_BARS, DAILY_INDICATORS, after, manners, over_shards
from algo_airflow.runtime import Report, Reports, announce, application, instruments, one_session, run_session, told


@dag(schedule=after(DAILY_BARS), **manners("indicators", deadline=True))
def daily_indicators() -> None:
    """Compute moving averages, RSI and MACD on closes adjusted as of the session: one row per symbol and session.

    The rows are what that session saw, whenever this runs. They are published for people; strategies read the bars.
    """

    @task
    def compute(symbols: list[str]) -> Report:
        """Compute and store the rows of a shard; symbols without a bar of the session are named."""
        from algo_trading.services.compute import ComputeIndicators

        with application() as app:
            session = run_session(app)
            return told(app.make(ComputeIndicators)(session, instruments(app, symbols)), session)

    @task(outlets=[DAILY_INDICATORS])
    def publish(reports: Reports) -> None:
        """Announce the session's indicators once every shard is stored."""
        announce(DAILY_INDICATORS, one_session(reports), rows=sum(report["published"] for report in reports))

    publish(over_shards(compute))


daily_indicators()
