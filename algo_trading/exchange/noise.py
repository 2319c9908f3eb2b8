"""Random numbers without a state: the same key gives the same number, in any order.

SplitMix64 (Steele, Lea, Flood 2014) as a hash: market data can be asked for at any moment and always come out alike.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def _mix(value: int) -> int:
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def key(*parts: int | str) -> int:
    """A 64-bit key of numbers and names."""
    state = 0
    for part in parts:
        number = zlib.crc32(part.encode()) if isinstance(part, str) else part
        state = _mix((state + (number & MASK) + GOLDEN) & MASK)
    return state


def uniform(*parts: int | str) -> float:
    """A number in [0, 1) for the key."""
    return (key(*parts) >> 11) / (1 << 53)


def uniforms(first: int, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Numbers in [0, 1), one for each of `numbers`, under the key `first`."""
    with np.errstate(over="ignore"):
        value = numbers.astype(np.uint64) * np.uint64(GOLDEN) + np.uint64(first)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        value ^= value >> np.uint64(31)
    return (value >> np.uint64(11)).astype(np.float64) / float(1 << 53)


__all__ = ["key", "uniform", "uniforms"]
