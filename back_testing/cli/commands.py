"""Every command, in the order of the help. A command's module registers itself with `app` when it is imported."""

from back_testing.cli import compare, lookahead, recommend, run, strategies, sweep, verify_live, walk_forward
from back_testing.cli.app import app

_ORDER = (run, sweep, walk_forward, compare, recommend, lookahead, verify_live, strategies)
_NAMES = [module.__name__ for module in _ORDER]
app.registered_commands.sort(key=lambda command: _NAMES.index(command.callback.__module__ if command.callback else ""))

__all__ = ["app"]
