"""Every Sunday: from which scores the pairs of the watched coins are bought and sold, if from any."""

from airflow.sdk import dag, task

from algo_airflow.flow import LONGEST_STUDY, dag_defaults, documented
from algo_airflow.runtime import Report, Reports, application, to_xcom

SHARDS = 4  # tasks that share the pairs


@dag(schedule="0 6 * * SUN", catchup=False, **dag_defaults("backtests", runs=1, longest=LONGEST_STUDY))
def threshold_tuning() -> None:
    """Tune the thresholds of bull and bear scores of every crypto pair with candles, on the timeframes that it has.

    What survives, or why nothing does, is kept in the database as `algo-trading tune` keeps it. Strategies whose
    thresholds are `ml` use it from the next hour on; others keep the thresholds that people gave them.
    """

    @task
    def tune(index: int) -> Report:
        """Tune a shard of the pairs; those with too little history are skipped and named."""
        from algo_trading.errors import ConfigError
        from back_testing.services import tune_thresholds

        survived: dict[str, list[int]] = {}
        objections: dict[str, str] = {}
        with application() as app:
            service = tune_thresholds(app)
            for instrument, timeframes in app.scored_pairs()((), None)[index::SHARDS]:
                try:
                    found = service(instrument, timeframes)
                except ConfigError as error:
                    objections[str(instrument)] = str(error)
                    continue
                if found.best and not found.objection:
                    survived[str(instrument)] = [found.best.thresholds.bull, found.best.thresholds.bear]
                else:
                    objections[str(instrument)] = found.objection
        return to_xcom({"survived": survived, "objections": objections})

    @task
    def summary(reports: Reports) -> Report:
        """Count what was found."""
        survived = {pair: found for report in reports for pair, found in report["survived"].items()}
        return {"tuned": sum(len(report["objections"]) for report in reports) + len(survived), "survived": survived}

    summary(documented(tune).expand(index=[*range(SHARDS)]))


threshold_tuning()
