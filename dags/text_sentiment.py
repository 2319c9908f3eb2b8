"""What posts and articles say, as soon as there are new ones."""

from airflow.sdk import dag, task

from algo_airflow.flow import ARTICLES, MENTIONS, POSTS, dag_defaults
from algo_airflow.runtime import Report, application, to_xcom


@dag(schedule=POSTS | ARTICLES, **dag_defaults("text", runs=1))
def text_sentiment() -> None:
    """Find the instruments that a text mentions, its tone about each of them, its kind of event and its impact."""

    @task(outlets=[MENTIONS])
    def read() -> Report:
        """Read every post that nobody has read yet. What has been read stays as it is, so running again is harmless."""
        with application() as app:
            return to_xcom(app.annotate_posts()())

    read()


text_sentiment()
