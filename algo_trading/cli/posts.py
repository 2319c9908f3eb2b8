"""The commands `run-text` and `posts`."""

from functools import partial
from typing import Any

from algo_trading.bootstrap import bootstrap
from algo_trading.cli import output
from algo_trading.domain.post import Mention
from algo_trading.errors import AlgoTradingError, ConfigError
from algo_trading.notification.words import shortened
from algo_trading.services.collect import FeedReport
from algo_trading.services.deliver import DeliveryReport
from algo_trading.services.run_text import COLLECTED, TextReport

SENT = "mails sent"
ENGLISH = "en"
SHOWN = 100  # characters of a text in a table


def run_text(*, as_json: bool) -> None:
    """Collect, read, decide, mail; what was done before changes nothing."""
    with bootstrap() as application:
        if not application.feeds:
            raise ConfigError("no feed is configured: add a [[feeds]] table with platform and source")
        application.apply_config().seed()
        with output.counting({COLLECTED: len(application.feeds)}) as progress:
            report = application.run_text()(None, progress)
            queued = application.queue_notices()()
            delivered = application.deliver_notices()(partial(progress, SENT))
    if as_json:
        output.print_json({**output.plain(report), "queued": queued, "delivered": delivered})
    else:
        _show(report, delivered)
    trouble = report.error or delivered.error
    if not report.error:
        _warn(report)
    if trouble:
        raise AlgoTradingError(trouble)


def _show(report: TextReport, delivered: DeliveryReport) -> None:
    rows = [(f.feed, f.fetched, f.new, f.known, f.quarantined, _state(f)) for f in report.collected.feeds]
    if rows:
        output.table("Feeds", ("feed", "fetched", "new", "known", "held back", "state"), rows)
    counts = [
        ("posts annotated", report.annotated.posts),
        ("mentions found", report.annotated.mentions),
        ("signals decided", report.decided.new),
        (SENT, delivered.sent),
    ]
    if rows or any(count for _, count in counts):
        output.table("What happened", ("what", "count"), counts)


def _state(feed: FeedReport) -> str:
    later = f"{feed.later:,} not published yet" if feed.later else ""
    return ", ".join(filter(None, ("failed" if feed.error else "", later))) or "fine"


def _warn(report: TextReport) -> None:
    """What did not work beside what did, a line each on stderr."""
    for feed in report.collected.feeds:
        for sentence in filter(None, (feed.error, feed.remark)):
            output.warn(f"{feed.feed}: {sentence}")
    waiting = report.decided.waiting
    if waiting:
        first, last, count = min(waiting), max(waiting), sum(waiting.values())
        command = f"algo-trading load --from {first} --to {last}"
        what = "mention waits" if count == 1 else "mentions wait"
        output.warn(f"{count:,} {what} for the bars of {first} .. {last}: load them with `{command}`")
    without = len(report.decided.skipped) - sum(waiting.values())
    if without:
        what = "mention is" if without == 1 else "mentions are"
        output.warn(f"{without:,} {what} older than the first bar of the instrument; nothing is decided on these")


def show_posts(limit: int, *, as_json: bool) -> None:
    """The newest posts with what they mention."""
    with bootstrap() as application:
        posts = application.posts.newest(limit)
        mentions = application.mentions.of_posts([post.key for post in posts])
    about: dict[str, list[Mention]] = {str(post.key): [] for post in posts}
    for mention in mentions:
        about[str(mention.post)].append(mention)
    if as_json:
        listed: list[dict[str, Any]] = [
            {**output.plain(post), "mentions": output.plain(about[str(post.key)])} for post in posts
        ]
        output.print_json(listed)
        return
    is_english = all(post.language == ENGLISH for post in posts)
    rows = []
    for post in posts:
        said = "\n".join(map(_said, about[str(post.key)]))
        shown = shortened(" ".join(post.text.split()), SHOWN)
        language = [] if is_english else ["" if post.language == ENGLISH else post.language]
        published = f"{post.published_at:%Y-%m-%d %H:%M}"
        rows.append((published, f"{post.key.platform} {post.author}", *language, shown, said))
    columns = ("published (UTC)", "by", *([] if is_english else ["language"]), "text", "mentions")
    output.table("Posts and articles", columns, rows)


def _said(mention: Mention) -> str:
    said = f"{mention.instrument} {mention.confidence:.0%} {mention.sentiment:+.2f}"
    if mention.option_direction is None:
        return said
    terms = " ".join((*(f"{strike:g}" for strike in mention.strikes), *map(str, mention.expiries)))
    return f"{said} {mention.option_direction} options {terms}".rstrip()
