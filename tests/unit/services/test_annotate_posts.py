"""Posts are read once: what each says about every instrument it names, whatever portions they come in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import Author, MatchKind, Mention, OptionDirection, Post, PostKey, PostKind
from algo_trading.domain.sentiment import Sentiment, Topic
from algo_trading.repositories.posts import Annotation
from algo_trading.sentiment.classify.impact import ImpactWeights
from algo_trading.sentiment.classify.masking import Span
from algo_trading.services import annotate_posts
from algo_trading.services.annotate_posts import ANY_AUTHOR, AnnotatePosts, AnnotateReport, Influencers
from fakes.posts import FakeMentions, FakePosts
from fakes.scorer import FakeScorer
from support.fuzz import examples
from support.text_world import FEED, IBM, INFLUENCER, MSFT, TextWorld, events, finder

pytestmark = pytest.mark.unit

NOON, MINUTE = datetime(2013, 1, 3, 12, tzinfo=UTC), timedelta(minutes=1)


def a_post(
    body: str, identity: str = "1", *, author: str = "bob", at: datetime = NOON, feed: str = FEED, language: str = "en"
) -> Post:
    """A post that was seen when it was published."""
    return Post(PostKey("file", identity), feed, PostKind.POST, author, at, at, "", body, "", language)


def read(*posts: Post, weights: ImpactWeights | None = None) -> dict[str, Mention]:
    """The mentions that are found in posts, by post and symbol."""
    world = TextWorld(weights=weights or ImpactWeights())
    world.posts.add(posts)
    world.reading()()
    found = world.mentions.of_posts([post.key for post in posts])
    assert len({(mention.post, mention.instrument) for mention in found}) == len(found)
    return {f"{mention.post.id} {mention.instrument}": mention for mention in found}


class TestMentions:
    def test_one_for_each_instrument_with_its_surest_place(self) -> None:
        found = read(a_post("IBM, Microsoft and $IBM"))
        assert list(found) == ["1 IBM", "1 MSFT"]
        ibm, msft = found.values()
        assert (ibm.matched, ibm.kind) == ("IBM", MatchKind.CASHTAG)
        assert (msft.matched, msft.kind) == ("Microsoft", MatchKind.NAME)
        assert 0.5 < msft.confidence < ibm.confidence < 1

    def test_what_the_post_says_of_itself_is_the_mentions_too(self) -> None:
        post = replace(a_post("$IBM"), kind=PostKind.ARTICLE, seen_at=NOON + MINUTE)
        (mention,) = read(post).values()
        assert (mention.post, mention.author, mention.post_kind) == (post.key, "bob", PostKind.ARTICLE)
        assert (mention.published_at, mention.available_at) == (NOON, NOON + MINUTE)

    def test_it_tells_how_many_are_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(annotate_posts, "BATCH", 2)
        world = TextWorld()
        world.posts.add([a_post("$IBM", str(number)) for number in range(3)])
        heard: list[int] = []
        world.reading()(progress=heard.append)
        assert heard == [2, 3]

    def test_a_post_that_names_nothing_is_read_too(self) -> None:
        world = TextWorld()
        world.posts.add([a_post("good morning")])
        assert world.reading()() == AnnotateReport(posts=1, mentions=0)
        (reading,) = world.posts.annotations.values()
        assert (reading.sentiment, reading.mentions) == (0.5, ())

    def test_the_title_is_read_with_the_body(self) -> None:
        assert list(read(replace(a_post("no name in here"), title="IBM earnings"))) == ["1 IBM"]


class TestSentiment:
    def test_the_whole_text_where_one_instrument_is_named(self) -> None:
        (mention,) = read(a_post("Good news, IBM is good, and IBM has good days")).values()
        assert mention.sentiment == 1.0

    def test_what_is_said_about_each_where_several_are(self) -> None:
        found = read(a_post("IBM is bad bad, Microsoft is good"))
        assert {name: mention.sentiment for name, mention in found.items()} == {"1 IBM": -1.0, "1 MSFT": 0.5}

    def test_the_post_as_a_whole_is_kept_beside_it(self) -> None:
        world = TextWorld()
        world.posts.add([a_post("IBM is bad bad, Microsoft is good")])
        world.reading()()
        (reading,) = world.posts.annotations.values()
        assert reading.sentiment == -0.5

    @pytest.mark.parametrize(("language", "expected"), [("en", 1.0), ("und", 1.0), ("de", 0.0), ("zh", 0.0)])
    def test_what_is_not_english_has_none(self, language: str, expected: float) -> None:
        (mention,) = read(a_post("IBM good good", language=language)).values()
        assert (mention.sentiment, mention.impact == 0) == (expected, expected == 0)

    def test_several_instruments_in_another_language(self) -> None:
        found = read(a_post("IBM good, Microsoft bad", language="de"))
        assert [mention.sentiment for mention in found.values()] == [0.0, 0.0]


class TestOptions:
    def test_a_mention_carries_what_options_bet_on(self) -> None:
        (mention,) = read(a_post("Loaded up on $IBM 180p 1/18")).values()
        assert mention.option_direction is OptionDirection.BEARISH
        assert mention.strikes == (180.0,)
        assert mention.expiries == (date(2013, 1, 18),)

    @pytest.mark.parametrize(("language", "expected"), [("en", (-0.5, True)), ("de", (0.0, False))])
    def test_a_bet_with_a_strike_is_an_opinion(self, language: str, expected: tuple[float, bool]) -> None:
        (mention,) = read(a_post("$IBM 180p", language=language)).values()
        assert (mention.sentiment, mention.impact < 0) == expected

    def test_a_mention_without_options_has_none(self) -> None:
        (mention,) = read(a_post("$IBM earnings call")).values()
        assert (mention.option_direction, mention.strikes, mention.expiries) == (None, (), ())


class TestInfluencers:
    @pytest.mark.parametrize(
        ("names", "author", "expected"),
        [
            ({(FEED, "ann")}, "ann", True),
            ({(FEED, "ann")}, "Ann", True),
            ({(FEED, "ann")}, "bob", False),
            ({(FEED, "ann"), (FEED, "bob")}, "bob", True),
            ({(FEED, ANY_AUTHOR)}, "bob", True),
            ({("another feed", ANY_AUTHOR), ("another feed", "bob")}, "bob", False),
            ({("file", "bob")}, "bob", True),
            ({("x", "bob")}, "bob", False),
            ({("file", ANY_AUTHOR)}, "bob", False),
            (set(), "bob", False),
        ],
    )
    def test_they_are_those_of_the_feed_or_of_the_platform(
        self, names: set[tuple[str, str]], author: str, *, expected: bool
    ) -> None:
        world = TextWorld()
        world.posts.add([a_post("$IBM", author=author)])
        influencers = Influencers(frozenset(names))
        AnnotatePosts(world.posts, world.mentions, finder, FakeScorer(), events(), ImpactWeights(), influencers)()
        (mention,) = world.mentions.of_posts([PostKey("file", "1")])
        assert mention.influencer is expected


class BrokenScorer(FakeScorer):
    """Cannot score one text."""

    def score(self, texts: Sequence[str], names: Sequence[Sequence[Span]] | None = None) -> list[Sentiment]:
        if any("poison" in text for text in texts):
            raise RuntimeError
        return super().score(texts, names)


def test_a_post_that_cannot_be_read_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    world = TextWorld()
    world.posts.add([a_post("$IBM" if number != 3 else "$IBM poison", str(number)) for number in range(7)])
    reading = replace(world.reading(), scorer=BrokenScorer())
    assert reading() == AnnotateReport(posts=7, mentions=6)
    assert world.posts.annotations[PostKey("file", "3")].mentions == ()
    assert [record.getMessage() for record in caplog.records] == ["the post file:3 cannot be annotated"]
    assert reading() == AnnotateReport(posts=0, mentions=0)


class TestNobody:
    def test_authors_that_are_not_told_have_no_history(self) -> None:
        world = TextWorld()
        world.posts.add([a_post("$MSFT", str(n), author="", at=NOON + n * MINUTE) for n in range(20)])
        world.posts.add([a_post("Microsoft", "last", author="", at=NOON + 30 * MINUTE)])
        world.reading()()
        (last,) = world.mentions.of_posts([PostKey("file", "last")])
        assert last.confidence == read(a_post("Microsoft"))["1 MSFT"].confidence

    def test_the_same_name_on_another_platform_is_somebody_else(self) -> None:
        world = TextWorld()
        world.posts.add([a_post("$MSFT", str(n), at=NOON + n * MINUTE) for n in range(20)])
        elsewhere = replace(a_post("Microsoft", at=NOON + 30 * MINUTE), key=PostKey("x", "last"))
        world.posts.add([elsewhere])
        world.reading()()
        (last,) = world.mentions.of_posts([elsewhere.key])
        assert last.confidence == read(a_post("Microsoft"))["1 MSFT"].confidence


class TestImpact:
    HALF = dict.fromkeys(Topic, 0.5)  # whatever the classifier takes the event for

    def test_sentiment_times_the_weights_of_event_and_feed(self) -> None:
        (mention,) = read(a_post("IBM is good good"), weights=ImpactWeights(self.HALF, {FEED: 0.8})).values()
        assert mention.sentiment == 1.0
        assert mention.impact == pytest.approx(0.4)

    def test_a_feed_that_has_no_weight_has_one(self) -> None:
        (mention,) = read(a_post("IBM is good good"), weights=ImpactWeights(self.HALF, {"another": 0.8})).values()
        assert mention.impact == pytest.approx(0.5)

    def test_the_weight_is_that_of_the_posts_own_event(self) -> None:
        posts = (a_post("IBM declares a good quarterly dividend, good"), a_post("IBM is sued in court, good good", "2"))
        topics = [mention.topic for mention in read(*posts).values()]
        assert len(set(topics)) == 2
        only = ImpactWeights({**dict.fromkeys(Topic, 0.0), topics[0]: 1.0})
        assert [mention.impact for mention in read(*posts, weights=only).values()] == [1.0, 0.0]

    def test_it_stays_within_one(self) -> None:
        (mention,) = read(a_post("IBM is good good"), weights=ImpactWeights(dict.fromkeys(Topic, 3.0))).values()
        assert mention.impact == 1.0

    def test_each_instrument_has_its_own(self) -> None:
        found = read(a_post("IBM is bad bad, Microsoft is good good"))
        assert found["1 IBM"].impact == -found["1 MSFT"].impact < 0


class TestHistory:
    """An author who wrote about an instrument before is taken at the word sooner."""

    def test_only_posts_that_were_available_before_count(self) -> None:
        texts = [a_post("Microsoft", str(number), at=NOON + number * MINUTE) for number in range(3)]
        first, second, third = (found.confidence for found in read(*texts).values())
        assert first < second < third
        at_once = [replace(post, published_at=NOON, seen_at=NOON) for post in texts]
        assert {found.confidence for found in read(*at_once).values()} == {first}

    def test_what_matters_is_when_it_was_seen(self) -> None:
        late = replace(a_post("Microsoft", "0"), seen_at=NOON + 2 * MINUTE)
        found = read(late, a_post("Microsoft", "1", at=NOON + MINUTE))
        assert found["0 MSFT"].confidence > found["1 MSFT"].confidence

    def test_other_authors_and_other_instruments_do_not_count(self) -> None:
        alone = read(a_post("Microsoft", "9", at=NOON + MINUTE))["9 MSFT"].confidence
        others = (a_post("Microsoft", "1", author="eve"), a_post("$IBM", "2"))
        assert read(*others, a_post("Microsoft", "9", at=NOON + MINUTE))["9 MSFT"].confidence == alone

    def test_a_post_names_an_instrument_once_however_often_it_does(self) -> None:
        later = a_post("Microsoft", "9", at=NOON + MINUTE)
        assert (
            read(a_post("Microsoft Microsoft Microsoft"), later)["9 MSFT"] == read(a_post("Microsoft"), later)["9 MSFT"]
        )


TEXTS = ("Microsoft", "IBM good", "$IBM, Microsoft bad", "nothing", "buy Microsoft")
POSTS = st.lists(st.tuples(st.sampled_from(TEXTS), st.sampled_from("ab"), st.integers(0, 4)), min_size=1, max_size=12)


def written(posts: Sequence[tuple[str, str, int]], prefix: str = "") -> list[Post]:
    return [
        a_post(text, f"{prefix}{number:02}", author=author, at=NOON + minute * MINUTE)
        for number, (text, author, minute) in enumerate(posts)
    ]


def annotate_in_batches(before: Sequence[Post], after: Sequence[Post], portion: int) -> Mapping[PostKey, Annotation]:
    """What is stored when the posts `before` were read before `after` came, those in portions."""
    world = TextWorld()
    with pytest.MonkeyPatch.context() as patch:
        world.posts.add(before)
        world.reading()()
        patch.setattr(annotate_posts, "BATCH", portion)
        world.posts.add(after)
        assert world.reading()().posts == len(after)
    return world.posts.annotations


class TestPortions:
    @settings(max_examples=examples(13), deadline=None)
    @given(posts=POSTS, portion=st.integers(1, 5))
    def test_the_size_of_portions_changes_nothing(self, posts: list[tuple[str, str, int]], portion: int) -> None:
        whole = annotate_in_batches([], written(posts), 500)
        assert len(whole) == len(posts)
        assert annotate_in_batches([], written(posts), portion) == whole

    @settings(max_examples=examples(13), deadline=None)
    @given(before=POSTS, after=POSTS, portion=st.integers(1, 5))
    @example(before=[("Microsoft", "a", 2)], after=[("IBM good", "a", 1), ("Microsoft", "a", 3)], portion=1)
    def test_nor_where_posts_come_later_that_are_older(
        self, before: list[tuple[str, str, int]], after: list[tuple[str, str, int]], portion: int
    ) -> None:
        earlier, later = written(before, "x"), written(after)
        assert annotate_in_batches(earlier, later, portion) == annotate_in_batches(earlier, later, 500)

    def test_a_portion_is_one_transaction(self, monkeypatch: pytest.MonkeyPatch) -> None:
        world = TextWorld()
        world.posts.add(written([("Microsoft", "a", minute) for minute in range(5)]))
        monkeypatch.setattr(annotate_posts, "BATCH", 2)
        stored: list[int] = []
        plain = world.posts.store_annotations

        def counted(readings: Sequence[Annotation]) -> int:
            stored.append(len(readings))
            return plain(readings)

        monkeypatch.setattr(world.posts, "store_annotations", counted)
        assert world.reading()() == AnnotateReport(posts=5, mentions=5)
        assert stored == [2, 2, 1]


class TestAgain:
    def test_nothing_is_read_twice(self) -> None:
        world = TextWorld()
        world.posts.add([a_post("$IBM", author=INFLUENCER), a_post("Microsoft", "2")])
        assert world.reading()() == AnnotateReport(posts=2, mentions=2)
        before = dict(world.posts.annotations)
        assert world.reading()() == AnnotateReport(posts=0, mentions=0)
        assert world.posts.annotations == before

    def test_only_what_was_available_by_then(self) -> None:
        world = TextWorld()
        world.posts.add([a_post("$IBM"), a_post("$MSFT", "2", at=NOON + MINUTE)])
        assert world.reading()(NOON - MINUTE) == AnnotateReport(0, 0)
        assert world.reading()(NOON) == AnnotateReport(1, 1)
        assert world.mentions.of_instruments([IBM, MSFT], None, NOON + MINUTE)[0].instrument == IBM
        assert world.reading()() == AnnotateReport(1, 1)


class Overtaken(FakeMentions):
    """Another process reads and stores the same posts between the two questions about their authors."""

    other: AnnotatePosts

    def by_authors(self, authors: Collection[Author], since: datetime, until: datetime) -> list[Mention]:
        self.other()
        return super().by_authors(authors, since, until)


def test_two_that_read_the_same_posts_at_once_count_none_twice() -> None:
    posts = [a_post("$MSFT", str(number), at=NOON + number * MINUTE) for number in range(9)]
    alone, world = TextWorld(), TextWorld()
    alone.posts.add(posts)
    alone.reading()()
    world.posts.add(posts)
    stored = FakePosts()  # what the overtaken one would have stored
    overtaken = Overtaken(world.posts)
    overtaken.other = world.reading()
    stored.add(posts)
    replace(world.reading(), posts=stored, mentions=overtaken)()
    assert stored.annotations == alone.posts.annotations


class Broken(FakeMentions):
    """The database is gone."""

    def counts_of(self, *_: object) -> Mapping[Author, Mapping[Instrument, int]]:
        raise ConnectionError


def test_a_database_that_fails_is_no_fault_of_the_posts() -> None:
    world = TextWorld()
    world.posts.add([a_post("$IBM")])
    with pytest.raises(ConnectionError):
        replace(world.reading(), mentions=Broken(world.posts))()
    assert len(world.posts.unread(10)) == 1
