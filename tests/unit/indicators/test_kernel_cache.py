"""Kernels must work where compiled code cannot be kept (installed as root, run as somebody without a home).

Where it is kept, old code must not be taken for new.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numba
import pytest

from algo_trading.indicators.compiling import compiled

pytestmark = pytest.mark.unit


@pytest.fixture
def uncacheable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module in a place where no folder for compiled code can be made, neither beside it nor in the user's home."""
    source = tmp_path / "uncacheable.py"
    source.write_text("def double(x):\n    return 2 * x\n")
    (tmp_path / "__pycache__").write_text("a file where the folder would be")
    for variable in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(source))
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    spec = importlib.util.spec_from_file_location("uncacheable", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_kernel_compiles_without_a_cache_folder(uncacheable: ModuleType) -> None:
    with pytest.raises(RuntimeError, match="cannot cache function"):
        numba.njit("float64(float64)", cache=True)(uncacheable.double)
    assert compiled("float64(float64)")(uncacheable.double)(21.0) == 42.0


HELPER = """
from algo_trading.indicators.compiling import inlined

@inlined
def times(x):
    return {factor} * x
"""
KERNEL = """
from algo_trading.indicators.compiling import compiled
from some_helper import times

@compiled("float64(float64)")
def kernel(x):
    return times(x)
"""


def test_a_kernel_is_compiled_anew_when_a_helper_of_another_module_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    (tmp_path / "some_kernel.py").write_text(KERNEL)

    def kernel_by(factor: float) -> float:
        (tmp_path / "some_helper.py").write_text(HELPER.format(factor=factor))
        for name in ("some_helper", "some_kernel"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        found: float = importlib.import_module("some_kernel").kernel(21.0)
        return found

    try:
        assert [kernel_by(2.0), kernel_by(3.0), kernel_by(2.0)] == [42.0, 63.0, 42.0]
    finally:
        for name in ("some_helper", "some_kernel"):
            sys.modules.pop(name, None)
