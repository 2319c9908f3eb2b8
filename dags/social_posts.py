"""Posts of the followed accounts and communities, every five minutes."""

from airflow.sdk import dag

from algo_airflow.flow import POSTS, dag_defaults, while_feeds_go_on
from algo_airflow.posts import collected
from algo_trading.domain.post import PostKind

NEEDS = "`[[feeds]]` of posts, and the keys of their platforms (docs/feeds.md); without one nothing is collected"


@dag(
    schedule=while_feeds_go_on(PostKind.POST, "*/5 * * * *"), catchup=False, **dag_defaults("text", runs=1, needs=NEEDS)
)
def social_posts() -> None:
    """Collect what is new since the last time, from every feed of posts that the configuration names.

    Where all of them are files of the past there is no schedule: a run by hand collects what they hold.
    """
    collected(PostKind.POST, POSTS)


social_posts()
