"""Waiting for new prices instead of asking again and again."""

from typing import Protocol


class PriceChanges(Protocol):
    """Tells that bars or scores were stored, by whichever process."""

    def wait(self, seconds: float) -> None:
        """Return when something was stored since the last call, or after so many seconds."""
        ...

    def close(self) -> None:
        """Nobody waits any more; a later call of `wait` begins anew."""
        ...
