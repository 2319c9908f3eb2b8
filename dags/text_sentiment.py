"""What posts and articles say, as soon as there are new ones."""

from airflow.sdk import dag, task

from algo_airflow.flow import ARTICLES, MENTIONS, POSTS, manners
from algo_airflow.runtime import Report, application, told


@dag(schedule=POSTS | ARTICLES, **manners("text", runs=1))
def text_sentiment() -> None:
    """Find the instruments that a text mentions, its tone about each of them, its kind of event and its impact."""

    @task(outlets=[MENTIONS])
    def read() -> Report:
        """Read every post that nobody has read yet. What has been read stays as it is, so running again is harmless."""
        from algo_trading.services.annotate_posts import AnnotatePosts

        with application() as app:
            return told(app.make(AnnotatePosts)())

    read()


text_sentiment()
