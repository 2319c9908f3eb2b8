"""News headlines about the watched symbols, every hour."""

from airflow.sdk import dag

from algo_airflow.flow import ARTICLES, dag_defaults, while_feeds_go_on
from algo_airflow.posts import collected
from algo_trading.domain.post import PostKind

NEEDS = "`[[feeds]]` of articles in the configuration (docs/feeds.md); without one nothing is collected"


@dag(
    schedule=while_feeds_go_on(PostKind.ARTICLE, "@hourly"), catchup=False, **dag_defaults("text", runs=1, needs=NEEDS)
)
def news_articles() -> None:
    """Collect what is new since the last time, from every feed of articles that the configuration names.

    Where all of them are files of the past there is no schedule: a run by hand collects what they hold.
    """
    collected(PostKind.ARTICLE, ARTICLES)


news_articles()
