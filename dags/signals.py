"""What every assigned strategy says about its series, as soon as a period's indicators are published."""

from airflow.sdk import dag, task

from algo_airflow.clocks import SIGNALS, WatchlistClock, clocks
from algo_airflow.flow import after, dag_defaults, over_shards
from algo_airflow.runtime import Report, Reports, application, one_period, publish_event, run_period, shard, to_xcom


def signals_dag(clock: WatchlistClock) -> None:
    """The DAG of a watchlist's interval."""

    @dag(dag_id=clock.ids.signals, schedule=after(clock.indicators), **dag_defaults("signals", clock=clock))
    def signals() -> None:
        """Decide once for each strategy and series: buy, sell or hold, with a confidence and a reason.

        Only bars, corporate actions and text up to the period's close are read. A stored signal is never rewritten:
        running a period again, however much later, finds the same decisions.
        """

        @task
        def evaluate(index: int) -> Report:
            """Ask the strategies about a shard; series without a bar of the period are skipped and named.

            Where a strategy reads text, posts that nobody has annotated yet are annotated before.
            """
            with application() as app:
                period = run_period(app, clock)
                return to_xcom(app.period_steps().evaluate(period, shard(app, clock, index).series), period)

        @task(outlets=[SIGNALS])
        def publish(reports: Reports) -> None:
            """Note that the period is decided, so that accounts and notices may move through it, and announce it.

            Posts that no strategy has decided on yet are decided on before: behind the cursors it is too late for a
            mail and for an order.
            """
            with application() as app:
                period = one_period(clock, reports)
                app.period_steps().decided(shard(app, clock).watchlist, period)
            publish_event(SIGNALS, period, decided=sum(report["decided"] for report in reports))

        publish(over_shards(evaluate, clock.shards))

    signals()


for each in clocks(intraday=False):
    signals_dag(each)
