"""The commands `run-text` and `posts`."""

from typing import Any

from algo_trading.bootstrap import bootstrap
from algo_trading.cli import output
from algo_trading.domain.post import Mention
from algo_trading.errors import AlgoTradingError, ConfigError
from algo_trading.services.deliver import DeliverMails
from algo_trading.services.notify import NotifySubscribers
from algo_trading.services.open_accounts import OpenAccounts
from algo_trading.services.run_text import RunText

SHOWN = 100  # characters of a text in a table


def run_text(*, as_json: bool) -> None:
    """Collect, read, decide, mail; what was done before changes nothing."""
    with bootstrap() as application:
        if not application.feeds:
            raise ConfigError("no feed is configured: add a [[feeds]] table with platform and source")
        application.make(OpenAccounts)()
        report = application.make(RunText)()
        queued = application.make(NotifySubscribers)()
        delivered = application.make(DeliverMails)()
    if as_json:
        output.print_json({**output.plain(report), "queued": queued, "delivered": delivered})
    else:
        rows = [(f.feed, f.fetched, f.new, f.known, f.quarantined, f.error) for f in report.collected.feeds]
        output.table("Feeds", ("feed", "fetched", "new", "known", "held back", "error"), rows)
        counts = [
            ("posts read", report.read.read),
            ("mentions found", report.read.mentions),
            ("signals decided", report.decided.new),
            ("mails sent", delivered.sent),
        ]
        output.table("What happened", ("what", "count"), counts)
    trouble = report.error or delivered.error
    if trouble:
        raise AlgoTradingError(trouble)


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
    rows = []
    for post in posts:
        text = " ".join(post.text.split())
        said = "; ".join(
            f"{m.instrument} {m.confidence:.0%} {m.sentiment:+.2f} {m.topic}" for m in about[str(post.key)]
        )
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        rows.append((f"{post.published_at:%Y-%m-%d %H:%M}", post.key.platform, post.author, shown, said))
    output.table("Posts and articles", ("published (UTC)", "platform", "author", "text", "mentions"), rows)
