"""Deep history in one bulk load instead of thousands of daily runs. Started by hand, with a form."""

from airflow.sdk import Param, dag, task

from algo_airflow.flow import SOURCE_POOL, SOURCE_RETRIES, manners, newest_session
from algo_airflow.runtime import Report, application, chosen_history, told


@dag(
    schedule=None,
    params={
        "from": Param("2000-01-01", type="string", format="date", title="From", description="First session to load"),
        "to": Param(
            str(newest_session() or ""),
            type="string",
            anyOf=[{"format": "date"}, {"const": ""}],
            title="To",
            description="Last session to load; empty for the newest one that has closed",
        ),
        "symbols": Param(
            [],
            type="array",
            items={"type": "string", "pattern": r"^\S+$"},
            title="Symbols",
            description="One per line; empty for the whole watchlist",
        ),
    },
    **manners("bars", "history"),
)
def history_load() -> None:
    """Load the bars of a range of sessions from the configured source, through the same gate as every day's.

    Loading stores bars and nothing else: no signal is decided, no mail is sent and no order is placed. What is stored
    already stays; what the source has revised is updated.
    """

    @task(pool=SOURCE_POOL, retries=SOURCE_RETRIES)
    def load() -> Report:
        """Fetch, archive, judge and store symbol after symbol, then refresh the Parquet files of the years."""
        from algo_trading.services.load_history import LoadHistory

        with application() as app:
            first, last, wanted = chosen_history(app)
            return told(app.make(LoadHistory)(first, last, wanted), last)

    load()


history_load()
