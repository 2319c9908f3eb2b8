"""The pairs of the watched exchanges and their trading rules, every day."""

from airflow.sdk import dag, task

from algo_airflow.clocks import SETTINGS
from algo_airflow.flow import SOURCE_POOL, SOURCE_RETRIES, dag_defaults
from algo_airflow.runtime import Report, application, to_xcom

NEEDS = "a watchlist whose source knows trading rules, such as `binance`; without one a run fails and says so"
KNOWS_RULES = "binance"  # with other sources that know trading rules a run is started by hand


@dag(
    schedule="@daily" if any(one.source == KNOWS_RULES for one in SETTINGS.watchlists) else None,
    catchup=False,
    **dag_defaults("instruments", runs=1, needs=NEEDS),
)
def instrument_rules() -> None:
    """Refresh ticks, lots, smallest amounts and status of every pair, and name what came, went or stopped."""

    @task(pool=SOURCE_POOL, retries=SOURCE_RETRIES)
    def refresh() -> Report:
        """Archive what each exchange says, and store the rules that are new or changed."""
        with application() as app:
            return to_xcom(app.refresh_rules()())

    refresh()


instrument_rules()
