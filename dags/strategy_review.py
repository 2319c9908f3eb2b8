"""Every Saturday: which strategy to trade each symbol with, and whether live signals agree with the bars."""

from airflow.sdk import Param, dag, get_current_context, task

from algo_airflow.flow import manners, over_shards
from algo_airflow.runtime import Report, Reports, application, instruments, run_session, told

REST: list[str] = []  # a shard without symbols: instruments with signals that nobody watches any more


@dag(
    schedule="0 6 * * SAT",
    catchup=False,
    params={
        "in_sample": Param(756, type="integer", minimum=1, title="In sample", description="Bars to choose settings on"),
        "out_of_sample": Param(
            252, type="integer", minimum=1, title="Out of sample", description="Bars to trade a choice on"
        ),
    },
    **manners("backtests"),
)
def strategy_review() -> None:
    """Walk every registered strategy forward over every watched symbol, and derive every stored signal again.

    The recommendation of each symbol (often none) goes into the database and into `algo-trading status`, with a report
    in the object store. It changes no configuration: what trades is decided by people. The bars end at the run's
    session, so a review of long ago can be repeated; a repeated one replaces its results.
    """

    @task
    def review(symbols: list[str]) -> Report:
        """Walk the strategies over a shard; symbols with too few bars are skipped and named."""
        from back_testing.analysis.review import ReviewStrategies
        from back_testing.search.walk_forward import Plan

        with application() as app:
            form = get_current_context()["params"]
            session, plan = run_session(app), Plan(form["in_sample"], form["out_of_sample"])
            return told(app.make(ReviewStrategies)(session, instruments(app, symbols), plan), session)

    @task
    def verify(symbols: list[str]) -> Report:
        """Derive the signals of a shard again from the bars of now; differing ones with the same inputs fail the task.

        What differs because bars were revised since, or because a strategy is not installed any more, is reported.
        """
        from algo_trading.domain.instrument import Instrument
        from back_testing.analysis.verify_live import VerifyLive, agreed

        with application() as app:
            watched = [Instrument(symbol, app.settings.venue) for symbol in app.settings.symbols]
            wanted = instruments(app, symbols) or [i for i in app.signals.instruments() if i not in watched]
            return told(agreed(app.make(VerifyLive)(wanted)), run_session(app))

    @task
    def summary(reviews: Reports, checks: Reports) -> Report:
        """Count what the shards found."""
        recommended = {symbol: chosen for report in reviews for symbol, chosen in report["recommended"].items()}
        return {
            "reviewed": sum(report["reviewed"] for report in reviews),
            "recommended": {symbol: chosen for symbol, chosen in recommended.items() if chosen != "none"},
            "signals_checked": sum(report["checked"] for report in checks),
            "signals_revised": sum(report["revised"] for report in checks),
        }

    summary(over_shards(review), over_shards(verify, REST))


strategy_review()
