"""The text flow reports its progress, and goes on where feeds fail."""

from datetime import UTC, datetime

import pytest

from algo_trading.errors import SourceError
from algo_trading.services.run_text import ANNOTATED, COLLECTED, DECIDED
from algo_trading.strategies.influencer_mention import InfluencerMention
from fakes.assignments import assigned
from support.text_world import IBM, MSFT, TextWorld, a_row

pytestmark = pytest.mark.unit

NOON = datetime(2013, 1, 3, 12, tzinfo=UTC)


def a_world(*rows: dict[str, str]) -> TextWorld:
    world = TextWorld(rows, assignments=assigned((InfluencerMention(), IBM), (InfluencerMention(), MSFT)))
    world.clock.time = NOON
    return world


def test_it_reports_each_stage_and_how_much_is_done() -> None:
    reported: list[tuple[str, int]] = []
    world = a_world(a_row("1", NOON, "IBM and Microsoft"))
    world.run_text()(progress=lambda stage, done: reported.append((stage, done)))
    assert reported == [(COLLECTED, 0), (COLLECTED, 1), (ANNOTATED, 1), (DECIDED, 1), (DECIDED, 2)]


def test_what_is_there_is_read_where_every_feed_fails() -> None:
    world = a_world(a_row("1", NOON, "IBM"))
    world.feed.failing, world.feed.pages_before = SourceError("it fails"), 1
    report = world.run_text()()
    assert report.error == "it fails"
    assert report.annotated.posts == 1
    assert (report.decided.decided, sum(report.decided.waiting.values())) == (0, 1)
