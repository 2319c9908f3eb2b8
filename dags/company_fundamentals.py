"""Price-earnings ratios and market capitalisations of the watched companies, every morning."""

from airflow.sdk import dag, task

from algo_airflow.clocks import SETTINGS
from algo_airflow.flow import SOURCE_POOL, SOURCE_RETRIES, dag_defaults
from algo_airflow.runtime import Report, application, to_xcom

LOOKED_UP = "yahoo"  # the source that fundamentals come from; with other sources of bars a run is started by hand


@dag(
    schedule="0 8 * * MON-FRI" if any(one.source == LOOKED_UP for one in SETTINGS.watchlists) else None,
    catchup=False,
    **dag_defaults("fundamentals", runs=1),
)
def company_fundamentals() -> None:
    """Look figures up that change slowly. They count from the moment they were seen, never for earlier bars."""

    @task(pool=SOURCE_POOL, retries=SOURCE_RETRIES)
    def look_up() -> Report:
        """Archive what the source says of each watched company, and store one record for each symbol and day."""
        from algo_trading.domain.venue import AssetClass, venue_of

        with application() as app:
            watched = [one for one in app.watchlists.all() if venue_of(one.venue).asset_class is AssetClass.EQUITY]
            wanted = sorted({instrument for watchlist in watched for instrument in watchlist.instruments})
            return to_xcom(app.fetch_fundamentals()(wanted))

    look_up()


company_fundamentals()
