"""Every command, in the order of a user's day."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from algo_trading.cli import output
from algo_trading.cli.exchange import exchange
from algo_trading.cli.mentions import app as mentions
from algo_trading.cli.text import events, sentiment
from algo_trading.domain.subscription import EVERY
from algo_trading.errors import AlgoTradingError, ConfigError

app = typer.Typer(
    help="Daily bars in; signals, mails and paper orders out. Start everything with `make run`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
db = typer.Typer(help="The market database.", no_args_is_help=True)
app.add_typer(db, name="db")
app.add_typer(mentions, name="mentions")
app.add_typer(sentiment, name="sentiment")
app.add_typer(events, name="events")
app.command()(exchange)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]


def _day(text: str) -> date:
    """Read a date of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no date; write it like 2013-01-02") from error


Day = Annotated[date, typer.Argument(parser=_day, metavar="YYYY-MM-DD", help="A session, or the first of a range.")]
Newest = Annotated[int, typer.Option(min=1, help="At most so many, the newest.")]
Address = Annotated[str, typer.Argument(help="A mail address.")]
To = Annotated[date | None, typer.Option("--to", parser=_day, metavar="YYYY-MM-DD", help="Last session of a range.")]


@app.command()
def up() -> None:
    """Start everything, work through the newest sessions in Airflow, show what happened, leave it running.

    This is `make run`. Stop it with `algo-trading down`. Running it again does only what is left to do.
    """
    from algo_trading.cli.stack import bring_up

    bring_up()


@app.command()
def down() -> None:
    """End everything that `up` started, and the embedded PostgreSQL. Data stay."""
    from algo_trading.launcher.stack import stop
    from algo_trading.settings import load_settings

    if not stop(load_settings(), typer.echo):
        typer.echo("nothing was running")


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}
)
def airflow(context: typer.Context) -> None:
    """Run Airflow's own command line on this installation: `algo-trading airflow backfill create --help`."""
    from algo_trading.bootstrap import embedded_postgres
    from algo_trading.launcher.airflow import METADATA_DATABASE
    from algo_trading.launcher.stack import airflow_of
    from algo_trading.settings import load_settings

    settings = load_settings()
    embedded_postgres(settings).start(METADATA_DATABASE)
    airflow_of(settings).become(context.args)


@app.command()
def status(json: Json = False) -> None:
    """Show services, counts, cursors and addresses. It starts nothing."""
    from algo_trading.cli.status import read, show

    state = read()
    if json:
        output.print_json(state)
    else:
        show(state)


@db.command("url")
def db_url() -> None:
    """Print the libpq URL of the market database, for psql and others; the embedded server is started."""
    from algo_trading.bootstrap import database_url
    from algo_trading.settings import load_settings

    typer.echo(database_url(load_settings()))


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest revision. Every other command does it too."""
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        typer.echo(f"the database at {application.database.address} is up to date")


@app.command()
def load(
    first: Annotated[date, typer.Option("--from", parser=_day, metavar="YYYY-MM-DD", help="First day of the range.")],
    last: Annotated[date, typer.Option("--to", parser=_day, metavar="YYYY-MM-DD", help="Last day of the range.")],
    symbol: Annotated[list[str] | None, typer.Option(help="Only this symbol; may be repeated.")] = None,
    json: Json = False,
) -> None:
    """Load history in bulk from the configured source, without deciding anything.

    Example: algo-trading load --from 2000-01-01 --to 2012-12-31
    """
    from algo_trading.bootstrap import bootstrap
    from algo_trading.cli.sessions import requested_sessions
    from algo_trading.domain.instrument import Instrument
    from algo_trading.services.load_history import LoadHistory

    with bootstrap() as application, output.progress() as bar:
        requested_sessions(application, first, last)
        venue = application.settings.venue
        named = [Instrument(name, venue) for name in dict.fromkeys(symbol or ())]
        instruments = named or application.instruments
        task = bar.add_task("loading", total=len(instruments))
        report = application.make(LoadHistory)(first, last, instruments, lambda done: bar.update(task, completed=done))
    if json:
        output.print_json({**output.plain(report), "decided": 0, "sent": 0, "ordered": 0})
    else:
        rows = [("fetched", report.fetched), ("stored", report.stored), ("unchanged", report.unchanged)]
        output.table(f"{first} .. {last}", ("rows", "count"), [*rows, ("quarantined", report.quarantined)])
        _print_troubles(report.reasons, report.holes)
    if report.errors:
        told = "; ".join(f"{name}: {sentence}" for name, sentence in report.errors.items())
        raise AlgoTradingError(f"{len(report.errors)} of {len(instruments)} symbols could not be loaded: {told}")


@app.command("run-session")
def run_session(day: Day, to: To = None, json: Json = False) -> None:
    """Run the whole chain for one session, or each session of a range, here and now, without Airflow.

    Safe to repeat: a session that was run before changes nothing. Example: algo-trading run-session 2013-01-02 --to
    2013-02-22
    """
    from algo_trading.cli.sessions import run_sessions

    run_sessions(day, to, as_json=json)


@app.command("run-text")
def run_text(json: Json = False) -> None:
    """Collect posts and articles, read them, decide and mail, here and now, without Airflow.

    Safe to repeat: a post is stored, read and decided on once. Feeds are configured as [[feeds]] (docs/feeds.md).
    """
    from algo_trading.cli import posts

    posts.run_text(as_json=json)


@app.command()
def posts(limit: Newest = 20, json: Json = False) -> None:
    """List the newest posts and articles with the instruments they mention, how surely, and in which tone."""
    from algo_trading.cli.posts import show_posts

    show_posts(limit, as_json=json)


@app.command("look-up")
def look_up(
    symbol: Annotated[list[str] | None, typer.Argument(help="Only these symbols; else the watchlist.")] = None,
    json: Json = False,
) -> None:
    """Look up price-earnings ratios and market capitalisations at Yahoo. They count from this moment on.

    Strategies such as event_driven need them; import-fundamentals brings in the past. One record is
    kept for each symbol and day.
    """
    from algo_trading.bootstrap import bootstrap
    from algo_trading.domain.instrument import Instrument
    from algo_trading.services.fundamentals import FetchFundamentals

    with bootstrap() as application:
        venue = application.settings.venue
        named = [Instrument(name, venue) for name in dict.fromkeys(symbol or ())] or application.instruments
        report = application.make(FetchFundamentals)(named)
    if json:
        output.print_json(report)
        return
    typer.echo(f"{report.stored} stored, {report.known} known today already")
    for name, sentence in report.errors.items():
        output.notes.print(f"{name}: {sentence}")


@app.command("import-bars")
def import_bars(
    paths: Annotated[
        list[Path], typer.Argument(exists=True, help="CSV (.gz, .zip, .tar.gz too) or Parquet files, or folders.")
    ],
    symbol: Annotated[
        str | None, typer.Option(help="Symbol of files without such a column; else the file's name.")
    ] = None,
    calendar: Annotated[str, typer.Option(help="Exchange calendar whose sessions count.")] = "XNYS",
    json: Json = False,
) -> None:
    """Import daily bars from files. Bad rows go to the quarantine with a reason; importing again changes nothing.

    Columns: symbol or ticker, date or timestamp, open, high, low, close, volume, in any order and case.
    """
    from algo_trading.cli.imports import import_files

    import_files(paths, symbol, calendar, as_json=json)


@app.command("import-fundamentals")
def import_fundamentals(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file with a header, in UTF-8.")],
    calendar: Annotated[
        str | None, typer.Option(help="Exchange calendar of the symbols; else the configured one.")
    ] = None,
    json: Json = False,
) -> None:
    """Import price-earnings ratios and market capitalisations of the past, for backtests. A wrong row stores nothing.

    Columns: symbol, seen (when it was known, ISO 8601 with a zone), pe_ratio, market_cap; an empty cell is unknown.
    """
    from algo_trading.cli.imports import import_figures

    import_figures(file, calendar, as_json=json)


@app.command()
def quarantine(
    reason: Annotated[str | None, typer.Option(help="Only rows held back for this reason.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many rows; all in JSON unless given.")] = None,
    json: Json = False,
) -> None:
    """List rows held back: where they came from and why, newest first."""
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        reasons = application.quarantine.reasons()
        rows = application.quarantine.newest(limit if json or limit else 20, reason)
    if json:
        output.print_json({"reasons": reasons, "rows": rows})
        return
    output.table("Rows held back", ("reason", "rows"), reasons.items())
    shown = [(row.source, row.place, row.symbol, row.session, row.reason) for row in rows]
    output.table(f"The newest {len(shown)}", ("source", "place", "symbol", "session", "reason"), shown)


@app.command()
def signals(limit: Newest = 20, json: Json = False) -> None:
    """List the newest buys and sells with their reasons."""
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        found = application.signals.newest(limit)
    if json:
        output.print_json(found)
        return
    rows = [
        (s.session, s.side, s.instrument, f"{s.close:.2f}", str(s.strategy), f"{s.confidence:.0%}", s.reason)
        for s in found
    ]
    output.table("Signals", ("session", "side", "symbol", "close", "strategy", "confidence", "reason"), rows)


@app.command()
def orders(limit: Newest = 20, json: Json = False) -> None:
    """List the newest orders: filled, waiting for the next open, or refused with the reason."""
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        found = application.accounts.orders(limit=limit)
        fills = {
            fill.client_order_id: fill
            for name in application.accounts.names()
            for fill in application.accounts.fills(name)
        }
    if json:
        listed = [{**output.plain(order), "fill": output.plain(fills.get(order.client_order_id))} for order in found]
        output.print_json(listed)
        return
    rows = []
    for order in found:
        fill = fills.get(order.client_order_id)
        what = f"{fill.quantity.normalize():f} at {fill.price:.2f} on {fill.session}" if fill else ""
        rows.append(
            (order.decided_session, order.side, order.instrument, order.strategy, order.status, what, order.reason)
        )
    output.table("Orders", ("session", "side", "symbol", "strategy", "status", "fill", "reason"), rows)


@app.command()
def subscribe(
    address: Address,
    symbol: Annotated[str, typer.Option(help="A symbol, or * for every one.")] = EVERY,
    strategy: Annotated[str, typer.Option(help="A strategy's name, or * for every one.")] = EVERY,
) -> None:
    """Mail the buys and sells of a strategy on a symbol to ADDRESS, from the next session on."""
    from algo_trading.bootstrap import bootstrap
    from algo_trading.services.subscribe import Subscribe

    with bootstrap() as application:
        subscription, new = application.make(Subscribe)(address, symbol, strategy)
    verb = "is subscribed" if new else "was subscribed already"
    typer.echo(f"{address} {verb} to {strategy} on {symbol}, from the session {subscription.start} on")


@app.command()
def unsubscribe(
    address: Address,
    symbol: Annotated[str | None, typer.Option(help="Only this subscription's symbol.")] = None,
    strategy: Annotated[str | None, typer.Option(help="Only this subscription's strategy.")] = None,
) -> None:
    """Stop mails to ADDRESS."""
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        removed = application.subscriptions.remove(address, symbol, strategy)
    if not removed:
        raise ConfigError(f"{address} has no such subscription; `algo-trading subscriptions` lists them")
    typer.echo(f"{removed} subscription{'s' if removed > 1 else ''} of {address} ended")


@app.command()
def subscriptions(json: Json = False) -> None:
    """List who is mailed about what."""
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        found = application.subscriptions.all()
    if json:
        output.print_json(found)
        return
    rows = [(s.address, s.symbol, s.strategy, s.start, s.cursor or "") for s in found]
    output.table("Subscriptions", ("address", "symbol", "strategy", "from", "mailed up to"), rows)


@app.command()
def deliver(json: Json = False) -> None:
    """Send the mails that wait in the outbox."""
    from algo_trading.bootstrap import bootstrap
    from algo_trading.services.deliver import DeliverMails

    with bootstrap() as application:
        report = application.make(DeliverMails)()
    if json:
        output.print_json(report)
    else:
        typer.echo(f"{report.sent} sent, {report.retried} to be tried again, {report.failed} failed")
    if report.error:
        raise AlgoTradingError(report.error)


@app.command("new-strategy")
def new_strategy(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and underscores, e.g. my_strategy.")],
    into: Annotated[Path, typer.Option(help="Folder in which the package is made.")] = Path(),
) -> None:
    """Make a small package with a strategy of your own: backtests, live signals and mails without touching this one.

    Example: algo-trading new-strategy my_strategy
    """
    from algo_trading.cli.new_strategy import create_package

    for path in create_package(name, into):
        typer.echo(path)
    folder = into / name.replace("_", "-")
    typer.echo(f"install it: .venv/bin/python -m pip install --no-build-isolation -e {folder}; then see its README.md")


def _print_troubles(reasons: Mapping[str, int], holes: Mapping[str, Sequence[date]]) -> None:
    if reasons:
        output.table("Held back", ("reason", "rows"), reasons.items())
    for symbol, days in holes.items():
        listed = ", ".join(map(str, days[:5])) + (f" and {len(days) - 5} more" if len(days) > 5 else "")
        output.notes.print(f"{symbol}: no bar for {listed}")
