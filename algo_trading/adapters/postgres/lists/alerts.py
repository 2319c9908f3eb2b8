"""The list of notices."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, tuple_

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.lists.dates import within
from algo_trading.adapters.postgres.outbox import notice_of
from algo_trading.adapters.postgres.pages import read_page
from algo_trading.adapters.postgres.schema.decisions import signals, strategies
from algo_trading.adapters.postgres.schema.market import instruments
from algo_trading.adapters.postgres.schema.notices import notice_contents, notices
from algo_trading.adapters.postgres.signals import select_signals, signal_of
from algo_trading.domain.notice import NoticeKind
from algo_trading.domain.signal import Signal
from algo_trading.domain.time import Interval, parse_period_key
from algo_trading.queries.alerts import AlertLine
from algo_trading.queries.pages import Page, PageRequest

SORTS = {
    "queued": notices.c.id,
    "address": notices.c.recipient.collate("C"),
    "kind": notice_contents.c.kind,
    "status": notices.c.status,
    "sent": notices.c.sent_at,
}
IN_JSON = (str(NoticeKind.SIGNAL), str(NoticeKind.SENT_SIGNAL))


class PostgresAlertPages:
    """Notices, those that were queued last first, with two queries, however many a page has.

    Filters: `kind`, `status`, `channel`, `address`, `symbol`, `from`, `to` (dates of queueing).
    """

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def page(self, request: PageRequest) -> Page[AlertLine]:
        columns = (notices, notice_contents.c.kind, notice_contents.c.key, notice_contents.c.details)
        query = select(*columns).join(notice_contents).where(*within(notices.c.created_at, request))
        for name, column in (
            ("kind", notice_contents.c.kind),
            ("status", notices.c.status),
            ("channel", notices.c.channel),
            ("address", notices.c.recipient),
        ):
            if value := request.wanted(name):
                query = query.where(column == value)
        if symbol := request.wanted("symbol"):
            query = query.where(_names(symbol.upper()))
        with self._engine.connect() as connection:
            rows, total = read_page(connection, query, request, SORTS, (notices.c.id.desc(),))
            known = _signals(connection, {row.key for row in rows if row.kind == NoticeKind.SIGNAL})
        return Page([_line(row, known) for row in rows], total)


def _names(symbol: str) -> ColumnElement[bool]:
    """Whether the key of a content names a symbol; in a list of JSON it stands between quotes."""
    key, kind = notice_contents.c.key, notice_contents.c.kind
    return or_(
        and_(kind.in_(IN_JSON), key.contains(json.dumps(symbol), autoescape=True)),
        and_(kind == str(NoticeKind.SCORE), key.contains(f" {symbol} ", autoescape=True)),
    )


def _signals(connection: Connection, keys: Iterable[str]) -> dict[str, Signal]:
    """Signals by their keys."""
    wanted = []
    for name, params, symbol, venue, interval, period, *_ in map(json.loads, keys):
        wanted.append((name, params, symbol, venue, interval, parse_period_key(Interval(interval), period)))
    if not wanted:
        return {}
    key = (
        strategies.c.name, strategies.c.params, instruments.c.symbol, instruments.c.venue, signals.c.interval,
        signals.c.opened_at,
    )  # fmt: skip
    found = (signal_of(row) for row in connection.execute(select_signals().where(tuple_(*key).in_(wanted))))
    return {signal.key: signal for signal in found}


def _line(row: Row[Any], known: dict[str, Signal]) -> AlertLine:
    return AlertLine(notice_of(row), row.created_at, row.not_before, known.get(row.key))
