"""What every store of judged batches does."""

from dataclasses import replace

from algo_trading.domain.post import Watermark
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, UpsertCount
from algo_trading.repositories.batches import BatchRepository, JudgedBars, JudgedPosts, StreamOffset
from algo_trading.repositories.posts import FeedState, FeedStateRepository, PostRepository
from algo_trading.repositories.quality import QualityRepository, QuarantineRepository
from contracts.bars import IBM, JAN_2, JAN_3, JAN_4, MSFT, bar_row, bar_rows, closes, daily
from contracts.corporate_actions import split
from contracts.posts import NOON, a_post
from contracts.quality import ROW, VERDICT

STREAM = "made_up 1m"
FEED = FeedState("x @ann", Watermark(NOON, "1"), NOON)


def judged_bars(position: int = 7) -> JudgedBars:
    """Two bars, an action of another instrument, a row held back, a verdict and an offset."""
    return JudgedBars(
        source="made_up",
        good=bar_rows(bar_row(MSFT, JAN_2), bar_row(MSFT, JAN_3, close=11.0)),
        actions=[split(IBM, JAN_3, 2.0)],
        quarantined=[ROW],
        result=VERDICT,
        offset=StreamOffset(STREAM, position),
    )


def judged_posts() -> JudgedPosts:
    """Two posts, a row held back, a verdict and where their feed stands."""
    return JudgedPosts([a_post("2"), a_post("1")], [ROW], VERDICT, FEED)


class BatchContract:
    """Subclasses give the fixtures of an empty `batches` and of the repositories in which it stores."""

    def test_all_that_a_batch_of_bars_brings_is_stored(
        self,
        batches: BatchRepository,
        bars: BarRepository,
        actions: CorporateActionRepository,
        quarantine: QuarantineRepository,
        quality: QualityRepository,
    ) -> None:
        assert batches.offset(STREAM) is None
        assert batches.store_bars(judged_bars()) == UpsertCount(inserted=2)
        assert closes(bars.read(daily([MSFT]), None, None)) == [10.0, 11.0]
        assert actions.read([IBM], JAN_4) == [split(IBM, JAN_3, 2.0)]
        assert quarantine.newest() == [ROW]
        assert quality.newest(5) == [VERDICT]
        assert batches.offset(STREAM) == StreamOffset(STREAM, 7)
        assert batches.offset("another") is None

    def test_the_same_batch_again_changes_nothing(
        self, batches: BatchRepository, quarantine: QuarantineRepository, quality: QualityRepository
    ) -> None:
        batches.store_bars(judged_bars())
        assert batches.store_bars(judged_bars()) == UpsertCount(unchanged=2)
        assert (quarantine.count(), len(quality.newest(5))) == (1, 1)
        assert batches.store_posts(judged_posts()) == 2
        assert batches.store_posts(judged_posts()) == 0
        assert (quarantine.count(), len(quality.newest(5))) == (1, 1)

    def test_an_offset_never_moves_back(self, batches: BatchRepository) -> None:
        for position, kept in [(7, 7), (6, 7), (2**62, 2**62), (8, 2**62)]:
            batches.store_bars(judged_bars(position))
            assert batches.offset(STREAM) == StreamOffset(STREAM, kept)

    def test_a_batch_may_hold_an_offset_alone_or_nothing(
        self, batches: BatchRepository, bars: BarRepository, quality: QualityRepository
    ) -> None:
        nothing = JudgedBars("made_up", bar_rows())
        assert batches.store_bars(nothing) == UpsertCount()
        assert batches.store_bars(replace(nothing, offset=StreamOffset(STREAM, 0))) == UpsertCount()
        assert batches.offset(STREAM) == StreamOffset(STREAM, 0)
        assert batches.store_posts(JudgedPosts()) == 0
        assert (bars.count(), quality.newest(5)) == (0, [])

    def test_all_that_a_batch_of_posts_brings_is_stored(
        self,
        batches: BatchRepository,
        posts: PostRepository,
        feed_states: FeedStateRepository,
        quarantine: QuarantineRepository,
        quality: QualityRepository,
    ) -> None:
        assert batches.store_posts(judged_posts()) == 2
        assert set(posts.known([a_post("1").key, a_post("2").key])) == {a_post("1").key, a_post("2").key}
        assert feed_states.all() == [FEED]
        assert quarantine.newest() == [ROW]
        assert quality.newest(5) == [VERDICT]

    def test_a_state_alone_is_stored(self, batches: BatchRepository, feed_states: FeedStateRepository) -> None:
        batches.store_posts(JudgedPosts(state=FEED))
        behind = FeedState(FEED.name, Watermark(), NOON, "it is gone")
        batches.store_posts(JudgedPosts(state=behind))
        assert feed_states.all() == [replace(FEED, error="it is gone")]
