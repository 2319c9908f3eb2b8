"""How the loops are compiled: ahead, for one signature, and kept.

Importing a module of kernels loads numba (about half a second), so the public functions do it late. The first import
compiles (seconds) and keeps the code in a cache: NUMBA_CACHE_DIR, else `__pycache__` beside the module, else the user's
cache folder. Without a writable one, each process compiles anew.
"""

import hashlib
import inspect
import pickle
import sys
from collections.abc import Callable
from typing import Any

from numba import njit, types

SERIES = types.Array(types.float64, 1, "C", readonly=True)  # takes writable arrays too
FLAGS = types.Array(types.boolean, 1, "C", readonly=True)
INTEGERS = types.Array(types.int64, 1, "C", readonly=True)
TABLE = types.Array(types.float64, 2, "C", readonly=True)
INTEGER_TABLE = types.Array(types.int64, 2, "C", readonly=True)
FLAG_TABLE = types.Array(types.boolean, 2, "C", readonly=True)
OUT_SERIES = types.Array(types.float64, 1, "C")
OUT_TABLE = types.Array(types.float64, 2, "C")
OUT_INTEGERS = types.Array(types.int64, 1, "C")
OUT_INTEGER_TABLE = types.Array(types.int64, 2, "C")

Function = Callable[..., Any]


def compiled(signature: Any) -> Callable[[Function], Function]:  # noqa: ANN401 - numba has no types
    """Compile for one signature, cached beside the module, else in the user's cache folder, else not at all."""

    def decorate(function: Function) -> Function:
        options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
        try:
            function.__qualname__ += _version_of_helpers(function)
            kernel: Function = njit(signature, cache=True, **options)(function)
        except (RuntimeError, OSError, EOFError, pickle.UnpicklingError):  # no such folder, full disk, torn cache file
            kernel = njit(signature, **options)(function)
        return kernel

    return decorate


def inlined(function: Function) -> Function:
    """Compile as part of the kernels that call it."""
    helper: Function = njit(inline="always", nogil=True, error_model="numpy")(function)
    return helper


def called(function: Function) -> Function:
    """Compile by itself, once for all places of kernels that call it: they compile sooner than with it inside."""
    helper: Function = njit(nogil=True, error_model="numpy")(function)
    return helper


def reordered(function: Function) -> Function:
    """Compile as a part of kernels whose sums are added up in any order, so that several numbers are added at once."""
    helper: Function = njit(nogil=True, error_model="numpy", fastmath={"reassoc", "nsz"})(function)
    return helper


def _version_of_helpers(function: Function) -> str:
    """A part of a kernel's name in the cache that changes with what it calls in other modules.

    numba itself looks at the file alone that a kernel is in. Constants count where a module has a helper too.
    """
    helpers: dict[str, Function] = {}
    found = [function]
    while found:
        for value in found.pop().__globals__.values():
            helper = getattr(value, "py_func", None)
            if helper and helper.__module__ not in {function.__module__, *helpers}:
                helpers[helper.__module__] = helper
                found.append(helper)
    sources = [inspect.getsource(sys.modules[name]) for name in sorted(helpers)]
    return f".{hashlib.sha256(''.join(sources).encode()).hexdigest()[:8]}" if sources else ""
