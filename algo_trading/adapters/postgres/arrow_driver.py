"""ADBC's driver for PostgreSQL, without what it would bring along."""

import importlib
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ARGUMENTS = ("pandas", "polars")


def load_driver() -> Any:  # noqa: ANN401 - ADBC ships no types
    """The driver's module.

    Arrow and ADBC import pandas and polars on their first use, so as to know their types among arguments. We pass none:
    they would take some 30 MB of each process and a third of its start. Who asks for `to_pandas` gets it all the same.
    """
    with _absent(ARGUMENTS):
        return importlib.import_module("adbc_driver_postgresql.dbapi")


@contextmanager
def _absent(names: Sequence[str]) -> Iterator[None]:
    """Let packages that are not imported yet look as if they were not installed, in this thread alone."""
    finder = _Absent(names, threading.get_ident())
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Absent:
    """Finds nothing, and asks nobody else."""

    def __init__(self, names: Sequence[str], thread: int) -> None:
        self._names, self._thread = frozenset(names), thread

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in self._names and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{name} is not needed here", name=name)
        return None
