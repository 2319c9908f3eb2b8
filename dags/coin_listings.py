"""Names, ranks and prices of coins, every day."""

from airflow.sdk import dag, task

from algo_airflow.flow import SETTINGS, SOURCE_RETRIES, TEXT_POOL, manners
from algo_airflow.runtime import Report, application, told


@dag(schedule="@daily" if SETTINGS.coin_listings.source else None, catchup=False, **manners("text"))
def coin_listings() -> None:
    """Refresh the names under which coins are found in posts. Without a configured source there is no schedule."""

    @task(pool=TEXT_POOL, retries=SOURCE_RETRIES)
    def refresh() -> Report:
        """Fetch the listing, archive it as it came, and store names, ranks and prices; unchanged ones stay."""
        from algo_trading.services.list_coins import ListCoins

        with application() as app:
            return told(app.make(ListCoins)())

    refresh()


coin_listings()
