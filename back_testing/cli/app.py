"""The Typer application that the commands of this package join.

A command's module is imported at every start, so it imports nothing heavy but inside its function.
"""

import typer

app = typer.Typer(
    help="Backtest strategies: the same objects that run live, over history. Start with `backtest run --help`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
