"""Many arrays of different lengths in one call: by their addresses, because numba takes no list of arrays quickly."""

from typing import Any

import numpy as np
from numba import carray, types
from numba.core import cgutils
from numba.extending import intrinsic

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import OUT_INTEGERS, SERIES, compiled, inlined


@compiled(types.void(*(SERIES,) * 3, OUT_INTEGERS))
def note_addresses(first: Floats, second: Floats, third: Floats, row: Any) -> None:  # noqa: ANN401 - an int64 array
    """Write down where three series are; somebody must hold them for as long as they are read by `series_at`."""
    row[0], row[1], row[2] = first.ctypes.data, second.ctypes.data, third.ctypes.data


@intrinsic
def _pointer(_typing: Any, _address: Any) -> Any:  # noqa: ANN401 - numba's own
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401 - numba's own
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), generate


@inlined
def series_at(address: int, length: int) -> Floats:
    """The series of so many values at an address."""
    series: Floats = carray(_pointer(address), length, dtype=np.float64)
    return series
