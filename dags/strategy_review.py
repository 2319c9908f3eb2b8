"""Every Saturday: which strategy to trade each series with, and whether live signals and accounts still hold."""

from airflow.sdk import Param, dag, get_current_context, task

from algo_airflow.clocks import clocks
from algo_airflow.flow import LONGEST_STUDY, dag_defaults, documented
from algo_airflow.runtime import Report, Reports, application, newest_period, shard, to_xcom

CLOCKS = {clock.name: clock for clock in clocks(intraday=False)}
PARTS = [[clock.name, index] for clock in CLOCKS.values() for index in range(clock.shards)]


@dag(
    schedule="0 6 * * SAT",
    catchup=False,
    params={
        "in_sample": Param(756, type="integer", minimum=1, title="In sample", description="Bars to choose settings on"),
        "out_of_sample": Param(
            252, type="integer", minimum=1, title="Out of sample", description="Bars to trade a choice on"
        ),
    },
    **dag_defaults("backtests", longest=LONGEST_STUDY),
)
def strategy_review() -> None:
    """Walk every strategy forward over every watched daily series, and derive every signal and account again.

    The recommendation of each series (often none) goes into the database and into `algo-trading status`, with a report
    in the object store. It changes no configuration: what trades is decided by people. The bars end with the newest
    period that had closed at the run's logical date, so a review of long ago can be repeated; a repeated one replaces
    its results.
    """

    @task
    def review(part: list[str | int]) -> Report:
        """Walk the strategies over a shard; series with too few bars are skipped and named."""
        from back_testing.search.walk_forward import Plan
        from back_testing.services import review_strategies

        clock = CLOCKS[str(part[0])]
        with application() as app:
            context = get_current_context()
            form, moment = context["params"], context["dag_run"].logical_date
            period, plan = newest_period(app, clock, moment), Plan(form["in_sample"], form["out_of_sample"])
            series = shard(app, clock, int(part[1])).series
            return to_xcom(review_strategies(app)(period.opened_at, series, plan), period)

    @task
    def verify() -> Report:
        """Derive every signal again from the bars of now; differing ones with the same inputs fail the task.

        What differs because bars were revised since, or because a strategy is not installed any more, is reported.
        """
        from back_testing.analysis.verify_live import agreed
        from back_testing.services import verify_live

        with application() as app:
            return to_xcom(agreed(verify_live(app)()))

    @task
    def verify_accounts() -> Report:
        """Derive every account again from its deposits, fills and corporate actions; a difference fails the task."""
        from algo_trading.services.verify_accounts import agreed

        with application() as app:
            return {"verified": len(agreed(app.verify_accounts()()))}

    @task
    def summary(reviews: Reports, check: Report, accounts: Report) -> Report:
        """Count what was found."""
        recommended = {symbol: chosen for report in reviews for symbol, chosen in report["recommended"].items()}
        return {
            "reviewed": sum(report["reviewed"] for report in reviews),
            "recommended": {symbol: chosen for symbol, chosen in recommended.items() if chosen != "none"},
            "signals_checked": check["checked"],
            "signals_revised": check["revised"],
            "accounts_verified": accounts["verified"],
        }

    summary(documented(review).expand(part=PARTS), verify(), verify_accounts())


strategy_review()
