"""How unusual the candles of every pair are: its scores again and again, so that there is a history of them."""

from airflow.sdk import dag, task

from algo_airflow.clocks import any_goes_on, scored_every
from algo_airflow.flow import dag_defaults
from algo_airflow.runtime import Report, application, to_xcom


@dag(schedule=scored_every() if any_goes_on() else None, catchup=False, **dag_defaults("scores", runs=1))
def pair_scores() -> None:
    """Rank the newest candles of pairs among all closed ones, store the bull and the bear score, and mail high ones.

    Every five minutes where intraday candles of coins are not scored by `algo-trading watch`, else every hour.
    `algo-trading scores` computes them for any moment, as of what had closed by then.
    """

    @task
    def record() -> Report:
        """Score every pair with candles on what is monitored of it; pairs without any are named."""
        with application() as app:
            report = app.record_scores()(app.scored_pairs()((), None), app.clock.now())
            if report.notices:
                app.deliver_notices()()
        scored = [str(one.instrument) for one in report.scores]
        return to_xcom({"scored": scored, "skipped": report.skipped, "notices": report.notices})

    record()


pair_scores()
