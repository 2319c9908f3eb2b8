"""Judged batches in memory."""

from algo_trading.repositories.bars import UpsertCount
from algo_trading.repositories.batches import JudgedBars, JudgedPosts, StreamOffset
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.posts import FakeFeedStates, FakePosts
from fakes.quality import FakeQuality, FakeQuarantine


class FakeBatches:
    """Implements BatchRepository over the other repositories in memory."""

    def __init__(
        self,
        *,
        bars: FakeBars | None = None,
        actions: FakeCorporateActions | None = None,
        posts: FakePosts | None = None,
        feed_states: FakeFeedStates | None = None,
        quarantine: FakeQuarantine | None = None,
        quality: FakeQuality | None = None,
    ) -> None:
        self.bars = bars or FakeBars()
        self.actions = actions or FakeCorporateActions()
        self.posts = posts or FakePosts()
        self.feed_states = feed_states or FakeFeedStates()
        self.quarantine = quarantine or FakeQuarantine()
        self.quality = quality or FakeQuality()
        self._positions: dict[str, int] = {}

    def store_bars(self, batch: JudgedBars) -> UpsertCount:
        self.actions.upsert(batch.actions, batch.source, batch.covered)
        count = self.bars.upsert(batch.good, batch.source)
        self._judged(batch)
        if batch.offset:
            before = self._positions.get(batch.offset.stream, batch.offset.position)
            self._positions[batch.offset.stream] = max(before, batch.offset.position)
        return count

    def store_posts(self, batch: JudgedPosts) -> int:
        added = self.posts.add(batch.posts)
        self._judged(batch)
        if batch.state:
            self.feed_states.put(batch.state)
        return added

    def offset(self, stream: str) -> StreamOffset | None:
        position = self._positions.get(stream)
        return None if position is None else StreamOffset(stream, position)

    def _judged(self, batch: JudgedBars | JudgedPosts) -> None:
        self.quarantine.add(batch.quarantined)
        if batch.result:
            self.quality.record(batch.result)
