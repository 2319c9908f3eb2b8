"""Many arrays of different lengths in one call: by their addresses, because numba takes no list of arrays quickly."""

from typing import Any

import numpy as np
from numba import carray, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import OUT_INTEGER_TABLE, SERIES, compiled, inlined

Integers = NDArray[np.int64]

BITS_OF_INFINITY = np.float64(np.inf).view(np.uint64)


@compiled(types.void(*(SERIES,) * 3, types.int64, OUT_INTEGER_TABLE))
def note_addresses(first: Floats, second: Floats, third: Floats, row: int, addresses: Integers) -> None:
    """Write down where three series are; somebody must hold them for as long as they are read by `series_at`."""
    addresses[row, 0], addresses[row, 1], addresses[row, 2] = first.ctypes.data, second.ctypes.data, third.ctypes.data


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


@inlined
def all_positive(address: int, length: int) -> bool:
    """Whether the values at an address are all above 0 and finite.

    The bits of such numbers, read as integers, are from 1 to those below infinity: one comparison for a value.
    """
    good = True
    for bits in carray(_pointer(address), length, dtype=np.uint64):
        good &= bits - np.uint64(1) < BITS_OF_INFINITY - np.uint64(1)
    return good
