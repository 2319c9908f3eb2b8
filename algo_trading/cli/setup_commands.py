"""Commands that start, stop, configure and extend the installation."""

from pathlib import Path
from typing import Annotated

import typer

from algo_trading.cli import output
from algo_trading.cli.options import Json

config = typer.Typer(help="The configuration, and the rows that it is applied to.", no_args_is_help=True)
db = typer.Typer(help="The market database.", no_args_is_help=True)

PluginName = Annotated[str, typer.Argument(help="Lower-case letters, digits and underscores, such as my_plugin.")]
Into = Annotated[Path, typer.Option(help="Folder in which the package is made.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(up)
    app.command()(down)
    app.command()(restart)
    app.command(
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}
    )(airflow)
    app.command()(status)
    app.command("check-config")(check_config)
    app.add_typer(config, name="config")
    app.add_typer(db, name="db")


def add_plugin_commands_to(app: typer.Typer) -> None:
    """Register the commands that make packages for plug-ins."""
    for kind in ("strategy", "source", "broker", "channel"):
        app.command(f"new-{kind}")(_NEW[kind])


def up() -> None:
    """Start everything, process the newest periods in Airflow, show what happened, leave it running.

    This is `make run`. Stop it with `algo-trading down`. Running it again does only what is left to do.
    """
    from algo_trading.cli.stack import bring_up

    bring_up()


def down() -> None:
    """Stop everything that `up` started, and the embedded PostgreSQL. Data stay."""
    from algo_trading.launcher.stack import stop
    from algo_trading.settings import load_settings

    if not stop(load_settings(), typer.echo):
        typer.echo("nothing was running")


def restart() -> None:
    """Stop everything and start it again, as a new plug-in or another version of this package needs.

    Nothing that was begun is lost: tasks that are cut off are taken up again.
    """
    down()
    up()


def airflow(context: typer.Context) -> None:
    """Run Airflow's own command line on this installation: `algo-trading airflow backfill create --help`."""
    from algo_trading.bootstrap import embedded_postgres
    from algo_trading.launcher.airflow import METADATA_DATABASE
    from algo_trading.launcher.stack import airflow_of
    from algo_trading.settings import load_settings

    settings = load_settings()
    embedded_postgres(settings).start(METADATA_DATABASE)
    airflow_of(settings).become(context.args)


def status(json: Json = False) -> None:
    """Show services, counts, accounts and addresses. It starts nothing."""
    from algo_trading.cli.status import read, show

    state = read()
    if json:
        output.print_json(state)
    else:
        show(state)


def check_config(json: Json = False) -> None:
    """List every mistake in the configuration with its line. Exit code 2 if there is any."""
    from algo_trading.cli.configuration import check

    check(as_json=json)


@config.command("apply")
def config_apply(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    json: Json = False,
) -> None:
    """Bring watchlists, accounts, assignments and subscriptions to what the configuration says.

    This happens by itself at the first start only; from then on these are rows that can be changed while everything
    runs. Accounts are never removed.
    """
    from algo_trading.cli.configuration import apply

    apply(dry_run=dry_run, as_json=json)


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


@db.command("keep")
def db_keep(
    every: Annotated[float, typer.Option(min=0.5, help="Seconds between two looks.")] = 3.0,
) -> None:
    """Keep the embedded server running: start it again whenever it is gone. Ctrl-C ends the watch, not the server.

    `make run` does this beside Airflow.
    """
    from algo_trading.launcher.database import keep

    keep(every)


def new_strategy(name: PluginName, into: Into = Path()) -> None:
    """Make a small package with a strategy of your own: backtests, live signals and notices as for a built-in one.

    Example: algo-trading new-strategy my_strategy
    """
    _make("strategy", name, into)


def new_source(name: PluginName, into: Into = Path()) -> None:
    """Make a small package with a source of bars of your own, with options and tests.

    Example: algo-trading new-source my_source
    """
    _make("source", name, into)


def new_broker(name: PluginName, into: Into = Path()) -> None:
    """Make a small package with a broker of your own, with options and tests.

    Example: algo-trading new-broker my_broker
    """
    _make("broker", name, into)


def new_channel(name: PluginName, into: Into = Path()) -> None:
    """Make a small package with a channel of your own, with options and tests.

    Example: algo-trading new-channel my_channel
    """
    _make("channel", name, into)


_NEW = {"strategy": new_strategy, "source": new_source, "broker": new_broker, "channel": new_channel}


def _make(kind: str, name: str, into: Path) -> None:
    from algo_trading.cli.plugin_packages import create_package

    for path in create_package(kind, name, into):
        typer.echo(path)
    folder = into / name.replace("_", "-")
    typer.echo(f"install it: .venv/bin/python -m pip install --no-build-isolation -e {folder}; then see its README.md")
