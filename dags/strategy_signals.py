"""What every active strategy says about its symbols, as soon as a session's indicators are published."""

from airflow.sdk import dag, task

from algo_airflow.flow import DAILY_INDICATORS, SIGNALS, after, manners, over_shards
from algo_airflow.runtime import Report, Reports, announce, application, instruments, one_session, run_session, told


@dag(schedule=after(DAILY_INDICATORS), **manners("signals", deadline=True))
def strategy_signals() -> None:
    """Decide once for each active pair of strategy and symbol: buy, sell or hold, with a confidence and a reason.

    Only bars, corporate actions and text up to the session's close are read. A stored signal is never rewritten:
    running a session again, however much later, finds the same decisions.
    """

    @task
    def evaluate(symbols: list[str]) -> Report:
        """Ask the strategies about a shard; pairs without a bar of the session are skipped and named.

        Where a strategy reads text, posts that nobody has read yet are read before: what was there at the close counts.
        """
        from algo_trading.services.annotate_posts import AnnotatePosts
        from algo_trading.services.evaluate import EvaluateStrategies, needs_text

        with application() as app:
            session = run_session(app)
            if needs_text(app.pairs) and app.posts.unread(1):
                app.make(AnnotatePosts)()
            return told(app.make(EvaluateStrategies)(session, instruments(app, symbols)), session)

    @task(outlets=[SIGNALS])
    def publish(reports: Reports) -> None:
        """Note that the session is decided, so that accounts and subscriptions may move through it, and announce it.

        Posts that no strategy has decided on yet are decided on before: behind the cursors it is too late for a mail
        and for an order.
        """
        from algo_trading.repositories.signals import Stage
        from algo_trading.services.decide_on_posts import DecideOnPosts

        session = one_session(reports)
        with application() as app:
            app.make(DecideOnPosts)()
            app.sessions.mark(app.settings.venue, session, Stage.DECIDED)
        announce(SIGNALS, session, decided=sum(report["decided"] for report in reports))

    publish(over_shards(evaluate))


strategy_signals()
