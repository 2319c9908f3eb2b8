"""Every command, in the order of a user's day."""

from typing import Annotated

import typer

from algo_trading.cli import coin_commands, data_commands, setup_commands, signal_commands, trading_commands
from algo_trading.cli.actions import app as actions
from algo_trading.cli.exchange import exchange
from algo_trading.cli.inbound_mail import inbound_mail
from algo_trading.cli.mentions import app as mentions
from algo_trading.cli.text import events, sentiment
from algo_trading.cli.user_commands import app as user
from algo_trading.cli.watch import watch
from algo_trading.cli.web_commands import web

app = typer.Typer(
    help="Bars in; signals, notices and paper orders out. Start everything with `make run`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"algo-trading {version('algo-trading')}")
        raise typer.Exit


@app.callback()
def main(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Bars in; signals, notices and paper orders out. Start everything with `make run`."""


setup_commands.add_to(app)
data_commands.add_to(app)
app.add_typer(actions, name="action")
coin_commands.add_to(app)
signal_commands.add_to(app)
trading_commands.add_to(app)
setup_commands.add_plugin_commands_to(app)
app.add_typer(user, name="user")
app.command()(web)
app.add_typer(mentions, name="mentions")
app.add_typer(sentiment, name="sentiment")
app.add_typer(events, name="events")
app.command()(exchange)
app.command()(watch)
app.command()(inbound_mail)
