"""Deep history in one bulk load instead of thousands of runs. Started by hand, with a form."""

from airflow.sdk import Param, dag, get_current_context, task

from algo_airflow.clocks import clocks
from algo_airflow.flow import LONGEST_STUDY, SOURCE_POOL, SOURCE_RETRIES, dag_defaults
from algo_airflow.runtime import Report, application, newest_period, shard, to_xcom

CLOCKS = {clock.name: clock for intraday in (False, True) for clock in clocks(intraday=intraday)}


@dag(
    schedule=None,
    params={
        "series": Param(
            next(iter(CLOCKS), ""),
            type="string",
            enum=[*CLOCKS] or [""],
            title="Watchlist and interval",
            description="Whose history to load",
        ),
        "from": Param("2000-01-01", type="string", format="date", title="From", description="First date to load"),
        "to": Param(
            "",
            type="string",
            anyOf=[{"format": "date"}, {"const": ""}],
            title="To",
            description="Last date to load; empty for the newest period that has closed",
        ),
        "symbols": Param(
            [],
            type="array",
            items={"type": "string", "pattern": r"^\S+$"},
            title="Symbols",
            description="One per line; empty for the whole watchlist",
        ),
    },
    **dag_defaults("bars", "history", longest=LONGEST_STUDY),
)
def history_load() -> None:
    """Load the bars of a range of dates from a watchlist's source, through the same gate as every day's.

    Loading stores bars and nothing else: no signal is decided, no mail is sent and no order is placed. What is stored
    already stays; what the source has revised is updated.
    """

    @task(pool=SOURCE_POOL, retries=SOURCE_RETRIES)
    def load() -> Report:
        """Fetch, archive, judge and store symbol after symbol, then refresh the Parquet files."""
        from datetime import date, timedelta

        from algo_trading.domain.instrument import Instrument, Series
        from algo_trading.domain.time import midnight

        form = get_current_context()["params"]
        clock = CLOCKS[form["series"]]
        with application() as app:
            newest = newest_period(app, clock)
            last = midnight(date.fromisoformat(form["to"])) if form["to"] else newest.opened_at
            if clock.interval.intraday and form["to"]:
                last = min(last + timedelta(days=1) - clock.interval.length, newest.opened_at)
            whole = shard(app, clock)
            chosen = [Series(Instrument(name, whole.watchlist.venue), clock.interval) for name in form["symbols"]]
            source, first = app.source(whole.watchlist.source), midnight(date.fromisoformat(form["from"]))
            return to_xcom(app.load_history()(source, first, last, chosen or whole.series), newest)

    load()


history_load()
