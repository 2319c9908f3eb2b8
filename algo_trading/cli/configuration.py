"""The commands `check-config` and `config apply`."""

from collections.abc import Sequence

import typer
from rich.padding import Padding
from rich.text import Text

from algo_trading.bootstrap import bootstrap
from algo_trading.bootstrap.check import configuration_mistakes
from algo_trading.bootstrap.services import Services
from algo_trading.cli import WRONG_INPUT, output
from algo_trading.errors import ConfigError
from algo_trading.services.setup_difference import Action, Change, Difference
from algo_trading.settings import read_layers

MARKS = {
    Action.ADDED: ("+", "green"),
    Action.CHANGED: ("~", "yellow"),
    Action.REMOVED: ("-", "red"),
    Action.KEPT: ("=", "dim"),
}


def check(*, as_json: bool) -> None:
    """Print every mistake; exit code 2 if there is one."""
    mistakes = configuration_mistakes()
    if as_json:
        output.print_json({"mistakes": mistakes})
    elif mistakes:
        for sentence in mistakes:
            output.notes.print(output.showable(sentence), soft_wrap=True)
    else:
        read = ", ".join(layer.name for layer in read_layers().files())
        output.console.print(f"no mistake in {read}", soft_wrap=True)
    if mistakes:
        raise typer.Exit(WRONG_INPUT)


def apply(*, dry_run: bool, as_json: bool) -> None:
    """Apply the configuration and print what changed, or what would.

    Raises:
        ConfigError: it asks for what an open account cannot become.
    """
    with bootstrap() as application:
        service = application.apply_config()
        found = service.difference() if dry_run else service()
    if as_json:
        output.print_json(
            {"applied": not dry_run, "changes": found.changes, "kept": found.kept, "refused": found.refused}
        )
    else:
        show(found, dry_run=dry_run)
    if found.refused:
        raise ConfigError("; ".join(found.refused))


def show(found: Difference, *, dry_run: bool) -> None:
    """A difference, a line for each change: `+ watchlist us_stocks: XNYS from sample; ...`."""
    if found.changes:
        output.console.print("`algo-trading config apply` would change:" if dry_run else "changed:")
    else:
        output.console.print("nothing differs: the rows are as the configuration says")
    for one in (*found.changes, *found.kept):
        mark, color = MARKS[one.action]
        line = Text.assemble((mark, color), f" {one.what} {one.name}", *_details(one))
        output.console.print(Padding(line, (0, 0, 0, 2)))


def _details(change: Change) -> list[str]:
    kept = ["not in the configuration, and kept"] if change.action is Action.KEPT and change.what == "account" else []
    return [": ", "; ".join([*kept, *change.details])] if kept or change.details else []


def sentences(changes: Sequence[Change]) -> list[str]:
    """A line for each change, for a status."""
    return [f"{one.what} {one.name} {one.action}: {'; '.join(one.details)}".rstrip(": ") for one in changes]


def warn_of_difference(application: Services) -> None:
    """Say so on stderr where the rows, which count, are not what the configuration says."""
    found = application.apply_config().difference()
    if found:
        count = len(found.changes) + len(found.refused)
        things = "one thing" if count == 1 else f"{count} things"
        output.warn(
            f"the configuration differs from the rows in {things}; `algo-trading config apply --dry-run` shows them"
        )
