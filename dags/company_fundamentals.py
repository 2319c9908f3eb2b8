"""Price-earnings ratios and market capitalisations of the watchlist, every morning."""

from airflow.sdk import dag, task

from algo_airflow.flow import SETTINGS, SOURCE_POOL, SOURCE_RETRIES, manners, over_shards
from algo_airflow.runtime import Report, application, instruments, told

LOOKED_UP = "yahoo"  # the source that fundamentals come from; with another source of bars a run is started by hand


@dag(
    schedule="0 8 * * MON-FRI" if SETTINGS.market_data == LOOKED_UP else None,
    catchup=False,
    **manners("fundamentals", runs=1),
)
def company_fundamentals() -> None:
    """Look figures up that change slowly. They count from the moment they were seen, never for earlier bars."""

    @task(pool=SOURCE_POOL, retries=SOURCE_RETRIES)
    def look_up(symbols: list[str]) -> Report:
        """Archive what the source says of a shard, and store one record for each symbol and day."""
        from algo_trading.services.fundamentals import FetchFundamentals

        with application() as app:
            return told(app.make(FetchFundamentals)(instruments(app, symbols)))

    over_shards(look_up)


company_fundamentals()
