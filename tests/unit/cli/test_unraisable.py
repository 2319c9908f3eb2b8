"""What an interrupted program says is its own sentence alone."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.unit

PROGRAM = """
from algo_trading.cli import _heed_unraisable

import time

def broken(module, error=RuntimeError):
    def close(_self):
        raise error(f"of {module}")
    close.__module__ = module
    return type("Cursor", (), {"__del__": close})()

_heed_unraisable()
cursor, other = broken("adbc_driver_manager.dbapi"), broken("elsewhere")
del cursor
del other
"""
INTERRUPTED = """
import signal

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored in the background
cursor = broken("elsewhere", KeyboardInterrupt)
del cursor
time.sleep(60)
"""


def test_a_cursor_that_is_closed_twice_is_not_told_of() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stderr
    assert "of elsewhere" in told
    assert "adbc" not in told


def test_ctrl_c_in_a_clean_up_is_not_lost() -> None:
    command = [sys.executable, "-c", PROGRAM + INTERRUPTED]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert told.stderr.endswith("KeyboardInterrupt\n")
