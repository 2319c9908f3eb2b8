"""The command `up`."""

from collections.abc import Sequence

from rich.panel import Panel

from algo_trading.bootstrap import App
from algo_trading.bootstrap.check import configuration_mistakes
from algo_trading.cli import output
from algo_trading.cli.configuration import warn_of_difference
from algo_trading.domain.post import PostKey
from algo_trading.domain.venue import venue_of
from algo_trading.errors import ConfigError
from algo_trading.launcher.airflow import Airflow
from algo_trading.launcher.stack import ClockPlan, plan, started, work_through
from algo_trading.notification.words import price_text, shortened
from algo_trading.services.manage_users import FIRST_OWNER
from algo_trading.settings import load_settings
from algo_trading.web.address import web_url

NEWEST_SIGNALS = 8
NEWEST_POSTS = 5
SIGNALS_LOOKED_AT = 100
TEXT_SHOWN = 120  # characters


def bring_up() -> None:
    """Start, process, show.

    Raises:
        ConfigError: the configuration has mistakes; all of them are named, and nothing is started.
    """
    mistakes = configuration_mistakes()
    if mistakes:
        raise ConfigError("; ".join(mistakes))
    with started(load_settings(), say) as (application, airflow):
        warn_of_difference(application)
        wanted = plan(application)
        with output.progress() as bar:
            task = bar.add_task("preparing", total=None)

            def track(what: str, done: int, total: int) -> None:
                bar.update(task, description=what, completed=done, total=total)
                if not output.notes.is_terminal and done == total:
                    say(f"{what}: {done} of {total}" if total > 1 else what)

            work_through(application, airflow, wanted, track, output.notes)
        show(application, airflow, wanted)


def say(sentence: str) -> None:
    """A line of progress on stderr."""
    output.notes.print(f"· {sentence}")


def show(application: App, airflow: Airflow, wanted: Sequence[ClockPlan]) -> None:
    """What happened, the newest signals, and where to look."""
    status = application.read_status()()
    counts = [
        *(_processed(one) for one in wanted),
        *((name, f"{count:,}") for name, count in status.rows.items()),
        ("mails sent", f"{status.outbox['sent']:,}"),
        *((f"orders {name}", f"{count:,}") for name, count in status.orders.items()),
    ]
    output.table("What happened", ("what", "count"), counts)
    rows = [
        (one.period, one.side, str(one.series), price_text(one.close), one.strategy.name, one.reason)
        for one in application.signals.newest(NEWEST_SIGNALS)
    ]
    output.table("The newest signals", ("period", "side", "symbol", "close", "strategy", "why"), rows)
    _show_scores(application)
    _show_posts(application)
    for account in status.accounts:
        held = ", ".join(f"{quantity} x {name}" for name, quantity in account.positions.items()) or "nothing"
        output.console.print(
            f"Account [bold]{account.name}[/]: equity {account.equity} {account.currency}, cash {account.cash}; "
            f"holds {held}"
        )
    user, password = airflow.login
    generated = application.manage_users().first_owner()
    first = f"   user [bold]{FIRST_OWNER}[/]   password [bold]{generated}[/], shown this once" if generated else ""
    output.console.print(
        Panel.fit(
            f"Pages     {web_url(application.settings)}{first}\n"
            f"Airflow   {airflow.url}   user [bold]{user}[/]   password [bold]{password}[/]\n"
            f"Mails     {application.channel().location()}\n"
            f"Objects   {application.objects.location('bars')}\n"
            "Next      algo-trading status, signals, orders, quarantine; `make stop` ends everything",
            title="Where to look",
            title_align="left",
        ),
        soft_wrap=True,
    )


def _show_scores(application: App) -> None:
    """How unusual the newest candles of the pairs are."""
    report = application.record_scores()(application.scored_pairs()((), None), application.clock.now())
    rows = [
        (
            str(one.instrument),
            price_text(one.price) + (" (made up)" if venue_of(one.instrument.venue).made_up else ""),
            f"{one.bull} of {one.maximum}",
            f"{one.bear} of {one.maximum}",
            f"{one.at:%Y-%m-%d %H:%M}",
        )
        for one in report.scores
    ]
    if rows:
        output.table("Scores of pairs", ("pair", "price", "bull", "bear", "as of (UTC)"), rows)


def _processed(one: ClockPlan) -> tuple[str, str]:
    """What of a clock was processed, and where."""
    made_up = ", made-up prices" if venue_of(one.watchlist.venue).made_up else ""
    if not one.live:
        return f"{one.name} processed in Airflow{made_up}", f"{one.backfill[0]} .. {one.backfill[-1]}"
    periods = [*one.catch_up, *one.backfill]
    return f"{one.name} caught up{made_up}", f"{periods[0]} .. {periods[-1]}" if periods else "nothing was due"


def _show_posts(application: App) -> None:
    """The newest posts that a strategy decided on, with its confidence."""
    decided = [
        (post, signal)
        for signal in application.signals.newest(SIGNALS_LOOKED_AT)
        if signal.post and (post := application.posts.find(PostKey.parse(signal.post)))
    ]
    newest = sorted(decided, key=lambda pair: pair[0].published_at, reverse=True)[:NEWEST_POSTS]
    rows = [
        (
            f"{post.published_at:%m-%d %H:%M}",
            post.author,
            shortened(" ".join(post.text.split()), TEXT_SHOWN),
            signal.side,
            signal.instrument,
            application.levels.of(signal.confidence),
        )
        for post, signal in newest
    ]
    if rows:
        columns = ("published", "author", "text", "side", "symbol", "confidence")
        output.table("The newest posts that led to a decision", columns, rows)
