"""Shows how sessions come through the chain: a live table on a terminal, lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

from algo_trading.launcher.sessions import MISSING, SUCCESS, Board, Show

MARKS = {
    SUCCESS: "[green]✓ done[/]",
    "failed": "[red]✗ failed[/]",
    "running": "[yellow]▶ running[/]",
    "queued": "… queued",
    MISSING: "·",
}


@contextmanager
def shown_on(console: Console) -> Iterator[Show]:
    """Give a function that shows a board; what is shown stays when the block ends."""
    if console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            yield lambda board: live.update(_table(board), refresh=True)
        return
    last = ""

    def show_line(board: Board) -> None:
        nonlocal last
        line = _line(board)
        if line != last:
            console.print(line)
            last = line

    yield show_line


def _table(board: Board) -> Table:
    table = Table("session", *(dag.replace("_", " ") for dag in board))
    for session in next(iter(board.values())):
        table.add_row(str(session), *(MARKS.get(runs[session].state, runs[session].state) for runs in board.values()))
    return table


def _line(board: Board) -> str:
    counts = [f"{dag} {sum(run.state == SUCCESS for run in runs.values())}/{len(runs)}" for dag, runs in board.items()]
    return ", ".join(counts)
