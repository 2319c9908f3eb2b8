"""The text flow tells what it does, and goes on where feeds fail."""

from datetime import UTC, datetime

import pytest

from algo_trading.errors import SourceError
from algo_trading.services.run_text import ANNOTATED, COLLECTED, DECIDED, RunText
from algo_trading.strategies.active import ActivePair
from algo_trading.strategies.influencer_mention import InfluencerMention
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.clock import FakeClock
from fakes.objects import FakeObjectStore
from fakes.quality import FakeQuality, FakeQuarantine
from fakes.signals import FakeSessionLog, FakeSignals
from text_world import IBM, MSFT, TextWorld, a_row

pytestmark = pytest.mark.unit

NOON = datetime(2013, 1, 3, 12, tzinfo=UTC)


def flow(world: TextWorld) -> RunText:
    return world.flow(
        bars=FakeBars(),
        actions=FakeCorporateActions(),
        signals=FakeSignals(),
        sessions=FakeSessionLog(),
        pairs=[ActivePair(InfluencerMention(), IBM), ActivePair(InfluencerMention(), MSFT)],
        quarantine=FakeQuarantine(),
        quality=FakeQuality(),
        objects=FakeObjectStore(),
        clock=FakeClock(NOON),
    )


def test_it_tells_each_stage_and_how_much_is_done() -> None:
    heard: list[tuple[str, int]] = []
    flow(TextWorld([a_row("1", NOON, "IBM and Microsoft")]))(progress=lambda stage, done: heard.append((stage, done)))
    assert heard == [(COLLECTED, 0), (COLLECTED, 1), (ANNOTATED, 1), (DECIDED, 1), (DECIDED, 2)]


def test_what_is_there_is_read_where_every_feed_fails() -> None:
    world = TextWorld([a_row("1", NOON, "IBM")])
    world.feed.failing, world.feed.pages_before = SourceError("it fails"), 1
    report = flow(world)()
    assert report.error == "it fails"
    assert report.annotated.posts == 1
    assert (report.decided.decided, sum(report.decided.waiting.values())) == (0, 1)
