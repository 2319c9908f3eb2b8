"""How the loops are compiled: ahead, for one signature, and kept.

Importing a module of kernels loads numba (about half a second), so the public functions do it late. The first import
compiles (seconds) and keeps the code in a cache: NUMBA_CACHE_DIR, else `__pycache__` beside the module, else the user's
cache folder. Without a writable one, each process compiles anew.
"""

import pickle
from collections.abc import Callable
from typing import Any

from numba import njit, types

SERIES = types.Array(types.float64, 1, "C", readonly=True)  # takes writable arrays too
FLAGS = types.Array(types.boolean, 1, "C", readonly=True)
INTEGERS = types.Array(types.int64, 1, "C", readonly=True)
TABLE = types.Array(types.float64, 2, "C", readonly=True)
FLAG_TABLE = types.Array(types.boolean, 2, "C", readonly=True)
OUT_SERIES = types.Array(types.float64, 1, "C")
OUT_TABLE = types.Array(types.float64, 2, "C")
OUT_INTEGERS = types.Array(types.int64, 1, "C")

Function = Callable[..., Any]


def compiled(signature: Any) -> Callable[[Function], Function]:  # noqa: ANN401 - numba has no types
    """Compile for one signature, cached beside the module, else in the user's cache folder, else not at all."""

    def decorate(function: Function) -> Function:
        options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
        try:
            kernel: Function = njit(signature, cache=True, **options)(function)
        except (RuntimeError, OSError, EOFError, pickle.UnpicklingError):  # no such folder, full disk, torn cache file
            kernel = njit(signature, **options)(function)
        return kernel

    return decorate


def inlined(function: Function) -> Function:
    """Compile as part of the kernels that call it."""
    helper: Function = njit(nogil=True, error_model="numpy")(function)
    return helper
