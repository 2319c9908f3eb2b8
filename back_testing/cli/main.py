"""The program: every command, and how errors end."""

import sys

from algo_trading.errors import AlgoTradingError, ConfigError

WRONG_INPUT, FAILED = 2, 1


def main() -> None:
    """Run a command. An error a user can act on is one sentence on stderr: exit code 2 for input, else 1."""
    from back_testing.cli import commands

    try:
        commands.app()
    except AlgoTradingError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(WRONG_INPUT if isinstance(error, ConfigError) else FAILED)
    except BrokenPipeError:  # the reader, `head` for instance, has seen enough
        sys.stderr.close()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
