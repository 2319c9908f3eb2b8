"""Posts, mentions and the state of feeds in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    any_,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import ArrowConnection, Database
from algo_trading.adapters.postgres.instruments import among, ensure_instruments, pairs_among
from algo_trading.adapters.postgres.schema.base import Time
from algo_trading.adapters.postgres.schema.decisions import signals
from algo_trading.adapters.postgres.schema.market import instruments
from algo_trading.adapters.postgres.schema.text import feeds, mentions, posts
from algo_trading.adapters.postgres.strategies import strategy_id
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import Author, MatchKind, Mention, OptionDirection, Post, PostKey, PostKind, Watermark
from algo_trading.domain.sentiment import Topic
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval
from algo_trading.repositories.posts import Annotation, FeedState

ADD_POSTS = """
INSERT INTO posts (
    platform, platform_id, feed, kind, author, published_at, seen_at, available_at, title, body, url, language
)
SELECT * FROM jsonb_to_recordset($1::jsonb) AS new (
    platform text, platform_id text, feed text, kind text, author text, published_at timestamptz,
    seen_at timestamptz, available_at timestamptz, title text, body text, url text, language text
)
ON CONFLICT DO NOTHING
RETURNING 1
"""
_BEHIND = "f.newest_at > coalesce(excluded.newest_at, '-infinity')"
_MARK = ", ".join(
    f"{name} = CASE WHEN {_BEHIND} THEN f.{name} ELSE excluded.{name} END"
    for name in ("newest_at", "newest_id", "token")
)
PUT_STATE = f"""
INSERT INTO feeds AS f (name, newest_at, newest_id, token, tried_at, error, asked_until)
SELECT * FROM jsonb_to_recordset($1::jsonb) AS state (
    name text, newest_at timestamptz, newest_id text, token text, tried_at timestamptz, error text,
    asked_until timestamptz
)
ON CONFLICT (name) DO UPDATE SET
    {_MARK}, tried_at = excluded.tried_at, error = excluded.error,
    asked_until = greatest(f.asked_until, excluded.asked_until)
RETURNING 1
"""
_BY_KEY = (posts.c.platform.collate("C"), posts.c.platform_id.collate("C"))
_BY_INSTRUMENT = (instruments.c.symbol.collate("C"), instruments.c.venue.collate("C"))


class PostgresPosts:
    """Implements PostRepository."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._engine = database.engine

    def add(self, new: Sequence[Post]) -> int:
        with self._database.arrow() as connection:
            return add_posts(connection, new)

    def known(self, keys: Collection[PostKey]) -> Mapping[PostKey, datetime]:
        pairs = [(key.platform, key.id) for key in keys]
        columns = (posts.c.platform, posts.c.platform_id)
        query = select(*columns, posts.c.published_at).where(pairs_among(columns, pairs))
        with self._engine.connect() as connection:
            return {PostKey(row.platform, row.platform_id): row.published_at for row in connection.execute(query)}

    def find(self, key: PostKey) -> Post | None:
        query = select(posts).where(posts.c.platform == key.platform, posts.c.platform_id == key.id)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return post_of(row) if row else None

    def found(self, keys: Collection[PostKey]) -> Mapping[PostKey, Post]:
        pairs = [(key.platform, key.id) for key in keys]
        query = select(posts).where(pairs_among((posts.c.platform, posts.c.platform_id), pairs))
        with self._engine.connect() as connection:
            return {post.key: post for post in map(post_of, connection.execute(query))}

    def unread(self, limit: int, until: datetime | None = None) -> list[Post]:
        query = select(posts).where(posts.c.read_at.is_(None)).order_by(posts.c.available_at, *_BY_KEY).limit(limit)
        if until is not None:
            query = query.where(posts.c.available_at <= until)
        with self._engine.connect() as connection:
            return [post_of(row) for row in connection.execute(query)]

    def store_annotations(self, readings: Sequence[Annotation]) -> int:
        with self._engine.begin() as connection:
            named = (mention.instrument for reading in readings for mention in reading.mentions)
            instrument_ids = ensure_instruments(connection, named)
            rows = [
                _mention_row(post_id, mention, instrument_ids[mention.instrument])
                for reading in sorted(readings, key=lambda reading: reading.post)
                for post_id in _mark_read(connection, reading)
                for mention in reading.mentions
            ]
            if rows:
                connection.execute(insert(mentions), rows)
            return len(rows)

    def newest(self, limit: int) -> list[Post]:
        query = select(posts).order_by(posts.c.published_at.desc(), *_BY_KEY).limit(limit)
        with self._engine.connect() as connection:
            return [post_of(row) for row in connection.execute(query)]

    def counts(self) -> Mapping[PostKind, int]:
        query = select(posts.c.kind, func.count()).group_by(posts.c.kind)
        with self._engine.connect() as connection:
            found = {kind: number for kind, number in connection.execute(query)}  # noqa: C416 - rows are no pairs to mypy
        return {kind: found.get(kind, 0) for kind in PostKind}


class PostgresMentions:
    """Implements MentionRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def of_instruments(self, wanted: Sequence[Instrument], after: datetime | None, until: datetime) -> list[Mention]:
        query = _select_mentions().where(among(wanted), mentions.c.available_at <= until)
        if after is not None:
            query = query.where(mentions.c.available_at > after)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(*_BY_INSTRUMENT, mentions.c.available_at, *_BY_KEY))
            return [_mention(row) for row in rows]

    def newest_of(self, instrument: Instrument, after: datetime | None, until: datetime, limit: int) -> list[Mention]:
        query = _select_mentions().where(among([instrument]), mentions.c.available_at <= until)
        if after is not None:
            query = query.where(mentions.c.available_at > after)
        newest = (mentions.c.available_at.desc(), posts.c.platform.desc(), posts.c.platform_id.desc())
        with self._engine.connect() as connection:
            return [_mention(row) for row in connection.execute(query.order_by(*newest).limit(limit))]

    def undecided(
        self,
        strategy: StrategyId,
        interval: Interval,
        since: Mapping[Instrument, datetime | None],
        until: datetime,
    ) -> list[Mention]:
        wanted = func.unnest(
            literal([instrument.symbol for instrument in since], ARRAY(Text)),
            literal([instrument.venue for instrument in since], ARRAY(Text)),
            literal(list(since.values()), ARRAY(Time)),
        )
        asked = wanted.table_valued("symbol", "venue", "since").render_derived("asked")
        there = (
            select(mentions.c.post_id, mentions.c.instrument_id)
            .select_from(mentions.join(instruments))
            .join(asked, (asked.c.symbol == instruments.c.symbol) & (asked.c.venue == instruments.c.venue))
            .where(
                mentions.c.available_at <= until,
                or_(asked.c.since.is_(None), mentions.c.available_at >= asked.c.since),
            )
        )
        decided = select(signals.c.post_id, signals.c.instrument_id).where(
            signals.c.strategy_id == strategy_id(strategy),
            signals.c.interval == str(interval),
            signals.c.post_id.is_not(None),
        )
        with self._engine.connect() as connection:
            # A difference of sets rather than an anti-join, which takes minutes where the planner has no statistics.
            missing = {(post, instrument) for post, instrument in connection.execute(there.except_(decided))}
            wanted_posts = literal(sorted({post for post, _ in missing}), ARRAY(BigInteger))
            query = _select_mentions().where(mentions.c.post_id == any_(wanted_posts))
            rows = connection.execute(query.order_by(*_BY_INSTRUMENT, mentions.c.available_at, *_BY_KEY))
            mentioned = ((_mention(row), (row.post_id, row.instrument_id)) for row in rows)
            return [mention for mention, key in mentioned if key in missing]

    def of_posts(self, wanted: Sequence[PostKey]) -> list[Mention]:
        keys = [(key.platform, key.id) for key in wanted]
        query = _select_mentions().where(pairs_among((posts.c.platform, posts.c.platform_id), keys))
        with self._engine.connect() as connection:
            return [_mention(row) for row in connection.execute(query.order_by(*_BY_KEY, *_BY_INSTRUMENT))]

    def counts_of(self, authors: Collection[Author], until: datetime) -> Mapping[Author, Mapping[Instrument, int]]:
        query = (
            select(posts.c.platform, posts.c.author, instruments.c.symbol, instruments.c.venue, func.count())
            .select_from(mentions.join(posts).join(instruments))
            .where(_written_by(authors), mentions.c.available_at < until)
            .group_by(posts.c.platform, posts.c.author, instruments.c.symbol, instruments.c.venue)
        )
        history: dict[Author, dict[Instrument, int]] = {}
        with self._engine.connect() as connection:
            for platform, name, symbol, venue, number in connection.execute(query):
                history.setdefault(Author(platform, name), {})[Instrument(symbol, venue)] = number
        return history

    def by_authors(self, authors: Collection[Author], since: datetime, until: datetime) -> list[Mention]:
        query = _select_mentions().where(
            _written_by(authors), mentions.c.available_at >= since, mentions.c.available_at < until
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(mentions.c.available_at, *_BY_KEY, *_BY_INSTRUMENT))
            return [_mention(row) for row in rows]

    def count(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(mentions)).scalar_one()


class PostgresFeedStates:
    """Implements FeedStateRepository."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._engine = database.engine

    def get(self, name: str) -> FeedState | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(feeds).where(feeds.c.name == name)).one_or_none()
        return _state(row) if row else None

    def put(self, state: FeedState) -> None:
        with self._database.arrow() as connection:
            put_state(connection, state)

    def all(self) -> list[FeedState]:
        with self._engine.connect() as connection:
            return [_state(row) for row in connection.execute(select(feeds).order_by(feeds.c.name.collate("C")))]


def add_posts(connection: ArrowConnection, new: Sequence[Post]) -> int:
    """As PostgresPosts.add, in the transaction of `connection`."""
    # Two that add the same posts at once would wait for each other in a circle if their orders differed.
    ordered = sorted(new, key=lambda post: post.key)
    return connection.write(ADD_POSTS, [_post_row(post) for post in ordered])


def put_state(connection: ArrowConnection, state: FeedState) -> None:
    """As PostgresFeedStates.put, in the transaction of `connection`."""
    row = {
        "name": state.name,
        "newest_at": state.watermark.published_at,
        "newest_id": state.watermark.id,
        "token": state.watermark.token,
        "tried_at": state.tried_at,
        "error": state.error,
        "asked_until": state.watermark.asked_until,
    }
    connection.write(PUT_STATE, [row])


def _written_by(authors: Collection[Author]) -> ColumnElement[bool]:
    return pairs_among((posts.c.platform, posts.c.author), [(author.platform, author.name) for author in authors])


def _mark_read(connection: Connection, reading: Annotation) -> list[int]:
    """The id of the post, if nobody has read it before."""
    statement = (
        update(posts)
        .where(
            posts.c.platform == reading.post.platform,
            posts.c.platform_id == reading.post.id,
            posts.c.read_at.is_(None),
        )
        .values(read_at=func.now(), sentiment=reading.sentiment, topic=str(reading.topic))
        .returning(posts.c.id)
    )
    return list(connection.execute(statement).scalars())


def _select_mentions() -> Select[Any]:
    return select(
        mentions,
        instruments.c.symbol,
        instruments.c.venue,
        posts.c.platform,
        posts.c.platform_id,
        posts.c.author,
        posts.c.kind.label("post_kind"),
        posts.c.published_at,
    ).select_from(mentions.join(posts).join(instruments))


def _post_row(post: Post) -> dict[str, Any]:
    return {
        "platform": post.key.platform,
        "platform_id": post.key.id,
        "feed": post.feed,
        "kind": str(post.kind),
        "author": post.author,
        "published_at": post.published_at,
        "seen_at": post.seen_at,
        "available_at": post.available_at,
        "title": post.title,
        "body": post.body,
        "url": post.url,
        "language": post.language,
    }


def post_of(row: Row[Any]) -> Post:
    """A post of its row."""
    return Post(
        key=PostKey(row.platform, row.platform_id),
        feed=row.feed,
        kind=PostKind(row.kind),
        author=row.author,
        published_at=row.published_at,
        seen_at=row.seen_at,
        title=row.title,
        body=row.body,
        url=row.url,
        language=row.language,
    )


def _mention_row(post_id: int, mention: Mention, instrument_id: int) -> dict[str, Any]:
    return {
        "post_id": post_id,
        "instrument_id": instrument_id,
        "available_at": mention.available_at,
        "matched": mention.matched,
        "kind": str(mention.kind),
        "confidence": mention.confidence,
        "sentiment": mention.sentiment,
        "topic": str(mention.topic),
        "impact": mention.impact,
        "influencer": mention.influencer,
        "option_direction": mention.option_direction and str(mention.option_direction),
        "strikes": list(mention.strikes),
        "expiries": list(mention.expiries),
    }


def _mention(row: Row[Any]) -> Mention:
    return Mention(
        post=PostKey(row.platform, row.platform_id),
        instrument=Instrument(row.symbol, row.venue),
        author=row.author,
        post_kind=PostKind(row.post_kind),
        influencer=row.influencer,
        published_at=row.published_at,
        available_at=row.available_at,
        matched=row.matched,
        kind=MatchKind(row.kind),
        confidence=row.confidence,
        sentiment=row.sentiment,
        topic=Topic(row.topic),
        impact=row.impact,
        option_direction=OptionDirection(row.option_direction) if row.option_direction else None,
        strikes=tuple(row.strikes),
        expiries=tuple(row.expiries),
    )


def _state(row: Row[Any]) -> FeedState:
    watermark = Watermark(row.newest_at, row.newest_id, row.token, row.asked_until)
    return FeedState(row.name, watermark, row.tried_at, row.error)
