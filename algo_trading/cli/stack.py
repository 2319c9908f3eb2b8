"""The command `up`."""

from rich.panel import Panel

from algo_trading.bootstrap import App
from algo_trading.cli import output
from algo_trading.domain.post import PostKey
from algo_trading.launcher.airflow import Airflow
from algo_trading.launcher.stack import Plan, plan, started, work_through
from algo_trading.notification.words import shortened
from algo_trading.services.status import ReadStatus
from algo_trading.settings import load_settings

NEWEST_SIGNALS = 8
NEWEST_POSTS = 5
SIGNALS_LOOKED_AT = 100
TEXT_SHOWN = 120  # characters


def bring_up() -> None:
    """Start, work through, show."""
    with started(load_settings(), say) as (application, airflow):
        wanted = plan(application)
        with output.progress() as bar:
            task = bar.add_task("preparing", total=None)

            def track(what: str, done: int, total: int) -> None:
                bar.update(task, description=what, completed=done, total=total)
                if not output.notes.is_terminal and done == total:
                    say(f"{what}: {done} of {total}")

            work_through(application, airflow, wanted, track, output.notes)
        show(application, airflow, wanted)


def say(sentence: str) -> None:
    """A line of progress on stderr."""
    output.notes.print(f"· {sentence}")


def show(application: App, airflow: Airflow, wanted: Plan) -> None:
    """What happened, the newest signals, and where to look."""
    status = application.make(ReadStatus)()
    venue, newest = application.settings.venue, wanted.backfill[-1]
    counts = [
        ("sessions worked through in Airflow", f"{wanted.backfill[0]} .. {wanted.backfill[-1]}"),
        *((name, f"{count:,}") for name, count in status.rows.items()),
        ("mails sent", f"{status.outbox['sent']:,}"),
        *((f"orders {name}", f"{count:,}") for name, count in status.orders.items()),
    ]
    output.table(f"What happened ({application.market_data.name})", ("what", "count"), counts)
    rows = [
        (signal.session, signal.side, signal.instrument, f"{signal.close:.2f}", signal.strategy.name, signal.reason)
        for signal in application.signals.newest(NEWEST_SIGNALS) or application.signals.of_session(venue, newest)
    ]
    output.table("The newest signals", ("session", "side", "symbol", "close", "strategy", "why"), rows)
    _show_posts(application)
    for account in status.accounts:
        held = ", ".join(f"{quantity} x {name}" for name, quantity in account.positions.items()) or "nothing"
        output.console.print(f"Account [bold]{account.name}[/]: cash {account.cash}; holds {held}")
    user, password = airflow.login
    output.console.print(
        Panel.fit(
            f"Airflow   {airflow.url}   user [bold]{user}[/]   password [bold]{password}[/]\n"
            f"Mails     {application.channel.location()}\n"
            f"Objects   {application.objects.location('bars')}\n"
            "Next      algo-trading status, signals, orders, quarantine; `make stop` ends everything",
            title="Where to look",
            title_align="left",
        ),
        soft_wrap=True,
    )


def _show_posts(application: App) -> None:
    """The newest posts that a strategy decided on, with how sure it was."""
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
