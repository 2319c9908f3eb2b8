"""The program: every command, and how errors end."""

import sys
from typing import TYPE_CHECKING

from algo_trading.errors import AlgoTradingError, ConfigError

if TYPE_CHECKING:
    from typer import Context

WRONG_INPUT, FAILED = 2, 1


def main() -> None:
    """Run a command. An error a user can act on is one sentence on stderr: exit code 2 for input, else 1."""
    import typer

    from back_testing.cli import commands

    try:
        sys.exit(commands.app(standalone_mode=False) or 0)
    except typer.TyperException as error:  # a command line that Typer cannot read
        sys.stderr.write(f"{_usage(error.format_message(), getattr(error, 'ctx', None))}\n")
        sys.exit(error.exit_code)
    except AlgoTradingError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(WRONG_INPUT if isinstance(error, ConfigError) else FAILED)
    except BrokenPipeError:  # the reader, `head` for instance, has seen enough
        sys.stderr.close()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)


def _usage(message: str, context: "Context | None") -> str:
    if "\n" in message:  # the help of the program that was called without a command
        return message
    hint = f" (see `{context.command_path} --help`)" if context else ""
    return "error: " + f"{message[:1].lower()}{message[1:]}".rstrip(".") + hint
