"""What every flow of the pipeline has in common: its assets, its schedule, its owner, its manners when it fails."""

import inspect
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, PartitionedAssetTimetable, XComArg

from algo_airflow.deadlines import signals_within
from algo_airflow.failures import RetryByError
from algo_airflow.timetable import MarketSessionTimetable
from algo_trading.domain.post import PostKind
from algo_trading.plugins import load_plugin
from algo_trading.settings import load_settings

if TYPE_CHECKING:
    from algo_trading.repositories.market_data import MarketData

# Each is published per session: the partition key of its events is the session's date.
DAILY_BARS = Asset("daily_bars", uri="algo-trading://bars/1d", group="market data")
DAILY_INDICATORS = Asset("daily_indicators", uri="algo-trading://indicators/1d", group="market data")
SIGNALS = Asset("signals", uri="algo-trading://signals", group="decisions")

# What came in since the last time; the database knows what is still to be done, so these have no partitions.
POSTS = Asset("posts", uri="algo-trading://posts/post", group="text")
ARTICLES = Asset("articles", uri="algo-trading://posts/article", group="text")
MENTIONS = Asset("mentions", uri="algo-trading://mentions", group="text")

SOURCE_POOL = "market_data"
TEXT_POOL = "text"  # of its own: a slow platform must not keep bars from coming in at the close
SOURCE_RETRIES = 6  # an hour of patience with a source that is late or asks to slow down
# After the close, with single symbols that are late: the first try is half an hour after it, then every ten minutes.
SYMBOL_PATIENCE = timedelta(minutes=75)
OWNER = "trading"
LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)  # Airflow wants a start date for catching up; the timetable decides
SIGNALS_WITHIN = timedelta(hours=2)
SETTINGS = load_settings()


def newest_session() -> date | None:
    """The newest session that the configured source can ever serve, None if it goes on with the calendar."""
    source: MarketData = load_plugin("algo_trading.market_data", SETTINGS.market_data)(SETTINGS)
    return source.newest_session(SETTINGS.venue)


def while_feeds_go_on(kind: PostKind, cron: str) -> str | None:
    """The schedule of a flow of posts or articles; None where no configured feed of that kind goes on."""
    from algo_trading.adapters.post_feeds import build_feed

    feeds = (build_feed(SETTINGS, feed) for feed in SETTINGS.feeds)
    return cron if any(feed.kind is kind and not feed.replay for feed in feeds) else None


def market_sessions() -> MarketSessionTimetable:
    """After each session of the configured venue, as long as the configured source goes on."""
    return MarketSessionTimetable(SETTINGS.venue, until=newest_session())


def after(asset: Asset) -> PartitionedAssetTimetable:
    """When a session of `asset` has been published, for the same session."""
    return PartitionedAssetTimetable(assets=asset)


def over_shards(step: Any, *more: list[str]) -> XComArg:  # noqa: ANN401 - what @task makes has a private type
    """A task for each shard of the watchlist, and for each of `more`.

    Airflow gives a mapped task no documentation unless it is told.
    """
    documented = step.override(doc_md=inspect.cleandoc(step.function.__doc__ or ""))
    tasks: XComArg = documented.expand(symbols=[*shards(), *more])
    return tasks


def shards() -> list[list[str]]:
    """The watched symbols in portions, one task each. They stand in the DAG, so its versions show the watchlist."""
    size = SETTINGS.shard_size
    return [list(SETTINGS.symbols[start : start + size]) for start in range(0, len(SETTINGS.symbols), size)]


def manners(*tags: str, deadline: bool = False, runs: int = 8) -> dict[str, Any]:
    """Arguments that every DAG is made with; at most `runs` of its runs work at a time."""
    return {
        "tags": ["algo-trading", *tags],
        "owner_links": {OWNER: f"mailto:{SETTINGS.mail.sender}"},
        "max_active_runs": runs,
        "deadline": signals_within(SIGNALS_WITHIN, SETTINGS.venue) if deadline else None,
        "default_args": {
            "owner": OWNER,
            "retries": 3,
            "retry_delay": timedelta(seconds=10),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=10),
            "retry_policy": RetryByError(),
        },
    }
