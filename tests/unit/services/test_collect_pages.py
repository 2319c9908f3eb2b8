"""Which pages of a feed are archived and stored, whatever goes wrong."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from algo_trading.domain.post import PostKey, Watermark
from algo_trading.quality.post_verdict import PostBatch, PostVerdict
from contracts.post_feed import NOON
from fakes.post_feed import FakePostFeed
from fakes.post_gate import FakePostGate
from fakes.posts import FakeFeedStates
from support.collect_world import BOTH, World, row

pytestmark = pytest.mark.unit


ETAG = "an etag"


class Counting(FakePostGate):
    """A gate that counts the rows it judges."""

    def __init__(self) -> None:
        self.rows = 0

    def judge(self, batch: PostBatch) -> PostVerdict:
        self.rows += batch.rows.num_rows
        return super().judge(batch)


def test_what_is_known_is_neither_judged_nor_archived_again() -> None:
    feed = FakePostFeed([row(1, 1), row(2, 2), row(3, 3, body="")])
    world = World([feed])
    gate = Counting()
    service = world.service(gate=gate)
    service(BOTH)
    assert gate.rows == 3
    feed.rows[0] = {**row(1, 1), "title": "with another score"}  # the page differs
    report = service(BOTH)
    assert gate.rows == 3 + 1  # what was held back is nowhere stored, and asked for again
    assert (report.fetched, report.new, report.known, report.quarantined) == (3, 0, 2, 1)
    assert len(list(world.objects.keys())) == 1
    assert len(world.quality.newest(10)) == 1
    feed.rows.append(row(4, 4, body=""))
    service(BOTH)
    assert len(list(world.objects.keys())) == 2
    feed.rows.append(row(5, 5))
    assert service(BOTH).new == 1
    assert len(list(world.objects.keys())) == 3


class Calls:
    """Notes the names of the calls to what it wraps, in order."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def wrap(self, wrapped: Any) -> Any:
        made = self.made

        class Wrapper:
            def __getattr__(self, name: str) -> Any:
                made.append(f"{type(wrapped).__name__}.{name}")
                return getattr(wrapped, name)

        return Wrapper()

    @property
    def writes(self) -> list[str]:
        return [call for call in self.made if call.endswith((".put_new", ".store_posts", ".put"))]


ARCHIVED, STORED = "FakeObjectStore.put_new", "FakeBatches.store_posts"


@pytest.mark.parametrize("bodies", [["text"], [""], ["", "text"], ["", ""]])
def test_a_page_is_archived_before_anything_of_it_is_stored(bodies: list[str]) -> None:
    world, calls = World([FakePostFeed([row(n, n, body) for n, body in enumerate(bodies)])]), Calls()
    world.service(calls.wrap)(BOTH)
    assert calls.writes == [ARCHIVED, STORED]
    again = Calls()
    world.service(again.wrap)(BOTH)
    assert again.writes == [STORED]  # the state of the feed alone


def test_a_page_with_nothing_but_later_posts_is_neither_stored_nor_archived() -> None:
    feed = FakePostFeed([row(1, 30)])
    feed.ends = False
    world = World([feed])
    (only,) = world.collect(until=NOON).feeds
    assert (only.fetched, only.new, only.later) == (1, 0, 1)
    assert list(world.objects.keys()) == []
    assert world.quality.newest(10) == []


def test_known_posts_move_the_watermark() -> None:
    feed = FakePostFeed([row(1, 1), row(2, 20)])
    World([feed]).collect()
    world = World([feed])
    world.collect()
    again = replace(world, states=FakeFeedStates())  # as after a kill
    assert again.collect().known == 2
    assert again.watermark() == world.watermark()
    earlier = replace(world, states=FakeFeedStates())
    feed.ends = False
    earlier.collect(until=NOON + timedelta(minutes=10))
    assert earlier.watermark() == Watermark(NOON + timedelta(minutes=1), "1")


def test_a_post_is_seen_now_and_a_replayed_one_when_published() -> None:
    live, old = FakePostFeed([row(1, 1)]), FakePostFeed([row(2, 2)], name="fake file", replay=True)
    world = World([live, old])
    world.collect()
    first, second = (world.posts.find(PostKey("fake", number)) for number in ("1", "2"))
    assert first is not None
    assert second is not None
    assert first.seen_at == world.clock.now()
    assert second.seen_at == second.published_at


def test_nothing_from_after_the_time_asked_for_is_stored() -> None:
    feed = FakePostFeed([row(1, 1), row(2, 30)])
    feed.ends = False
    feed.token = ETAG
    world = World([feed])
    report = world.collect(until=NOON + timedelta(minutes=10))
    (only,) = report.feeds
    assert (only.fetched, only.new, only.later) == (2, 1, 1)
    assert world.watermark() == Watermark(NOON + timedelta(minutes=1), "1", "")
    assert world.collect(until=NOON + timedelta(hours=1)).new == 1
    assert world.watermark().token == ETAG


def test_the_token_of_the_last_page_is_kept_until_there_is_another() -> None:
    feed = FakePostFeed([row(1, 1)])
    world = World([feed])
    feed.token = ETAG
    world.collect()
    assert world.watermark().token == ETAG
    feed.rows.clear()
    world.collect()
    assert world.watermark().token == ETAG


class Killed(BaseException):
    """As from SIGKILL: nobody handles it."""


class Mortal:
    """Calls to what it wraps are counted together; the one numbered `last` never happens, or is the last that does."""

    def __init__(self, last: int, after: bool) -> None:
        self.last = last
        self.after = after
        self.calls = 0

    def wrap(self, wrapped: Any) -> Any:
        outer = self

        class Wrapper:
            def __getattr__(self, name: str) -> Any:
                method = getattr(wrapped, name)

                def call(*arguments: Any, **options: Any) -> Any:
                    outer.calls += 1
                    dies = outer.calls == outer.last
                    if dies and not outer.after:
                        raise Killed
                    result = method(*arguments, **options)
                    if dies:
                        raise Killed
                    return result

                return call

        return Wrapper()


@pytest.mark.parametrize("after", [False, True])
def test_killed_anywhere_and_run_again_it_stores_everything_once(after: bool) -> None:
    rows = [row(number, number, body="" if number == 5 else "text") for number in range(8)]
    undisturbed = World([FakePostFeed(rows, page_size=3)])
    undisturbed.collect()
    last, finished = 0, False
    while not finished:
        last += 1
        world = World([FakePostFeed(rows, page_size=3)])
        mortal = Mortal(last, after)
        try:
            world.service(mortal.wrap)(BOTH)
            finished = True
        except Killed:
            world.collect()
        assert world.posts.newest(100) == undisturbed.posts.newest(100)
        assert world.states.all() == undisturbed.states.all()
        assert world.quarantine.newest() == undisturbed.quarantine.newest()
        assert {verdict.batch for verdict in world.quality.newest(100)} >= {
            verdict.batch for verdict in undisturbed.quality.newest(100)
        }
        # Killed at its very end, the second run finds the newest minutes once more.
        assert world.objects.contents.items() >= undisturbed.objects.contents.items()
    assert last > 10
