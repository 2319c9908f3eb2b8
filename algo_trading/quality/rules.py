"""What a rule is, and how the rules of a suite are asked.

A rule looks at one column of values that the gate computed from parsed rows. The gate asks it as a predicate on the
array; `quality.data_docs` gives the same rule to Great Expectations, which shows people what was found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Columns = Mapping[str, NDArray[Any]]


class Rule(Protocol):
    """What a value has to be; `reason` names the rows where it is not, `note` says it to people."""

    @property
    def column(self) -> str:
        """The column whose values are looked at."""
        ...

    @property
    def reason(self) -> StrEnum:
        """Why a row that breaks the rule is held back."""
        ...

    @property
    def note(self) -> str:
        """The rule as a sentence."""
        ...

    def broken(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Where the values break the rule."""
        ...


@dataclass(frozen=True)
class Null:
    """Values that are absent (None, NaN or NaT): what is there quotes the fault."""

    column: str
    reason: StrEnum
    note: str

    def broken(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Where there is a value."""
        return ~is_null(values)


@dataclass(frozen=True)
class NotNull:
    """Values that are there."""

    column: str
    reason: StrEnum
    note: str

    def broken(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Where there is no value."""
        return is_null(values)


@dataclass(frozen=True)
class NotIn:
    """Values other than these texts; an absent value is none of them."""

    column: str
    texts: tuple[str, ...]
    reason: StrEnum
    note: str

    def broken(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Where the value is one of the texts."""
        return np.isin(values, self.texts)


@dataclass(frozen=True)
class Between:
    """Numbers from `low` (without it where `strict`) to `high`; an absent number breaks nothing."""

    column: str
    reason: StrEnum
    note: str
    low: float | None = None
    high: float | None = None
    strict: bool = False

    def broken(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Where the number lies outside."""
        outside = np.zeros(len(values), dtype=np.bool_)
        if self.low is not None:
            outside |= values <= self.low if self.strict else values < self.low
        if self.high is not None:
            outside |= values > self.high
        return outside


@dataclass(frozen=True)
class Suite:
    """Rules that are asked together; a row is refused for the first one it breaks."""

    name: str
    rules: Sequence[Rule]

    def first_broken(self, columns: Columns) -> NDArray[np.object_]:
        """The reason of the first broken rule of each of n rows, None where none is broken.

        `columns` are arrays of n values: those that the rules look at.
        """
        reasons = nothing(len(next(iter(columns.values()))))
        for rule in reversed(self.rules):
            values = columns[rule.column]
            if is_nothing(values) and not rule.broken(values[:1]).any():
                continue
            if (broken := rule.broken(values)).any():
                reasons = reasons.copy() if is_nothing(reasons) else reasons
                reasons[broken] = rule.reason
        return reasons


def nothing(length: int) -> NDArray[np.object_]:
    """So many None that cost no memory and cannot be changed: what is nearly always said of the rows of a batch."""
    return np.broadcast_to(np.array(None, dtype=object), (length,))


def is_nothing(values: NDArray[Any]) -> bool:
    """Whether an array was made by `nothing`, so that one look at it is enough."""
    return values.dtype.kind == "O" and values.strides == (0,) and (not len(values) or values[0] is None)


def spread(found: NDArray[np.object_], among: NDArray[np.object_], rows: NDArray[np.int64]) -> NDArray[np.object_]:
    """`among` with what was found of the rows at some positions, of which it says nothing yet."""
    if is_nothing(found):
        return among
    said = among.copy()
    said[rows] = found
    return said


def is_null(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Where an array holds None (objects), NaN (floats) or NaT (times)."""
    if values.dtype.kind == "O":
        return is_none(values)
    absent: NDArray[np.bool_] = np.zeros(len(values), dtype=bool)
    if values.dtype.kind == "M":
        absent = np.isnat(values)
    elif values.dtype.kind == "f":
        absent = np.isnan(values)
    return absent


def is_none(cells: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Where an array of objects holds None."""
    if is_nothing(cells):
        return np.ones(len(cells), dtype=bool)
    mask: NDArray[np.bool_] = cells == np.array(None)
    return mask
