"""The list of posts."""

from itertools import groupby
from math import isfinite

from sqlalchemy import ColumnElement, select

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.lists.dates import within
from algo_trading.adapters.postgres.pages import read_page
from algo_trading.adapters.postgres.posts import PostgresMentions, post_of
from algo_trading.adapters.postgres.schema.market import instruments
from algo_trading.adapters.postgres.schema.text import mentions, posts
from algo_trading.domain.sentiment import Tone, Topic
from algo_trading.queries.pages import Page, PageRequest
from algo_trading.queries.posts import PostLine

SORTS = {
    "published": posts.c.published_at,
    "platform": posts.c.platform.collate("C"),
    "author": posts.c.author.collate("C"),
    "sentiment": posts.c.sentiment,
}
TONES = {
    Tone.POSITIVE: posts.c.sentiment > 0,
    Tone.NEUTRAL: posts.c.sentiment == 0,
    Tone.NEGATIVE: posts.c.sentiment < 0,
}


class PostgresPostPages:
    """Implements PostPages with three queries, however many posts a page has."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine
        self._mentions = PostgresMentions(database)

    def page(self, request: PageRequest) -> Page[PostLine]:
        query = select(posts).where(*within(posts.c.published_at, request), *_conditions(request))
        order = posts.c.published_at.desc(), posts.c.platform.collate("C"), posts.c.platform_id.collate("C")
        with self._engine.connect() as connection:
            rows, total = read_page(connection, query, request, SORTS, order)
        found = [(post_of(row), row.sentiment, row.topic) for row in rows]
        said = self._mentions.of_posts([post.key for post, _, _ in found]) if found else []
        by_post = {key: tuple(own) for key, own in groupby(said, lambda one: one.post)}
        return Page(
            [
                PostLine(post, sentiment, Topic(topic) if topic else None, by_post.get(post.key, ()))
                for post, sentiment, topic in found
            ],
            total,
        )

    def platforms(self) -> list[str]:
        """Names of platforms that posts are stored of, each found by one step in the index of keys."""
        found: list[str] = []
        newest: str | None = ""
        with self._engine.connect() as connection:
            while newest is not None:
                query = select(posts.c.platform).where(posts.c.platform > newest).order_by(posts.c.platform).limit(1)
                newest = connection.execute(query).scalar()
                found += [newest] if newest else []
        return found


def _conditions(request: PageRequest) -> list[ColumnElement[bool]]:
    equal = ("platform", "author", "kind")
    found: list[ColumnElement[bool]] = [posts.c[name] == value for name in equal if (value := request.wanted(name))]
    if (tone := request.wanted("sentiment")) in set(Tone):
        found.append(TONES[Tone(tone)])
    symbol, confidence = request.wanted("symbol"), _number(request.wanted("confidence"))
    if symbol or confidence is not None:
        mentioned = select(mentions.c.post_id)
        if symbol:
            mentioned = mentioned.join(instruments).where(instruments.c.symbol == symbol.upper())
        if confidence is not None:
            mentioned = mentioned.where(mentions.c.confidence >= confidence)
        found.append(posts.c.id.in_(mentioned))
    return found


def _number(text: str) -> float | None:
    """A number; None for what is none, which asks nothing."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
