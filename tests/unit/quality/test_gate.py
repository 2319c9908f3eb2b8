"""What passes the gate and what does not."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from algo_trading.calendars import trading_calendar
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.quality import QuarantinedRow
from algo_trading.domain.time import Interval, midnight
from algo_trading.quality.bar_rules import Reason
from algo_trading.quality.gate import BarGate
from algo_trading.repositories.bars import BAR_SCHEMA, TURNOVER_SCHEMA
from support.raw_bars import Cells, batch, raw_table, reasons_by_line, row, sessions

pytestmark = pytest.mark.unit

IBM = Instrument("IBM")


@pytest.fixture(scope="module")
def gate() -> BarGate:
    return BarGate()


def prices(opened: float, high: float, low: float, close: float) -> Cells:
    return tuple(str(price) for price in (opened, high, low, close))


def flat(price: float) -> Cells:
    return prices(price, price, price, price)


BAD = [
    (row(session="soon"), Reason.UNPARSEABLE),
    (row(session="2015-02-30"), Reason.UNPARSEABLE),
    (row(prices=("10", "12", "9", "eleven")), Reason.UNPARSEABLE),
    (row(volume="1,000"), Reason.UNPARSEABLE),
    (row(volume="inf"), Reason.UNPARSEABLE),
    (row(symbol="I\x1fBM"), Reason.UNPARSEABLE),
    (row(symbol=None), Reason.MISSING),
    (row(symbol=" "), Reason.MISSING),
    (row(session=""), Reason.MISSING),
    (row(prices=("10", "12", "9", "NaN")), Reason.MISSING),
    (row(prices=(None, "12", "9", "11")), Reason.MISSING),
    (row(volume="null"), Reason.MISSING),
    (row(prices=("10", "12", "0", "11")), Reason.NOT_POSITIVE),
    (row(prices=("-10", "12", "9", "11")), Reason.NOT_POSITIVE),
    (row(prices=("10", "9", "12", "11")), Reason.OUT_OF_ORDER),  # high below low
    (row(prices=("13", "12", "9", "11")), Reason.OUT_OF_ORDER),  # open above high
    (row(prices=("10", "12", "9", "8.9")), Reason.OUT_OF_ORDER),  # close below low
    (row(volume="-1"), Reason.NEGATIVE_VOLUME),
    (row(volume="1.5"), Reason.IMPOSSIBLE_VOLUME),
    (row(volume="0.25"), Reason.IMPOSSIBLE_VOLUME),
    (row(volume="1e16"), Reason.IMPOSSIBLE_VOLUME),
    (row(volume="1e308"), Reason.IMPOSSIBLE_VOLUME),
    (row(volume="-0.5"), Reason.NEGATIVE_VOLUME),
    (row(symbol="../IBM"), Reason.UNPARSEABLE),
    (row(symbol="=cmd|' /C calc'!A0"), Reason.UNPARSEABLE),
    (row(session="2015-03-23 25:00:00"), Reason.UNPARSEABLE),
    (row(session="2015-03-23 00:00:00+99:99"), Reason.UNPARSEABLE),
    (row(session="2015-03-21"), Reason.NOT_A_SESSION),  # a Saturday
    (row(session="2015-04-03"), Reason.NOT_A_SESSION),  # Good Friday
    (row(session="1950-01-03"), Reason.NOT_A_SESSION),  # before the calendar begins
    (row(session="2026-11-23"), Reason.FUTURE),
    (row(session="2099-01-02"), Reason.FUTURE),  # beyond the calendar
    (row(prices=prices(10, 1200, 9, 11)), Reason.UNIT_JUMP),  # the high in another unit
    # A row is refused for the first rule it breaks.
    (row(session="2015-03-21", volume="x"), Reason.UNPARSEABLE),
    (row(session="2015-03-21", volume=""), Reason.MISSING),
    (row(session="2015-03-21", prices=("0", "12", "9", "13")), Reason.NOT_POSITIVE),
    (row(session="2015-03-21", prices=("10", "12", "9", "13"), volume="-1"), Reason.OUT_OF_ORDER),
    (row(session="2015-03-21", volume="-1"), Reason.NEGATIVE_VOLUME),
    (row(session="2026-11-22"), Reason.NOT_A_SESSION),
]


@pytest.mark.parametrize(("cells", "reason"), BAD, ids=[f"{reason}-{n}" for n, (_, reason) in enumerate(BAD)])
def test_a_bad_row_is_refused_beside_a_good_one(gate: BarGate, cells: Cells, reason: Reason) -> None:
    verdict = gate.judge(batch([row(symbol="GOOD"), cells]))
    assert reasons_by_line(verdict) == {2: reason}
    assert verdict.good["symbol"].to_pylist() == ["GOOD"]


GOOD = [
    row(),
    row(session="03/23/2015"),
    row(session="2015-03-23 00:00:00-04:00"),
    row(volume="0"),
    row(volume="1.5e2"),
    row(volume="9007199254740992"),  # 2^53
    row(prices=("1e1", "12.", "9", "+11")),
    row(prices=flat(10)),
    row(prices=prices(10, 12, 9, 12.000001)),  # noise of a millionth
    row(prices=prices(10, 12, 9, 8.999999)),
    row(prices=prices(10, 60, 9, 55)),
    row(prices=("1.7976931348623157e308",) * 4),
    row(prices=("5e-324",) * 4),
    row(symbol="NaN"),
    row(symbol="TRUE"),
    row(session="2014-11-28"),  # a half day
    row(session="2026-11-20"),  # closed an hour ago
]


@pytest.mark.parametrize("cells", GOOD)
def test_a_good_row_passes(gate: BarGate, cells: Cells) -> None:
    verdict = gate.judge(batch([cells]))
    assert verdict.quarantined == ()
    assert verdict.good.num_rows == 1


def test_good_bars_carry_the_label_and_the_true_close_of_their_session(gate: BarGate) -> None:
    good = gate.judge(batch([row("2014-11-28"), row("2015-03-23", symbol="A")])).good
    assert good.schema == BAR_SCHEMA
    assert good.to_pylist() == [
        {
            "symbol": "A",
            "venue": "XNYS",
            "interval": "1d",
            "opened_at": datetime(2015, 3, 23, tzinfo=UTC),
            "closed_at": datetime(2015, 3, 23, 20, tzinfo=UTC),
            "open": 10.0,
            "high": 12.0,
            "low": 9.0,
            "close": 11.0,
            "volume": 100.0,
        },
        {
            "symbol": "IBM",
            "venue": "XNYS",
            "interval": "1d",
            "opened_at": datetime(2014, 11, 28, tzinfo=UTC),
            "closed_at": datetime(2014, 11, 28, 18, tzinfo=UTC),
            "open": 10.0,
            "high": 12.0,
            "low": 9.0,
            "close": 11.0,
            "volume": 100.0,
        },
    ]


def test_a_session_counts_once_it_has_closed(gate: BarGate) -> None:
    closes_at = trading_calendar("XNYS").parse(Interval.DAY, "2015-03-23").closed_at
    early, on_time = (
        gate.judge(batch([row()], now=closes_at + moment)) for moment in (timedelta(seconds=-1), timedelta())
    )
    assert reasons_by_line(early) == {1: Reason.FUTURE}
    assert on_time.good.num_rows == 1


def test_the_calendar_of_the_batch_says_what_a_session_is(gate: BarGate) -> None:
    easter_monday = row("2015-04-06")
    assert gate.judge(batch([easter_monday])).good.num_rows == 1
    assert reasons_by_line(gate.judge(batch([easter_monday], calendar="XLON"))) == {1: Reason.NOT_A_SESSION}


def test_a_quarantined_row_is_kept_as_it_came(gate: BarGate) -> None:
    (held,) = gate.judge(batch([row(session="03/21/2015", symbol=" IBM ", volume=None)])).quarantined
    assert held == QuarantinedRow(
        source="test",
        place="file:1",
        symbol="IBM",
        session="2015-03-21",
        reason="missing value",
        row={
            "symbol": " IBM ",
            "session": "03/21/2015",
            "open": "10",
            "high": "12",
            "low": "9",
            "close": "11",
            "volume": "",
        },
    )


def test_of_identical_repeats_the_first_is_kept(gate: BarGate) -> None:
    again = row(session="20150323", prices=("10.0", "12.00", "9", "11"))
    verdict = gate.judge(batch([row(), row("2015-03-24"), again, row()]))
    assert reasons_by_line(verdict) == {3: Reason.IDENTICAL, 4: Reason.IDENTICAL}
    assert verdict.good.num_rows == 2


def test_of_conflicting_repeats_none_is_believed(gate: BarGate) -> None:
    verdict = gate.judge(batch([row(), row(), row(volume="101"), row("2015-03-24")]))
    assert reasons_by_line(verdict) == dict.fromkeys((1, 2, 3), Reason.CONFLICTING)


def test_an_unreadable_copy_condemns_no_good_row(gate: BarGate) -> None:
    verdict = gate.judge(batch([row(volume="x"), row(prices=("0", "12", "9", "11")), row()]))
    assert reasons_by_line(verdict) == {1: Reason.UNPARSEABLE, 2: Reason.NOT_POSITIVE}
    assert verdict.good.num_rows == 1


def test_the_same_session_of_another_symbol_is_not_a_repeat(gate: BarGate) -> None:
    assert gate.judge(batch([row(symbol="A"), row(symbol="B"), row(symbol="A.B")])).good.num_rows == 3


def test_a_symbol_means_the_same_in_any_case(gate: BarGate) -> None:
    verdict = gate.judge(batch([row(symbol="brk.b"), row("2015-03-24", symbol="BRK.B"), row(symbol="Brk.B")]))
    assert verdict.good["symbol"].to_pylist() == ["BRK.B", "BRK.B"]
    assert reasons_by_line(verdict) == {3: Reason.IDENTICAL}


@pytest.mark.parametrize(("venue", "whole"), [("24/7", False), ("BINANCE", False), ("DEMO", False), ("XLON", True)])
def test_parts_are_traded_where_the_venue_says_so(gate: BarGate, venue: str, whole: bool) -> None:
    rows = [row("2015-03-23", volume="0.25"), row("2015-03-24", volume="1e15"), row("2015-03-25", volume="1e16")]
    verdict = gate.judge(batch(rows, calendar=venue))
    refused = [1, 3] if whole else [3]
    assert reasons_by_line(verdict) == dict.fromkeys(refused, Reason.IMPOSSIBLE_VOLUME)


def test_a_bar_in_another_unit_is_refused_and_its_neighbours_are_not(gate: BarGate) -> None:
    days = sessions("2015-03-23", 5)
    rows = [row(day, prices=flat(1100 if n == 2 else 11)) for n, day in enumerate(days)]
    assert reasons_by_line(gate.judge(batch(rows[::-1]))) == {3: Reason.UNIT_JUMP}


def test_a_jump_is_measured_against_stored_bars_too(gate: BarGate) -> None:
    stored = gate.judge(batch([row("2015-03-20", prices=flat(11))])).good
    jump = row("2015-03-23", prices=flat(1100))
    assert gate.judge(batch([jump])).good.num_rows == 1
    assert reasons_by_line(gate.judge(batch([jump], neighbours=stored))) == {1: Reason.UNIT_JUMP}


def test_stored_bars_of_another_venue_are_no_neighbours(gate: BarGate) -> None:
    stored = gate.judge(batch([row("2015-03-20", prices=flat(11))], calendar="XLON")).good
    assert gate.judge(batch([row("2015-03-23", prices=flat(1100))], neighbours=stored)).good.num_rows == 1


def test_a_split_explains_a_jump(gate: BarGate) -> None:
    stored = gate.judge(batch([row("2015-03-20", prices=flat(11))])).good
    reverse = CorporateAction(IBM, date(2015, 3, 23), ActionKind.SPLIT, 0.01)
    jump = [row("2015-03-23", prices=flat(1100))]
    assert gate.judge(batch(jump, neighbours=stored, actions=[reverse])).good.num_rows == 1
    others = [
        CorporateAction(Instrument("AAPL"), date(2015, 3, 23), ActionKind.SPLIT, 0.01),
        CorporateAction(IBM, date(2015, 3, 24), ActionKind.SPLIT, 0.01),
        CorporateAction(IBM, date(2015, 3, 23), ActionKind.DIVIDEND, 0.01),
    ]
    assert gate.judge(batch(jump, neighbours=stored, actions=others)).good.num_rows == 0


def test_a_revision_of_a_stored_bar_passes(gate: BarGate) -> None:
    stored = gate.judge(batch([row(prices=flat(11))])).good
    assert gate.judge(batch([row(prices=flat(12))], neighbours=stored)).good["close"].to_pylist() == [12.0]


def test_the_result_counts_each_row_once(gate: BarGate) -> None:
    result = gate.judge(batch([row(), row(), row(volume=""), row(volume="x", session="2015-03-21")])).result
    assert (result.suite, result.source, result.batch) == ("daily_bars", "test", "batch")
    assert (result.evaluated, result.passed, result.success) == (4, 1, False)
    assert list(result.expectations) == [str(reason) for reason in Reason]
    assert {reason: count for reason, count in result.expectations.items() if count} == {
        "unparseable": 1,
        "missing value": 1,
        "identical repeat": 1,
    }


def test_an_empty_batch_is_no_failure(gate: BarGate) -> None:
    verdict = gate.judge(batch([]))
    assert verdict.good.schema == BAR_SCHEMA
    assert verdict.good.num_rows == 0
    assert verdict.result.success


class TestHoles:
    def test_without_expectations_a_hole_lies_between_good_rows(self, gate: BarGate) -> None:
        days = sessions("2015-03-30", 5)  # Good Friday is among the days, and no gap
        rows = [row(day) for n, day in enumerate(days) if n != 2] + [row(days[2], volume="x")]
        result = gate.judge(batch([*rows, row(days[0], symbol="A")])).result
        assert result.gaps == {"IBM": (days[2],)}

    def test_expected_sessions_are_missed_at_the_ends_too(self, gate: BarGate) -> None:
        first, middle, last = sessions("2015-03-23", 3)
        begin, end = (midnight(date.fromisoformat(day)) for day in (first, last))
        expected = {IBM: (begin, end), Instrument("A"): (begin, begin)}
        result = gate.judge(batch([row(middle)], expected=expected)).result
        assert result.gaps == {"IBM": (first, last), "A": (first,)}

    def test_a_stored_bar_fills_a_hole(self, gate: BarGate) -> None:
        days = sessions("2015-03-23", 3)
        stored = gate.judge(batch([row(days[1])])).good
        assert gate.judge(batch([row(days[0]), row(days[2])], neighbours=stored)).result.gaps == {}

    def test_a_session_to_come_is_no_hole(self, gate: BarGate) -> None:
        expected = {IBM: (midnight(date(2026, 11, 19)), midnight(date(2026, 11, 25)))}
        result = gate.judge(batch([row("2026-11-19")], expected=expected)).result
        assert result.gaps == {"IBM": ("2026-11-20",)}

    def test_nothing_expected_nothing_missed(self, gate: BarGate) -> None:
        assert gate.judge(batch([row("2015-03-23"), row("2015-03-27")], expected={})).result.gaps == {}


number = st.one_of(
    st.sampled_from(["10", "10.5", "11", "1000", "0.1", "0", "-1", "", "NaN", "x", None, "1.79e308", "5e-324"]),
    st.floats(1, 100).map(lambda value: f"{value:.4f}"),
)
any_row = st.tuples(
    st.sampled_from(["A", "B", "", None]),
    st.sampled_from(["2015-03-20", "2015-03-21", "20150323", "03/24/2015", "2027-01-04", "never", None]),
    *[number] * 5,
)
good_row = st.builds(
    lambda symbol, session, close: row(session, symbol, prices(close, close * 1.01, close * 0.99, close)),
    st.sampled_from(["A", "B"]),
    st.sampled_from(sessions("2015-03-16", 12)),
    st.sampled_from([10.0, 10.5, 1050.0]),
)
# An example takes a tenth of a second however many rows it has: few examples, many rows.
quick = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(rows=st.lists(st.one_of(any_row, good_row), max_size=60), random=st.randoms())
def test_every_row_is_stored_or_quarantined_whatever_the_order(
    gate: BarGate, rows: list[Cells], random: Random
) -> None:
    verdict = gate.judge(batch(rows))
    lines = [int(held.place.split(":")[1]) for held in verdict.quarantined]
    assert verdict.good.num_rows + len(lines) == len(rows)
    assert len(set(lines)) == len(lines)
    assert sum(verdict.result.expectations.values()) == len(lines)
    keys = list(zip(verdict.good["symbol"].to_pylist(), verdict.good["opened_at"].to_pylist(), strict=True))
    assert keys == sorted(set(keys))
    for bar in verdict.good.to_pylist():
        assert bar["symbol"] in {"A", "B"}
        assert trading_calendar("XNYS").period(Interval.DAY, bar["opened_at"])
        assert 0 < bar["low"] <= min(bar["open"], bar["close"]) * (1 + 1e-6)
        assert max(bar["open"], bar["close"]) <= bar["high"] * (1 + 1e-6)
        assert bar["volume"] >= 0

    shuffled = list(enumerate(rows, start=1))
    random.shuffle(shuffled)
    other = gate.judge(batch([cells for _, cells in shuffled]))
    assert other.good == verdict.good
    assert sorted(reasons_by_line(other).values()) == sorted(reasons_by_line(verdict).values())


@quick
@given(rows=st.lists(st.one_of(any_row, good_row), max_size=60))
def test_what_passed_passes_again_beside_itself(gate: BarGate, rows: list[Cells]) -> None:
    good = gate.judge(batch(rows)).good
    names = ["open", "high", "low", "close", "volume"]
    again = raw_table(
        [
            (bar["symbol"], bar["opened_at"].date().isoformat(), *(repr(bar[name]) for name in names))
            for bar in good.to_pylist()
        ]
    )
    assert gate.judge(batch(again, neighbours=good)).good == good


def test_turnover_comes_through_beside_the_bar(gate: BarGate) -> None:
    rows = raw_table([row("2015-03-23"), row("2015-03-24"), row("2015-03-25"), row("2015-03-26")])
    rows = rows.append_column("quote_volume", pa.array(["1100.5", None, "much", "3"]))
    rows = rows.append_column("trades", pa.array(["12", "", "4", "-1"]))
    verdict = gate.judge(batch(rows))
    assert verdict.good.schema == TURNOVER_SCHEMA
    assert verdict.good["quote_volume"].to_pylist() == [1100.5, None]
    assert verdict.good["trades"].to_pylist() == [12, None]
    assert verdict.good["taker_volume"].to_pylist() == [None, None]
    assert reasons_by_line(verdict) == {3: Reason.UNPARSEABLE, 4: Reason.NEGATIVE_VOLUME}
    assert verdict.quarantined[0].row["quote_volume"] == "much"
