"""Bars of each watchlist, some time after each period closes. The heads of the chains: backfill these."""

from airflow.sdk import dag, task

from algo_airflow.clocks import WatchlistClock, clocks
from algo_airflow.flow import (
    LONG_AGO,
    LONGEST_STUDY,
    SOURCE_POOL,
    SOURCE_RETRIES,
    SYMBOL_WAIT,
    dag_defaults,
    over_shards,
)
from algo_airflow.runtime import (
    Report,
    Reports,
    application,
    is_scheduled,
    one_period,
    publish_event,
    run_period,
    shard,
    to_xcom,
)


def bars_dag(clock: WatchlistClock) -> None:
    """The DAG of a watchlist's daily or longer interval."""

    @dag(
        dag_id=clock.ids.bars,
        schedule=clock.timetable(),
        catchup=False,
        start_date=LONG_AGO,
        **dag_defaults("bars", clock=clock),
    )
    def bars() -> None:
        """Fetch, archive, judge and store the bars of one period, then publish them.

        The partition key is the period's key: for daily bars the session's date. A run without a key takes the newest
        period that has closed and that the source covers. Running a period again stores only what the source has
        revised, and never a row twice. Periods that were missed, because nothing ran or the source was away, are
        decided by the next scheduled run: two months without power cost one run.
        """

        @task(pool=SOURCE_POOL, retries=SOURCE_RETRIES)
        def ingest(index: int) -> Report:
            """Bring in this period's bars, and those missing before it.

            The payload is archived as it came. Rows that break a rule go to the quarantine with the reason; a shard
            without a good bar fails. When the source asks to slow down, the task waits longer and longer; when it does
            not have the period yet, ten minutes, and so for a symbol that the others are ahead of, until 75 minutes
            after the close: a symbol without a bar gets no signal. An unknown symbol or a mistake in the configuration
            is not tried again.
            """
            with application() as app:
                period, part = run_period(app, clock), shard(app, clock, index)
                report = app.period_steps().ingest(part.watchlist, period, part.series, SYMBOL_WAIT)
                app.pages.publish(app.objects, f"{clock.name}-{period}-{index}")
                return to_xcom(report, period)

        @task(outlets=[clock.bars], execution_timeout=LONGEST_STUDY)
        def publish(reports: Reports) -> Report:
            """Decide on periods that were missed, refresh the Parquet file, and announce this period's bars."""
            with application() as app:
                period, watchlist = one_period(clock, reports), shard(app, clock).watchlist
                missed = app.run_range().missed(watchlist, period) if is_scheduled() else None
                files = app.period_steps().accept(watchlist, period)
            publish_event(clock.bars, period, files=files)
            return to_xcom({"files": files, "missed": missed}, period)

        publish(over_shards(ingest, clock.shards))

    bars()


for each in clocks(intraday=False):
    bars_dag(each)
