"""One set of undisturbed runs for all tests that compare with them: their xdist group keeps them in one process."""

from collections.abc import Iterator

import pytest

from faults.undisturbed import Undisturbed, undisturbed_candles, undisturbed_sessions


@pytest.fixture(scope="session")
def undisturbed() -> Iterator[Undisturbed]:
    with undisturbed_sessions() as runs:
        yield runs


@pytest.fixture(scope="session")
def candles() -> Iterator[Undisturbed]:
    with undisturbed_candles() as runs:
        yield runs
