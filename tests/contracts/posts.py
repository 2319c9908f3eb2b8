"""What every repository of posts, of mentions and of feed states does."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import Author, MatchKind, Mention, OptionDirection, Post, PostKey, PostKind, Watermark
from algo_trading.domain.sentiment import Topic
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval
from algo_trading.repositories.posts import (
    Annotation,
    FeedState,
    FeedStateRepository,
    MentionRepository,
    PostRepository,
)
from algo_trading.repositories.signals import SignalRepository
from contracts.signals import CROSS, a_signal, a_signal_on

NOON, MINUTE = datetime(2013, 1, 3, 12, tzinfo=UTC), timedelta(minutes=1)
IBM, MSFT = Instrument("IBM"), Instrument("MSFT")


def a_post(identity: str = "1", published_at: datetime = NOON, platform: str = "x", author: str = "ann") -> Post:
    """A short post about IBM, seen a minute after it was published."""
    return Post(
        key=PostKey(platform, identity),
        feed=f"{platform} @{author}",
        kind=PostKind.POST,
        author=author,
        published_at=published_at,
        seen_at=published_at + MINUTE,
        title="",
        body=f"IBM, number {identity} \N{ROCKET}",
        url="",
        language="en",
    )


def mention_of(post: Post, instrument: Instrument = IBM) -> Mention:
    """A mention in a post."""
    return Mention(
        post=post.key,
        instrument=instrument,
        author=post.author,
        post_kind=post.kind,
        influencer=False,
        published_at=post.published_at,
        available_at=post.available_at,
        matched=instrument.symbol,
        kind=MatchKind.SYMBOL,
        confidence=0.5,
        sentiment=-0.25,
        topic=Topic.EARNINGS,
        impact=-0.125,
    )


def a_mention(platform: str = "x", identity: str = "1", instrument: Instrument = IBM) -> Mention:
    """A mention in a post of this platform and id."""
    return mention_of(a_post(identity, platform=platform), instrument)


def annotation_of(post: Post, *instruments: Instrument) -> Annotation:
    """What was understood of a post that mentions these instruments."""
    return Annotation(post.key, 0.5, Topic.EARNINGS, tuple(mention_of(post, instrument) for instrument in instruments))


class PostContract:
    """Subclasses give the fixture `posts`, an empty repository."""

    def test_at_first_there_is_nothing(self, posts: PostRepository) -> None:
        assert posts.add([]) == 0
        assert posts.find(PostKey("x", "1")) is None
        assert posts.unread(10) == []
        assert posts.newest(10) == []
        assert posts.counts() == {PostKind.POST: 0, PostKind.ARTICLE: 0}
        assert posts.store_annotations([]) == 0

    def test_a_stored_post_is_never_rewritten(self, posts: PostRepository) -> None:
        first = a_post()
        assert posts.add([first]) == 1
        assert posts.add([replace(first, body="edited"), a_post("2")]) == 1
        assert posts.find(first.key) == first

    def test_of_two_with_one_key_in_one_batch_the_first_counts(self, posts: PostRepository) -> None:
        first = a_post()
        assert posts.add([first, replace(first, body="again")]) == 1
        assert posts.find(first.key) == first

    def test_the_same_id_on_another_platform_is_another_post(self, posts: PostRepository) -> None:
        wanted = [a_post(), a_post(platform="reddit"), a_post("01"), a_post("9007199254740993")]
        assert posts.add(wanted) == 4
        assert [posts.find(post.key) for post in wanted] == wanted

    def test_some_posts_are_found_at_once(self, posts: PostRepository) -> None:
        first, second = a_post("1"), a_post("1", platform="reddit")
        posts.add([first, second, a_post("2")])
        strange = [PostKey("reddit", "2"), PostKey("X", "1")]
        assert posts.found([first.key, second.key, *strange]) == {first.key: first, second.key: second}
        assert posts.found(strange) == posts.found([]) == {}

    def test_stored_posts_are_known_by_their_keys(self, posts: PostRepository) -> None:
        stored = [a_post("1"), a_post("2", NOON + MINUTE), a_post("1", NOON - MINUTE, platform="reddit")]
        posts.add(stored)
        strange = [PostKey("reddit", "2"), PostKey("X", "1"), PostKey("x", "01"), PostKey("x", "it's \\ {1,2} \"")]
        assert posts.known([post.key for post in stored[1:]] + strange) == {
            post.key: post.published_at for post in stored[1:]
        }
        assert posts.known({stored[0].key}) == {stored[0].key: NOON}
        assert posts.known([]) == {}
        assert posts.known(strange) == {}

    def test_very_many_keys_can_be_asked_for(self, posts: PostRepository) -> None:
        posts.add([a_post("77")])
        assert list(posts.known([PostKey("x", str(number)) for number in range(70_000)])) == [PostKey("x", "77")]

    def test_every_part_of_a_post_is_kept(self, posts: PostRepository) -> None:
        odd = replace(
            a_post(platform="rss"),
            kind=PostKind.ARTICLE,
            title="Zwölf \N{SNOWMAN} 'quotes' \\ and\nlines",
            url="news:1",
            language="und",
            published_at=NOON + timedelta(microseconds=1),
        )
        posts.add([odd])
        assert posts.find(odd.key) == odd
        assert posts.counts() == {PostKind.POST: 0, PostKind.ARTICLE: 1}

    def test_unread_posts_come_by_availability(self, posts: PostRepository) -> None:
        late, early, also_early = a_post("a", NOON + MINUTE), a_post("b"), a_post("B")
        posts.add([late, early, also_early])
        assert posts.unread(10) == [also_early, early, late]
        assert posts.unread(1) == [also_early]
        assert posts.unread(10, until=early.available_at) == [also_early, early]

    def test_a_post_is_read_once(self, posts: PostRepository, mentions: MentionRepository) -> None:
        first, second = a_post("1"), a_post("2")
        posts.add([first, second])
        assert posts.store_annotations([annotation_of(first, IBM, MSFT)]) == 2
        assert posts.store_annotations([annotation_of(first, Instrument("AAPL")), annotation_of(second)]) == 0
        assert posts.unread(10) == []
        assert mentions.count() == 2

    def test_an_annotation_of_an_unknown_post_is_ignored(
        self, posts: PostRepository, mentions: MentionRepository
    ) -> None:
        assert posts.store_annotations([annotation_of(a_post(), IBM)]) == 0
        assert mentions.count() == 0

    def test_the_newest_come_first(self, posts: PostRepository) -> None:
        old, new, also_new = a_post("1"), a_post("3", NOON + MINUTE), a_post("2", NOON + MINUTE)
        posts.add([old, new, also_new])
        assert posts.newest(10) == [also_new, new, old]
        assert posts.newest(1) == [also_new]


class MentionContract:
    """Subclasses give the fixtures `posts`, `mentions` and `signals`, empty repositories over the same store."""

    def test_mentions_come_by_instrument_then_availability(
        self, posts: PostRepository, mentions: MentionRepository
    ) -> None:
        early, late = a_post("2"), a_post("1", NOON + MINUTE)
        posts.add([late, early])
        posts.store_annotations([annotation_of(late, MSFT, IBM), annotation_of(early, IBM)])
        wanted = [mention_of(early, IBM), mention_of(late, IBM), mention_of(late, MSFT)]
        assert mentions.of_instruments([MSFT, IBM], None, late.available_at) == wanted
        assert mentions.of_instruments([IBM], None, late.available_at) == wanted[:2]
        assert mentions.of_instruments([], None, late.available_at) == []
        assert mentions.of_instruments([Instrument("IBM", "XLON")], None, late.available_at) == []

    def test_the_window_is_open_before_and_closed_after(
        self, posts: PostRepository, mentions: MentionRepository
    ) -> None:
        early, late = a_post("1"), a_post("2", NOON + MINUTE)
        posts.add([early, late])
        posts.store_annotations([annotation_of(early, IBM), annotation_of(late, IBM)])
        assert mentions.of_instruments([IBM], early.available_at, late.available_at) == [mention_of(late)]
        assert mentions.of_instruments([IBM], None, early.available_at) == [mention_of(early)]
        assert mentions.of_instruments([IBM], late.available_at, late.available_at + MINUTE) == []

    def test_the_newest_mentions_of_an_instrument(self, posts: PostRepository, mentions: MentionRepository) -> None:
        stored = [a_post("1"), a_post("3", NOON + MINUTE), a_post("2", NOON + MINUTE), a_post("4", NOON + 2 * MINUTE)]
        posts.add(stored)
        posts.store_annotations([annotation_of(post, IBM, MSFT) for post in stored])
        first, third, second, last = stored
        until = third.available_at
        assert mentions.newest_of(IBM, None, until, 9) == [mention_of(one) for one in (third, second, first)]
        assert mentions.newest_of(IBM, None, until, 2) == [mention_of(one) for one in (third, second)]
        assert mentions.newest_of(MSFT, until, last.available_at, 9) == [mention_of(last, MSFT)]
        assert mentions.newest_of(Instrument("IBM", "XLON"), None, until, 9) == []

    def test_mentions_that_are_not_decided_on(
        self, posts: PostRepository, mentions: MentionRepository, signals: SignalRepository
    ) -> None:
        early, late = a_post("2"), a_post("1", NOON + MINUTE)
        posts.add([late, early])
        posts.store_annotations([annotation_of(late, MSFT, IBM), annotation_of(early, IBM)])
        posts.add([a_post("3")])
        every, both = mentions.of_instruments([IBM, MSFT], None, late.available_at), {MSFT: None, IBM: None}
        assert mentions.undecided(CROSS, Interval.DAY, both, late.available_at) == every
        assert mentions.undecided(CROSS, Interval.HOUR_1, both, late.available_at) == every
        signals.add([a_signal(), a_signal_on("x:2", early.available_at), a_signal_on("x:3", early.available_at)])
        assert mentions.undecided(CROSS, Interval.DAY, both, late.available_at) == every[1:]
        assert mentions.undecided(CROSS, Interval.DAY, {IBM: None}, late.available_at) == every[1:2]
        assert mentions.undecided(CROSS, Interval.DAY, {IBM: None}, early.available_at) == []
        assert mentions.undecided(CROSS, Interval.DAY, {}, late.available_at) == []
        assert mentions.undecided(CROSS, Interval.DAY, {Instrument("IBM", "XLON"): None}, late.available_at) == []
        assert mentions.undecided(StrategyId("other", "{}"), Interval.DAY, {IBM: None}, late.available_at) == every[:2]

    def test_mentions_from_before_a_moment_are_not_asked_for(
        self, posts: PostRepository, mentions: MentionRepository
    ) -> None:
        early, late = a_post("2"), a_post("1", NOON + MINUTE)
        posts.add([late, early])
        posts.store_annotations([annotation_of(late, MSFT, IBM), annotation_of(early, MSFT, IBM)])
        first, last = early.available_at, late.available_at
        wanted = [mention_of(late), mention_of(early, MSFT), mention_of(late, MSFT)]
        assert mentions.undecided(CROSS, Interval.DAY, {IBM: last, MSFT: first}, last) == wanted
        assert mentions.undecided(CROSS, Interval.DAY, {IBM: last, MSFT: None}, last) == wanted
        assert mentions.undecided(CROSS, Interval.DAY, {IBM: last + MINUTE}, last) == []

    def test_mentions_of_posts(self, posts: PostRepository, mentions: MentionRepository) -> None:
        first, second, third = a_post("1"), a_post("2"), a_post("3")
        posts.add([first, second, third])
        posts.store_annotations(
            [annotation_of(second, IBM), annotation_of(first, MSFT, IBM), annotation_of(third, IBM)]
        )
        wanted = [mention_of(first, IBM), mention_of(first, MSFT), mention_of(second, IBM)]
        assert mentions.of_posts([second.key, first.key]) == wanted
        assert mentions.of_posts([]) == []
        assert mentions.of_posts([PostKey("reddit", "1")]) == []

    def test_what_options_bet_on_is_kept(self, posts: PostRepository, mentions: MentionRepository) -> None:
        post = a_post()
        puts = replace(
            mention_of(post, IBM),
            option_direction=OptionDirection.BEARISH,
            strikes=(180.0, 187.5),
            expiries=(date(2013, 1, 18), date(2014, 1, 17)),
        )
        without = mention_of(post, MSFT)
        posts.add([post])
        posts.store_annotations([Annotation(post.key, 0.5, Topic.EARNINGS, (puts, without))])
        assert mentions.of_posts([post.key]) == [puts, without]

    def test_what_authors_wrote_about(self, posts: PostRepository, mentions: MentionRepository) -> None:
        written = [a_post("1"), a_post("2", NOON + MINUTE), a_post("3", author="bob")]
        posts.add(written)
        posts.store_annotations([annotation_of(post, IBM) for post in written])
        until = written[1].available_at
        ann, bob, eve = Author("x", "ann"), Author("x", "bob"), Author("x", "eve")
        assert mentions.counts_of([ann, bob], until) == {ann: {IBM: 1}, bob: {IBM: 1}}
        assert mentions.counts_of({ann}, until + MINUTE) == {ann: {IBM: 2}}
        assert mentions.counts_of([eve, Author("reddit", "ann")], until) == {}
        assert mentions.counts_of([], until) == {}
        first, second, third = (mention_of(post) for post in written)
        assert mentions.by_authors([ann], first.available_at, until) == [first]
        assert mentions.by_authors([bob, ann], first.available_at, until + MINUTE) == [first, third, second]
        assert mentions.by_authors([bob, ann], first.available_at + MINUTE, until) == []
        assert mentions.by_authors([Author("reddit", "ann")], first.available_at, until + MINUTE) == []


class FeedStateContract:
    """Subclasses give the fixture `feed_states`, an empty repository."""

    def test_at_first_there_is_nothing(self, feed_states: FeedStateRepository) -> None:
        assert feed_states.get("x @ann") is None
        assert feed_states.all() == []

    def test_a_state_replaces_the_one_before(self, feed_states: FeedStateRepository) -> None:
        first = FeedState("x @ann", Watermark(), NOON, "the token has expired")
        second = FeedState("x @ann", Watermark(NOON, "9007199254740993", 'W/"e"'), NOON + MINUTE)
        other = FeedState("rss a", Watermark(NOON), NOON)
        for state in (first, second, other):
            feed_states.put(state)
        assert feed_states.get("x @ann") == second
        assert feed_states.all() == [other, second]

    def test_a_watermark_never_moves_back(self, feed_states: FeedStateRepository) -> None:
        """Two sessions that run at once poll up to different times, and the earlier one may end last."""
        feed_states.put(FeedState("x @ann", Watermark(NOON, "2", "b"), NOON))
        feed_states.put(FeedState("x @ann", Watermark(NOON - MINUTE, "1", "a"), NOON + MINUTE, "it is gone"))
        assert feed_states.get("x @ann") == FeedState("x @ann", Watermark(NOON, "2", "b"), NOON + MINUTE, "it is gone")
        feed_states.put(FeedState("x @ann", Watermark(), NOON + 2 * MINUTE))
        assert feed_states.get("x @ann") == FeedState("x @ann", Watermark(NOON, "2", "b"), NOON + 2 * MINUTE)
        feed_states.put(FeedState("x @ann", Watermark(NOON, "2", "c"), NOON + 3 * MINUTE))
        assert feed_states.get("x @ann") == FeedState("x @ann", Watermark(NOON, "2", "c"), NOON + 3 * MINUTE)

    def test_what_was_asked_for_stays_asked_for(self, feed_states: FeedStateRepository) -> None:
        """Whether or not anybody had written something new."""
        later = NOON + MINUTE
        for watermark, kept in [
            (Watermark(NOON, "2", "b", NOON), Watermark(NOON, "2", "b", NOON)),
            (Watermark(NOON, "2", "b"), Watermark(NOON, "2", "b", NOON)),
            (Watermark(NOON - MINUTE, "1", "a", later), Watermark(NOON, "2", "b", later)),
            (Watermark(later, "3", "c", NOON), Watermark(later, "3", "c", later)),
        ]:
            feed_states.put(FeedState("x @ann", watermark, NOON))
            assert feed_states.get("x @ann") == FeedState("x @ann", kept, NOON)
