"""Symbols that people asked for and that were not tracked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow.sdk import dag, task

from algo_airflow.clocks import any_goes_on
from algo_airflow.flow import LONGEST_STUDY, SOURCE_POOL, SOURCE_RETRIES, dag_defaults
from algo_airflow.runtime import Report, application, to_xcom

if TYPE_CHECKING:
    from algo_trading.domain.instrument import Series

EVERY = timedelta(minutes=5)


@dag(
    schedule=EVERY if any_goes_on() else None,
    catchup=False,
    **dag_defaults("bars", "backtests", runs=1, longest=LONGEST_STUDY),
)
def symbol_requests() -> None:
    """Load the history of symbols that people asked for, backtest it, and tell them.

    What the source does not know is dropped from monitoring again. What it cannot answer now is tried again for a day.
    """

    @task(pool=SOURCE_POOL, retries=SOURCE_RETRIES)
    def work() -> Report:
        """Load, judge and store each, walk every strategy forward over it, and queue the notice about it."""
        from back_testing.search.walk_forward import Plan
        from back_testing.services import review_strategies

        with application() as app:

            def review(last: datetime, series: Sequence["Series"]) -> object:
                return review_strategies(app)(last, series, Plan())

            return to_xcom(app.work_symbol_requests(review)())

    work()


symbol_requests()
