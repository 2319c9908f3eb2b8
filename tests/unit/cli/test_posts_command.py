"""What `posts` and `sentiment score` show of options."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from rich.console import Console
from typer.testing import CliRunner

from algo_trading.cli import output
from algo_trading.cli.commands import app
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import OptionDirection
from algo_trading.repositories.posts import Annotation
from support.factories import a_mention, post_of
from support.world import World

pytestmark = pytest.mark.unit

PUTS = replace(
    a_mention(Instrument("IBM"), datetime(2013, 1, 3, tzinfo=UTC)),
    option_direction=OptionDirection.BEARISH,
    strikes=(180.0, 187.5),
    expiries=(date(2013, 1, 18),),
)
SHARES = replace(PUTS, instrument=Instrument("MSFT"), option_direction=None, strikes=(), expiries=())


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    world = World()
    world.posts.add([post_of(PUTS)])
    world.posts.store_annotations([Annotation(PUTS.post, 0.0, PUTS.topic, (PUTS, SHARES))])
    monkeypatch.setattr("algo_trading.cli.posts.bootstrap", lambda: nullcontext(world))
    monkeypatch.setattr(output, "console", Console(width=140, highlight=False))
    return lambda *words: CliRunner().invoke(app, words, catch_exceptions=False, standalone_mode=False).stdout


def test_posts_show_options(ask: Callable[..., str]) -> None:
    (post,) = json.loads(ask("posts", "--json"))
    terms = [[mention[name] for name in ("option_direction", "strikes", "expiries")] for mention in post["mentions"]]
    assert terms == [["bearish", [180.0, 187.5], ["2013-01-18"]], [None, [], []]]
    shown = ask("posts")
    assert "IBM 50% +0.25 bearish options 180 187.5 2013-01-18" in shown
    assert "MSFT 50% +0.25  " in shown  # and nothing about options
