"""Subscriptions to scores in memory."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.notice import Content, Notice, dedupe_key
from algo_trading.domain.score_alert import ScoreSubscription
from algo_trading.domain.scores import PairScore
from fakes.notices import FakeNotices
from fakes.scores import FakeScores

Key = tuple[str, str, str]


class FakeScoreAlerts:
    """Implements ScoreAlertRepository. `scores` and `notices` are where scores and notices go."""

    def __init__(self, scores: FakeScores | None = None, notices: FakeNotices | None = None) -> None:
        self.scores = scores or FakeScores()
        self.notices = notices or FakeNotices()
        self.stored: dict[Key, ScoreSubscription] = {}

    def put(self, subscription: ScoreSubscription) -> bool:
        before = self.stored.get(_key(subscription))
        if before and before.threshold == subscription.threshold:
            subscription = replace(before, channel=subscription.channel)
        self.stored[_key(subscription)] = subscription
        return before is None

    def remove(self, address: str, symbol: str | None = None) -> int:
        gone = [key for key in self.stored if key[0] == address and symbol in {None, key[1]}]
        for key in gone:
            del self.stored[key]
        return len(gone)

    def all(self) -> list[ScoreSubscription]:
        return [subscription for _, subscription in sorted(self.stored.items())]

    @contextmanager
    def step(self) -> "Iterator[FakeScoreStep]":
        step = FakeScoreStep(self)
        yield step
        self.scores.store(step.scores)  # reached only without an error: that is the commit
        self.stored |= step.kept
        for content, to in step.told:
            for one in to:
                key = dedupe_key(one.address, content.key)
                self.notices.stored.setdefault(key, Notice(key, content, one.address, one.channel))


@dataclass
class FakeScoreStep:
    """Implements ScoreStep."""

    alerts: FakeScoreAlerts
    scores: list[PairScore] = field(default_factory=list)
    kept: dict[Key, ScoreSubscription] = field(default_factory=dict)
    told: list[tuple[Content, Sequence[ScoreSubscription]]] = field(default_factory=list)

    def store(self, scores: Sequence[PairScore]) -> list[PairScore]:
        newest = {one.instrument: one.at for one in self.alerts.scores.newest()}
        self.scores += scores
        return [one for one in scores if one.instrument not in newest or newest[one.instrument] < one.at]

    def subscriptions(self, instruments: Collection[Instrument]) -> list[ScoreSubscription]:
        found = [one for one in self.alerts.stored.values() if one.instrument in instruments]
        return sorted(found, key=lambda one: (one.instrument.venue, one.instrument.symbol, one.address))

    def keep(self, subscriptions: Sequence[ScoreSubscription]) -> None:
        self.kept |= {_key(one): one for one in subscriptions}

    def tell(self, content: Content, to: Sequence[ScoreSubscription]) -> int:
        if content.key in self.alerts.notices.keys(content.kind):
            return 0
        self.told.append((content, to))
        return len(to)


def _key(one: ScoreSubscription) -> Key:
    return one.address, one.instrument.symbol, one.instrument.venue
