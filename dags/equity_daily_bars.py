"""Daily bars of the watchlist, half an hour after each session closes. The head of the chain: backfill this one."""

from airflow.sdk import dag, task

from algo_airflow.flow import (
    DAILY_BARS,
    LONG_AGO,
    SOURCE_POOL,
    SOURCE_RETRIES,
    SYMBOL_PATIENCE,
    manners,
    market_sessions,
    over_shards,
)
from algo_airflow.runtime import Report, Reports, announce, application, instruments, one_session, run_session, told


@dag(schedule=market_sessions(), catchup=True, start_date=LONG_AGO, **manners("bars", deadline=True))
def equity_daily_bars() -> None:
    """Fetch, archive, judge and store the bars of one exchange session, then publish them.

    The partition key is the session's date. A run without a key takes the newest session that has closed and that the
    source covers. Running a session again stores only what the source has revised, and never a row twice.
    """

    @task(pool=SOURCE_POOL, retries=SOURCE_RETRIES)
    def ingest(symbols: list[str]) -> Report:
        """Bring in this session's bars, and those missing before it.

        The payload is archived as it came. Rows that break a rule go to the quarantine with the reason; a shard without
        a good bar fails. When the source asks to slow down, the task waits longer and longer; when it does not have the
        session yet, ten minutes, and so for a symbol that the others are ahead of, until 75 minutes after the close:
        who has no bar then gets no signal. An unknown symbol or a mistake in the configuration is not tried again.
        """
        from algo_trading.services.ingest import IngestBars

        with application() as app:
            session = run_session(app)
            report = app.make(IngestBars)(session, instruments(app, symbols), SYMBOL_PATIENCE)
            app.gate.publish(app.objects, f"{session}-{symbols[0]}")
            return told(report, session)

    @task(outlets=[DAILY_BARS])
    def publish(reports: Reports) -> Report:
        """Write the year's Parquet file, note that the session's bars are complete, and announce them."""
        from algo_trading.repositories.signals import Stage
        from algo_trading.services.export import ExportBars

        session = one_session(reports)
        with application() as app:
            files = app.make(ExportBars)(app.settings.venue, [session.year])
            app.sessions.mark(app.settings.venue, session, Stage.INGESTED)
        announce(DAILY_BARS, session, files=files)
        return told(files, session)

    publish(over_shards(ingest))


equity_daily_bars()
