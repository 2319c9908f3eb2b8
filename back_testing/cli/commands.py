"""Every command, in the order of the help. A command's module registers itself with `app` when it is imported."""

from back_testing.cli import run, strategies, sweep
from back_testing.cli.app import app

__all__ = ["app", "run", "strategies", "sweep"]
