"""Names, ranks and prices of coins, every day."""

from airflow.sdk import dag, task

from algo_airflow.clocks import SETTINGS
from algo_airflow.flow import SOURCE_RETRIES, TEXT_POOL, dag_defaults
from algo_airflow.runtime import Report, application, to_xcom

NEEDS = "a watchlist of real coins, or `coin_listings` in the configuration; without one a run fails and says so"


@dag(schedule="@daily" if SETTINGS.listing_source else None, catchup=False, **dag_defaults("text", needs=NEEDS))
def coin_listings() -> None:
    """Refresh the names under which coins are found in posts. Where no coins are watched there is no schedule."""

    @task(pool=TEXT_POOL, retries=SOURCE_RETRIES)
    def refresh() -> Report:
        """Fetch the listing, archive it as it came, and store names, ranks and prices; unchanged ones stay."""
        with application() as app:
            return to_xcom(app.list_coins()())

    refresh()


coin_listings()
