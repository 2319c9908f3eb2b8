"""The command line: thin commands over services."""

import sys

from algo_trading.cli.commands import app
from algo_trading.errors import AlgoTradingError, ConfigError

WRONG_INPUT, FAILED = 2, 1


def main() -> None:
    """Run a command. An error a user can act on is one sentence on stderr: exit code 2 for input, else 1."""
    from rich.console import Console

    try:
        app()
    except AlgoTradingError as error:
        Console(stderr=True).print(f"[bold red]error:[/] {_escaped(error)}", highlight=False, soft_wrap=True)
        sys.exit(WRONG_INPUT if isinstance(error, ConfigError) else FAILED)
    except BrokenPipeError:  # the reader, `head` for instance, has seen enough
        sys.stderr.close()
    except KeyboardInterrupt:
        Console(stderr=True).print("interrupted; the same command goes on where it stopped")
        sys.exit(130)


def _escaped(error: AlgoTradingError) -> str:
    from rich.markup import escape

    return escape(str(error))


__all__ = ["main"]
