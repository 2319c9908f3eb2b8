"""The command `web`."""

from typing import Annotated

import typer


def web(
    *,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Else the port that this installation remembers.")
    ] = None,
    next_free: Annotated[
        bool, typer.Option("--next-free", help="Take the next free port where that one is in use, and remember it.")
    ] = False,
) -> None:
    """Serve the pages and the API on this machine until Ctrl-C. `algo-trading up` does it, too, and keeps it running.

    Example: algo-trading web --port 9000
    """
    from algo_trading.web.server import serve

    serve(port, next_free=next_free)
