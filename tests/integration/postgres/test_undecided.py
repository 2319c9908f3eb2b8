"""Marks of what is decided spare a look at it, and change nothing of what is found."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from algo_trading.adapters.postgres import undecided
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.posts import PostgresMentions, PostgresPosts
from algo_trading.adapters.postgres.signals import PostgresSignals
from algo_trading.domain.post import Post
from contracts.posts import IBM, MINUTE, MSFT, NOON, a_post, reading_of
from contracts.signals import CROSS, a_signal_on
from fakes.posts import FakeMentions, FakePosts
from fakes.signals import FakeSignals

pytestmark = pytest.mark.integration

UNTIL = NOON + timedelta(days=1)
ALL = {IBM: None, MSFT: None}


class Desk:
    """Posts that are read at once, and signals on them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.posts, self.signals = PostgresPosts(database), PostgresSignals(database)
        self.mentions = PostgresMentions(database)

    def told(self, *identities: str) -> list[Post]:
        posts = [a_post(identity) for identity in identities]
        self.posts.add(posts)
        self.posts.store_readings([reading_of(post, IBM) for post in posts])
        return posts

    def decide(self, *posts: Post) -> None:
        self.signals.add([a_signal_on(str(post.key), post.available_at) for post in posts])

    def undecided(self) -> list[str]:
        return [mention.post.id for mention in self.mentions.undecided(CROSS, ALL, UNTIL)]

    @property
    def marks(self) -> dict[str, int]:
        """How many mentions are behind the mark of each symbol."""
        query = """
            SELECT symbol, count(mentions.number) AS behind
            FROM instruments LEFT JOIN decided_mentions ON instrument_id = instruments.id
            LEFT JOIN mentions ON number <= up_to GROUP BY symbol
            """
        with self.database.engine.connect() as connection:
            return {row.symbol: row.behind for row in connection.execute(text(query))}


@pytest.fixture
def desk(database: Database, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(undecided, "STEP", 1)
    with database.engine.begin() as connection:
        connection.execute(text("INSERT INTO instruments (symbol, venue) VALUES ('IBM', 'XNYS'), ('MSFT', 'XNYS')"))
    return Desk(database)


def test_a_mark_stands_behind_what_is_decided(desk: Desk) -> None:
    first, second, third = desk.told("1", "2", "3")
    assert desk.undecided() == ["1", "2", "3"]
    assert desk.marks == {"IBM": 0, "MSFT": 3}  # nobody mentioned Microsoft
    desk.decide(first, third)
    assert desk.undecided() == ["2"]
    assert desk.marks == {"IBM": 1, "MSFT": 3}
    desk.decide(second)
    desk.told("4")
    assert desk.undecided() == ["4"]
    assert desk.marks == {"IBM": 3, "MSFT": 4}


def test_marked_mentions_are_not_looked_at(desk: Desk) -> None:
    desk.decide(*desk.told("1", "2", "3"))
    assert desk.undecided() == []
    with desk.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM signals"))  # which nobody does
    assert desk.undecided() == []


def test_marks_move_in_steps(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undecided, "STEP", 1_000_000_000)
    desk.decide(*desk.told("1", "2", "3"))
    assert desk.undecided() == []
    assert desk.marks == {"IBM": 0, "MSFT": 0}


def test_a_mark_of_later_mentions_tells_nothing_of_earlier_ones(desk: Desk) -> None:
    early, late = a_post("1"), a_post("2", NOON + MINUTE)
    desk.posts.add([early, late])
    desk.posts.store_readings([reading_of(early, IBM), reading_of(late, IBM)])
    desk.decide(late)
    assert desk.mentions.undecided(CROSS, {IBM: late.available_at}, UNTIL) == []
    assert desk.marks == {"IBM": 2, "MSFT": 0}
    assert [mention.post.id for mention in desk.mentions.undecided(CROSS, {IBM: early.available_at}, UNTIL)] == ["1"]
    assert desk.undecided() == ["1"]


def test_a_mention_that_is_committed_later_than_higher_numbers_is_found(desk: Desk) -> None:
    """As where a slow reader of posts took its numbers before a quick one did, and is done after it."""
    slow = a_post("slow")
    desk.posts.add([slow])
    with psycopg.connect(desk.database.url) as other:
        other.execute(
            "INSERT INTO mentions (post_id, instrument_id, available_at, matched, kind, confidence, sentiment, topic,"
            " impact, influencer) SELECT p.id, i.id, p.available_at, 'IBM', 'symbol', 1, 0, 'earnings', 0, false"
            " FROM posts AS p, instruments AS i WHERE p.platform_id = 'slow' AND i.symbol = 'IBM'"
        )
        desk.decide(*desk.told("quick"))
        assert desk.undecided() == []
        assert desk.marks == {"IBM": 0, "MSFT": 0}
    assert desk.undecided() == ["slow"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.integers(0, 30), st.sampled_from([(IBM,), (MSFT,), (IBM, MSFT)])),
        st.tuples(st.just("decide"), st.integers(0, 30), st.sampled_from([IBM, MSFT])),
        st.tuples(st.just("ask"), st.none() | st.integers(0, 30), st.integers(0, 30)),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, step=st.integers(1, 4))
def test_it_finds_what_the_repository_in_memory_finds(desk: Desk, steps: list[Any], step: int) -> None:
    with desk.database.engine.begin() as connection:
        for table in ("decided_mentions", "mentions", "posts", "signals"):
            connection.execute(text(f"DELETE FROM {table}"))
    undecided.STEP = step
    posts, signals = FakePosts(), FakeSignals()
    in_memory = FakeMentions(posts, signals)
    for what, first, second in [*steps, ("ask", None, 30)]:
        if what == "tell":
            post = a_post(str(first), NOON + first * MINUTE)
            for store in (posts, desk.posts):
                store.add([post])
                store.store_readings([reading_of(post, *second)])
        elif what == "decide":
            signal = a_signal_on(f"x:{first}", NOON + (first + 1) * MINUTE, instrument=second)
            for kept in (signals, desk.signals):
                kept.add([signal])
        else:
            since = None if first is None else NOON + first * MINUTE
            asked = (CROSS, {IBM: since, MSFT: NOON}, NOON + second * MINUTE)
            assert desk.mentions.undecided(*asked) == in_memory.undecided(*asked)


def test_a_lock_that_cannot_be_had_is_no_trouble_and_other_errors_are(desk: Desk) -> None:
    desk.decide(*desk.told("1"))

    def breaks(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("LOCK TABLE"):
            raise RuntimeError(statement)

    event.listen(desk.database.engine, "before_cursor_execute", breaks)
    with pytest.raises(RuntimeError):
        desk.undecided()
    event.remove(desk.database.engine, "before_cursor_execute", breaks)
    assert desk.undecided() == []
