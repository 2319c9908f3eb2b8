"""A large installation: bars, signals, posts with mentions, alerts and an account, made within the database."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import text

from algo_trading.adapters.postgres.database import Database
from algo_trading.bootstrap import App
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Watchlist
from algo_trading.repositories.watchlists import SetupChanges
from bench.measure import Progress
from contracts.scores import a_score
from support.web_site import add_people, fill

INSTRUMENTS, WATCHED = 500, 100
LAST_DAY = datetime(2026, 11, 20, tzinfo=UTC)
YEARS_DAYS = 9_000  # calendar days of daily bars, Saturdays and Sundays left out: 6,430 bars
STRATEGIES = 5
ALERTS = 50_000

INSTRUMENT = """
INSERT INTO instruments (symbol, venue) SELECT 'S' || lpad(n::text, 4, '0'), 'XNYS' FROM generate_series(1, :count) n
"""
DAILY = """
INSERT INTO bars (instrument_id, interval, opened_at, closed_at, open, high, low, close, volume, source)
SELECT i.id, '1d', d, d + interval '21 hours', p, p * 1.01, p * 0.99, p * 1.002, 1000000, 'bench'
FROM instruments i, generate_series(CAST(:first AS timestamptz), :last, '1 day') d,
    LATERAL (SELECT 100 + 20 * sin(extract(epoch FROM d) / 9e6 + i.id) AS p) AS priced
WHERE i.symbol LIKE 'S____' AND extract(dow FROM d) BETWEEN 1 AND 5
"""
HOURLY = """
INSERT INTO bars (instrument_id, interval, opened_at, closed_at, open, high, low, close, volume, source)
SELECT i.id, '1h', d, d + interval '1 hour', p, p * 1.01, p * 0.99, p * 1.002, 1000, 'bench'
FROM instruments i, generate_series(CAST(:last AS timestamptz) - make_interval(hours => :hours), :last, '1 hour') d,
    LATERAL (SELECT 100 + 20 * sin(extract(epoch FROM d) / 1e5 + i.id) AS p) AS priced
WHERE i.symbol LIKE 'S00__'
"""
SERIES = """
INSERT INTO series (instrument_id, interval, first_opened_at, last_opened_at, bars)
SELECT instrument_id, interval, min(opened_at), max(opened_at), count(*) FROM bars GROUP BY instrument_id, interval
ON CONFLICT DO NOTHING
"""
STRATEGY = "INSERT INTO strategies (name, params) SELECT 'bench_' || n, '{}' FROM generate_series(1, :count) n"
SIGNALS = """
INSERT INTO signals
    (strategy_id, instrument_id, interval, opened_at, side, confidence, size, close, reason, inputs_hash)
SELECT s.id, i.id, '1d', d, (ARRAY['buy', 'sell', 'hold'])[1 + (i.id + extract(doy FROM d)::int) % 3], 0.7, 1, 101.5,
    'the short average crossed the long one from below, after 12 periods', 'x'
FROM strategies s, instruments i,
    generate_series(CAST(:last AS timestamptz) - make_interval(days => :days), :last, '1 day') d
WHERE i.symbol LIKE 'S____' AND s.name LIKE 'bench_%' AND extract(dow FROM d) BETWEEN 1 AND 5
ORDER BY d
LIMIT :count
"""
POSTS = """
INSERT INTO posts (platform, platform_id, feed, kind, author, published_at, seen_at, available_at, title, body, url,
    language, read_at, sentiment, topic)
SELECT (ARRAY['x', 'reddit', 'stocktwits'])[1 + n % 3], n::text, 'bench', 'post', 'author' || n % 5000, at, at, at, '',
    'Earnings of S' || lpad((1 + n % 500)::text, 4, '0') || ' beat what analysts had expected, and the outlook is up',
    'https://example.com/' || n, 'en', at, (n % 21 - 10) / 10.0, 'earnings'
FROM generate_series(1, :count) n,
    LATERAL (SELECT CAST(:last AS timestamptz) - make_interval(secs => (:count - n) * 60) AS at) AS timed
"""
MENTIONS = """
INSERT INTO mentions (post_id, instrument_id, available_at, matched, kind, confidence, sentiment, topic, impact,
    influencer, strikes, expiries)
SELECT p.id, i.id, p.available_at, i.symbol, 'symbol', 0.8, p.sentiment, 'earnings', 0.1, false, '{}', '{}'
FROM posts p JOIN instruments i ON i.symbol = 'S' || lpad((1 + p.platform_id::int % 500)::text, 4, '0')
WHERE p.feed = 'bench'
"""
CONTENTS = """
INSERT INTO notice_contents (kind, key, at)
SELECT 'signal', json_build_array(t.name, t.params, i.symbol, i.venue, s.interval, to_char(s.opened_at, 'YYYY-MM-DD')),
    s.opened_at
FROM signals s JOIN strategies t ON t.id = s.strategy_id JOIN instruments i ON i.id = s.instrument_id
WHERE s.side <> 'hold' ORDER BY s.id DESC LIMIT :count / 50
"""
NOTICES = """
INSERT INTO notices (dedupe_key, content_id, recipient, channel, at, status, attempts, sent_at)
SELECT c.id || '-' || n, c.id, 'reader' || n || '@example.org', '', c.at, 'sent', 1, c.at
FROM notice_contents c, generate_series(1, 50) n WHERE c.kind = 'signal'
"""


def fill_large(application: App, size: float, progress: Progress) -> None:
    """`size` 1: 5,000,000 bars, 100,000 signals, 1,000,000 posts, 50,000 alerts; people and a small account as well."""
    progress("people, an account")
    add_people(application)
    fill(application)
    days, hours = int(YEARS_DAYS * size), int(17_850 * size)
    last, first = LAST_DAY, datetime.fromtimestamp(LAST_DAY.timestamp() - days * 86_400, UTC)
    for what, statement, values in (
        ("instruments", INSTRUMENT, {"count": INSTRUMENTS}),
        ("daily bars", DAILY, {"first": first, "last": last}),
        ("hourly bars", HOURLY, {"last": last, "hours": hours}),
        ("series", SERIES, {}),
        ("strategies", STRATEGY, {"count": STRATEGIES}),
        ("signals", SIGNALS, {"last": last, "days": max(int(60 * size), 5), "count": int(100_000 * size)}),
        ("posts", POSTS, {"last": last, "count": int(1_000_000 * size)}),
        ("mentions", MENTIONS, {}),
        ("contents", CONTENTS, {"count": int(ALERTS * size)}),
        ("alerts", NOTICES, {}),
    ):
        progress(f"making {what}")
        _run(application.database, statement, values)
    watched = tuple(f"S{number:04}" for number in range(1, WATCHED + 1))
    watchlist = Watchlist("bench", "XNYS", "sample", (Interval.DAY,), watched)
    application.setup.change(SetupChanges(watchlists=(watchlist,)))
    application.scores.store([a_score(pair=Instrument(symbol, "XNYS")) for symbol in watched])
    progress("vacuuming")
    with application.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def counts(application: App) -> dict[str, int]:
    """Rows of the large tables."""
    found = {}
    with application.database.engine.connect() as connection:
        for table in ("bars", "signals", "posts", "notices"):
            found[table] = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    return found


def _run(database: Database, statement: str, values: Mapping[str, object]) -> None:
    with database.engine.begin() as connection:
        connection.execute(text(statement), values)
