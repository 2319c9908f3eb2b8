"""What the flows of posts and of articles have in common: a different kind, at a different pace."""

from airflow.sdk import Asset, XComArg, task
from airflow.sdk.exceptions import AirflowSkipException

from algo_airflow.flow import SOURCE_RETRIES, TEXT_POOL
from algo_airflow.runtime import Report, application, to_xcom
from algo_trading.domain.post import PostKind


def collected(kind: PostKind, outlet: Asset) -> XComArg:
    """A task that collects what is new of `kind` and announces it; it is skipped where there is nothing to read."""

    @task(outlets=[outlet], pool=TEXT_POOL, retries=SOURCE_RETRIES)
    def collect() -> Report:
        """Ask every feed for what is newer than what it brought before.

        A reply with something new is archived as it came before anything of it is stored. Posts that break a rule go to
        the quarantine with the reason; a post that is there already is not stored again. A feed that fails does not
        hold up the others: its error is in the report and in `algo-trading status`, and the task fails when every feed
        did.
        """
        with application() as app:
            report = to_xcom(app.collect_posts()({kind}))
            app.pages.publish(app.objects, f"{kind}s-{app.clock.now():%Y%m%dT%H%M%S}")
            if not app.posts.unread(1):
                raise AirflowSkipException(f"nothing new: {report}")
            return report

    made: XComArg = collect()
    return made
