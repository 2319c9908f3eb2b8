"""How unusual the candles of every pair are: its scores, each hour, so that there is a history of them."""

from airflow.sdk import dag, task

from algo_airflow.clocks import any_goes_on
from algo_airflow.flow import dag_defaults
from algo_airflow.runtime import Report, application, to_xcom


@dag(schedule="@hourly" if any_goes_on() else None, catchup=False, **dag_defaults("scores", runs=1))
def pair_scores() -> None:
    """Rank the newest candles of pairs among all closed ones, and store the bull and the bear score.

    `algo-trading scores` computes them for any moment, as of what had closed by then.
    """

    @task
    def record() -> Report:
        """Score every pair with candles on what is monitored of it; pairs without any are named."""
        with application() as app:
            report = app.record_scores()(app.scored_pairs()((), None), app.clock.now())
        return to_xcom({"scored": [str(one.instrument) for one in report.scores], "skipped": report.skipped})

    record()


pair_scores()
