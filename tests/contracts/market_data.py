"""What every MarketData does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import midnight
from algo_trading.errors import SourceError, UnknownSymbolError
from algo_trading.gateways.market_data import RAW_COLUMNS, RAW_SCHEMA, BarRequest, MarketData, RawBars, RawPayload


def read(source: MarketData, request: BarRequest) -> RawBars:
    """Fetch and parse one request that has an answer."""
    return source.parse(payload_of(source, request))


def payload_of(source: MarketData, request: BarRequest) -> RawPayload:
    """The payload of one request that has an answer."""
    (answer,) = source.fetch([request])
    assert answer.error is None
    assert answer.payload is not None
    return answer.payload


class MarketDataContract:
    """Subclasses give three fixtures.

    `open_source` opens the same source anew at each call. `served` asks for at least three sessions of an instrument
    whose bars are good, with an action on one of them and bars before and after; `first` is set. `unknown` is an
    instrument that the source does not have.
    """

    @pytest.fixture
    def source(self, open_source: Callable[[], MarketData]) -> MarketData:
        return open_source()

    def test_it_has_a_name_that_serves_as_a_key(self, source: MarketData) -> None:
        assert source.name.isidentifier()
        assert source.refetch >= 0
        assert source.intervals

    def test_nothing_asked_nothing_answered(self, source: MarketData) -> None:
        assert list(source.fetch([])) == []

    def test_each_request_has_its_answer_in_order(
        self, source: MarketData, served: BarRequest, unknown: Instrument
    ) -> None:
        shorter = replace(served, first=served.last)
        nobody = replace(served, series=Series(unknown, served.series.interval))
        answers = source.fetch([served, nobody, shorter])
        assert [answer.request for answer in answers] == [served, nobody, shorter]
        assert [answer.payload is None for answer in answers] == [False, True, False]
        assert [answer.error is None for answer in answers] == [True, False, True]

    def test_an_unknown_symbol_is_named(self, source: MarketData, served: BarRequest, unknown: Instrument) -> None:
        (answer,) = source.fetch([replace(served, series=Series(unknown, served.series.interval))])
        assert isinstance(answer.error, UnknownSymbolError)
        assert unknown.symbol in str(answer.error)
        assert "\n" not in str(answer.error)

    def test_a_payload_can_be_archived(self, source: MarketData, served: BarRequest) -> None:
        payload = payload_of(source, served)
        assert payload.request == served
        assert payload.content
        assert payload.media_type.count("/") == 1
        assert payload.suffix.startswith(".")

    def test_an_archived_payload_is_read_by_anyone(
        self, open_source: Callable[[], MarketData], served: BarRequest
    ) -> None:
        payload = payload_of(open_source(), served)
        assert open_source().parse(payload) == open_source().parse(replace(payload, content=bytes(payload.content)))

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"<html>Will be right back</html>", b"[]", b"{}"])
    def test_what_it_never_sent_is_an_error_of_the_source(
        self, source: MarketData, served: BarRequest, content: bytes
    ) -> None:
        payload = replace(payload_of(source, served), content=content)
        with pytest.raises(SourceError):
            source.parse(payload)

    def test_rows_are_text_of_the_sessions_asked_for(self, source: MarketData, served: BarRequest) -> None:
        rows = read(source, served).rows
        assert rows.schema == RAW_SCHEMA
        assert set(rows["symbol"].to_pylist()) == {served.instrument.symbol}
        sessions = [date.fromisoformat(text) for text in rows["session"].to_pylist()]
        assert len(sessions) >= 3
        assert served.first_date is not None
        assert all(served.first_date <= session <= served.last_date for session in sessions)
        assert sessions == sorted(set(sessions))
        for row in rows.to_pylist():
            low, opened, high, close = (float(row[name]) for name in ("low", "open", "high", "close"))
            assert 0 < low <= min(opened, close) <= max(opened, close) <= high
            assert float(row["volume"]) >= 0

    def test_each_row_has_a_place_of_its_own(self, source: MarketData, served: BarRequest) -> None:
        places = read(source, served).rows["place"].to_pylist()
        assert all(places)
        assert len(set(places)) == len(places)

    def test_a_session_is_the_same_in_every_range(self, source: MarketData, served: BarRequest) -> None:
        columns = list(RAW_COLUMNS)
        rows = read(source, served).rows.select(columns).to_pylist()
        whole = read(source, replace(served, first=None)).rows.select(columns).to_pylist()
        last = read(source, replace(served, first=served.last)).rows.select(columns).to_pylist()
        assert whole[-len(rows) :] == rows
        assert len(whole) > len(rows)
        assert last == rows[-1:]

    def test_nothing_comes_from_after_the_last_session(self, source: MarketData, served: BarRequest) -> None:
        earlier = read(source, served).rows["session"].to_pylist()[-2]
        result = read(source, replace(served, last=midnight(date.fromisoformat(earlier))))
        assert result.rows["session"].to_pylist()[-1] == earlier
        assert all(action.ex_date <= date.fromisoformat(earlier) for action in result.actions)

    def test_actions_are_those_of_the_sessions_asked_for(self, source: MarketData, served: BarRequest) -> None:
        actions = read(source, served).actions
        assert actions
        assert {action.instrument for action in actions} == {served.instrument}
        assert served.first_date is not None
        assert all(served.first_date <= action.ex_date <= served.last_date and action.value > 0 for action in actions)
        keys = [(action.ex_date, action.kind) for action in actions]
        assert len(set(keys)) == len(keys)

    def test_it_serves_nothing_beyond_its_newest_session(self, source: MarketData, served: BarRequest) -> None:
        newest = source.ends_at(served.series.venue, served.series.interval)
        assert newest is None or newest >= served.last
