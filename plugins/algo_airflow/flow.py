"""What every flow of the pipeline has in common: its pools, its owner, its schedule, its defaults when it fails."""

import inspect
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, PartitionedAssetTimetable, XComArg

from algo_airflow.clocks import SETTINGS, WatchlistClock
from algo_airflow.deadlines import signals_within
from algo_airflow.failures import RetryByError
from algo_trading.domain.post import PostKind

# What came in since the last time; the database knows what is still to be done, so these have no partitions.
POSTS = Asset("posts", uri="algo-trading://posts/post", group="text")
ARTICLES = Asset("articles", uri="algo-trading://posts/article", group="text")
MENTIONS = Asset("mentions", uri="algo-trading://mentions", group="text")

SOURCE_POOL = "market_data"
BACKFILL_POOL = "backfill"
TEXT_POOL = "text"  # of its own: a slow platform must not keep bars from coming in at the close
WEIGHT, BACKFILL_WEIGHT = 10, 1  # what has just closed goes before what is long past
SOURCE_RETRIES = 6  # an hour, for a source that is late or asks to slow down
# After the close, with single symbols that are late: the first try is half an hour after it, then every ten minutes.
SYMBOL_WAIT = timedelta(minutes=75)
OWNER = "trading"
LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)  # Airflow wants a start date for catching up; the timetable decides
SIGNALS_WITHIN = timedelta(hours=2)
# How long a try of a task may take. A strategy that hangs must not keep the others from working for good.
LONGEST_STEP, LONGEST_STUDY = timedelta(minutes=30), timedelta(hours=8)
LONGEST_RUN = timedelta(days=1)  # with all tries: a source that is late or away is asked for hours


def while_feeds_go_on(kind: PostKind, cron: str) -> str | None:
    """The schedule of a flow of posts or articles; None where no configured feed of that kind goes on."""
    from algo_trading.bootstrap.feeds import build_feed

    feeds = (build_feed(SETTINGS, feed) for feed in SETTINGS.feeds)
    return cron if any(feed.kind is kind and not feed.replay for feed in feeds) else None


def after(asset: Asset) -> PartitionedAssetTimetable:
    """When a period of `asset` has been published, for the same period."""
    return PartitionedAssetTimetable(assets=asset)


def over_shards(step: Any, count: int, *more: int) -> XComArg:  # noqa: ANN401 - what @task makes has a private type
    """A task for each of `count` shards, and for each of `more`.

    What is in a shard is read when its task runs.
    """
    tasks: XComArg = documented(step).expand(index=[*range(count), *more])
    return tasks


def documented(step: Any) -> Any:  # noqa: ANN401 - as above
    """A step that is to be mapped, with its documentation: Airflow gives a mapped task none unless it is told."""
    return step.override(doc_md=inspect.cleandoc(step.function.__doc__ or ""))


def dag_defaults(
    *tags: str, clock: WatchlistClock | None = None, runs: int = 8, longest: timedelta = LONGEST_STEP, needs: str = ""
) -> dict[str, Any]:
    """Arguments that every DAG is made with; at most `runs` of its runs work at a time, no try of a task for `longest`.

    Of a watchlist's `clock` there is a deadline for the signals. A DAG that `needs` to be configured has that for its
    description.
    """
    deadline = clock and signals_within(SIGNALS_WITHIN, clock.watchlist.venue, clock.interval)
    return {
        "description": f"Needs {needs}" if needs else None,
        "tags": ["algo-trading", *tags, *([clock.watchlist.name] if clock else [])],
        "owner_links": {OWNER: f"mailto:{SETTINGS.mail.sender}"},
        "max_active_runs": runs,
        "deadline": deadline,
        "dagrun_timeout": LONGEST_RUN,
        "default_args": {
            "owner": OWNER,
            "priority_weight": WEIGHT,
            "execution_timeout": longest,
            "retries": 3,
            "retry_delay": timedelta(seconds=10),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=10),
            "retry_policy": RetryByError(),
        },
    }
