"""Work that one process at a time may do."""

from contextlib import AbstractContextManager
from typing import Protocol


class ExclusiveWork(Protocol):
    """Lets one process at a time do a named piece of work."""

    def exclusively(self, work: str) -> AbstractContextManager[None]:
        """Wait until nobody else does `work`, and hold it for the block."""
        ...
