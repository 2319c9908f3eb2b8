"""Kernels must work where compiled code cannot be kept: installed as root, run as somebody without a home."""

import importlib.util
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
