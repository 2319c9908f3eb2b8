"""Subscriptions to scores, and the transaction in which scores are stored and their subscribers get notices."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.notice import Content
from algo_trading.domain.score_alert import ScoreSubscription
from algo_trading.domain.scores import PairScore


class ScoreStep(Protocol):
    """One transaction."""

    def store(self, scores: Sequence[PairScore]) -> list[PairScore]:
        """Store scores as `ScoreRepository.store` and return those that are newer than all of their pairs before.

        Others who do so for one of the pairs wait until this transaction ends.
        """
        ...

    def subscriptions(self, instruments: Collection[Instrument]) -> list[ScoreSubscription]:
        """Those to some pairs, sorted by pair and address."""
        ...

    def keep(self, subscriptions: Sequence[ScoreSubscription]) -> None:
        """Remember what the subscribers have been told."""
        ...

    def tell(self, content: Content, to: Sequence[ScoreSubscription]) -> int:
        """Put a notice for each of these subscribers into the outbox; returns how many are new."""
        ...


class ScoreAlertRepository(Protocol):
    """Subscriptions to scores; the key is address, symbol and venue."""

    def put(self, subscription: ScoreSubscription) -> bool:
        """Add it, or give the one that is there this threshold and channel; returns whether it was added.

        What was told of the one that is there stays, unless the threshold changes.
        """
        ...

    def remove(self, address: str, symbol: str | None = None) -> int:
        """Remove those of an address (of a symbol), and return how many there were."""
        ...

    def all(self) -> list[ScoreSubscription]:
        """Every one, sorted by address, symbol and venue."""
        ...

    def step(self) -> AbstractContextManager[ScoreStep]:
        """A transaction: committed at the end, taken back on an error."""
        ...
