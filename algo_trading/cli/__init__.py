"""The command line: thin commands over services."""

import gc
import os
import signal
import sys
from threading import Timer, main_thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typer import Context

WRONG_INPUT, FAILED, INTERRUPTED = 2, 1, 130
# New objects until the next search for garbage. Imports make some hundred thousand that stay: to look at them again and
# again takes a tenth of the time of a short command.
OBJECTS_PER_COLLECTION = 100_000
CLEANED_UP = 0.01  # seconds after which no clean-up is in the way any more; if one is, the next try comes as long after


def main() -> None:
    """Run a command. An error a user can act on is one sentence on stderr: exit code 2 for input, else 1."""
    gc.set_threshold(OBJECTS_PER_COLLECTION)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # there are none, and a search reads every package
    _print_whatever_the_terminal_can()
    _heed_unraisable()
    try:
        code = _run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:  # the reader, `head` for instance, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FAILED
    if code == INTERRUPTED:
        _say("interrupted; the same command goes on where it stopped")
    sys.exit(code)


def _heed_unraisable() -> None:
    """Mind Ctrl-C in the middle of a clean-up, where Python drops what is raised.

    In the middle of ADBC's closing of a cursor it has that closed again when it is collected, with a traceback that
    says nothing to a user.
    """
    default = sys.unraisablehook

    def hook(unraisable: "sys.UnraisableHookArgs") -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            again = Timer(CLEANED_UP, signal.pthread_kill, (main_thread().ident, signal.SIGINT))
            again.daemon = True
            again.start()
        elif not getattr(unraisable.object, "__module__", "").startswith("adbc_driver_manager"):
            default(unraisable)

    sys.unraisablehook = hook


def _run() -> int:
    import typer

    from algo_trading.cli.commands import app
    from algo_trading.errors import AlgoTradingError, ConfigError, UnknownSymbolError

    try:
        return app(standalone_mode=False) or 0
    except typer.TyperException as error:  # a command line that Typer cannot read
        _say_usage(error.format_message(), getattr(error, "ctx", None))
        return error.exit_code
    except AlgoTradingError as error:
        _say(str(error), "error: ")
        return WRONG_INPUT if isinstance(error, ConfigError | UnknownSymbolError) else FAILED


def _say_usage(message: str, context: "Context | None") -> None:
    if "\n" in message:  # the help of a group that was called without a command
        _say(message)
        return
    hint = f" (see `{context.command_path} --help`)" if context else ""
    _say(f"{message[:1].lower()}{message[1:]}".rstrip(".") + hint, "error: ")


def _say(sentence: str, mark: str = "") -> None:
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True).print(Text.assemble((mark, "bold red"), sentence), soft_wrap=True)


def _print_whatever_the_terminal_can() -> None:
    """Show a mark for a character that the locale does not have, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a test's or a caller's own stream may have none
        if reconfigure:
            reconfigure(errors="replace")


__all__ = ["main"]
