"""Shows how periods pass the chain: a live table on a terminal, lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from algo_trading.launcher.period_runs import MISSING, SUCCESS, Progress, Show

MARKS = {
    SUCCESS: "[green]✓ done[/]",
    "failed": "[red]✗ failed[/]",
    "running": "[yellow]▶ running[/]",
    "queued": "… queued",
    MISSING: "·",
}


@contextmanager
def shown_on(console: Console) -> Iterator[Show]:
    """Give a function that shows progress; what is shown stays when the block ends."""
    if console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            yield lambda progress: live.update(_table(progress), refresh=True)
        return
    last = ""

    def show_line(progress: Progress) -> None:
        nonlocal last
        line = _line(progress)
        if line != last:
            console.print(line)
            last = line

    yield show_line


def _table(progress: Progress) -> Table:
    table = Table("period", *(dag.replace("_", " ") for dag in progress))
    for period in next(iter(progress.values())):
        states = (runs[period].state for runs in progress.values())
        table.add_row(period, *(Text.from_markup(MARKS.get(state, state)) for state in states))
    return table


def _line(progress: Progress) -> str:
    counts = [
        f"{dag} {sum(run.state == SUCCESS for run in runs.values())}/{len(runs)}" for dag, runs in progress.items()
    ]
    return ", ".join(counts)
