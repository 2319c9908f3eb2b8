"""The packaged sample: its bars, and the actions told from its two closes."""

from collections import Counter
from datetime import date

import numpy as np
import pytest

from algo_trading.adapters.sample import LAST_SESSION
from algo_trading.calendars import trading_calendar
from algo_trading.domain.corporate_actions import ActionKind, adjusted
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval, midnight
from algo_trading.repositories.bars import split_by_series
from support.bar_series import sample_closes
from support.sample_bars import raw, sample_actions, sample_table

pytestmark = pytest.mark.unit

SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")


def test_every_split_is_known() -> None:
    splits = {(a.instrument.symbol, a.ex_date): a.value for a in sample_actions(SYMBOLS) if a.kind is ActionKind.SPLIT}
    assert splits == {
        ("AAPL", date(2000, 6, 21)): 2.0,
        ("AAPL", date(2005, 2, 28)): 2.0,
        ("MSFT", date(2003, 2, 18)): 2.0,
    }


@pytest.mark.parametrize(
    ("symbol", "day", "cash"),
    [
        ("AAPL", date(2012, 8, 9), 2.65),
        ("AAPL", date(2012, 11, 7), 2.65),
        ("AAPL", date(2013, 2, 7), 2.65),
        ("MSFT", date(2003, 2, 19), 0.08),
        ("MSFT", date(2004, 11, 15), 3.08),  # three dollars at once, besides the usual
        ("MSFT", date(2013, 2, 19), 0.23),
        ("IBM", date(2013, 2, 6), 0.85),
    ],
)
def test_known_dividends(symbol: str, day: date, cash: float) -> None:
    paid = {a.ex_date: a.value for a in sample_actions([symbol]) if a.kind is ActionKind.DIVIDEND}
    assert paid[day] == pytest.approx(cash, abs=0.005)


def test_nobody_else_paid() -> None:
    dividends = Counter(a.instrument.symbol for a in sample_actions(SYMBOLS) if a.kind is ActionKind.DIVIDEND)
    assert dividends.keys() == {"AAPL", "IBM", "MSFT"}
    assert dividends["AAPL"] == 3
    assert dividends["IBM"] == 52  # four a year


def test_adjusted_closes_agree_with_those_of_the_sample() -> None:
    """Our factors come from its actions and give its adjusted closes, to what rounding of a dividend to 1e-4 leaves."""
    series = split_by_series(sample_table(SYMBOLS))
    for one, bars in series.items():
        ours = adjusted(bars, sample_actions([one.symbol])).close
        theirs = sample_closes()[one.symbol]
        np.testing.assert_allclose(ours / ours[-1], theirs / theirs[-1], rtol=3e-3)


def test_every_bar_is_of_a_session_and_none_is_missing() -> None:
    calendar = trading_calendar("XNYS")
    for instrument, bars in split_by_series(sample_table(SYMBOLS)).items():
        periods = calendar.periods(Interval.DAY, midnight(bars.session(0)), midnight(LAST_SESSION))
        expected = [period.date for period in periods]
        missing = sorted(set(expected) - set(bars.sessions.tolist()))
        assert set(bars.sessions.tolist()) <= set(expected)
        assert len(missing) <= 1, (instrument, missing)


def test_an_action_on_the_first_session_asked_for_is_there() -> None:
    day = date(2005, 2, 28)
    for first in (date(2005, 2, 25), day):
        (split,) = raw("AAPL", first, day).actions
        assert (split.instrument, split.ex_date, split.value) == (Instrument("AAPL"), day, 2.0)
    assert raw("AAPL", date(2005, 3, 1), date(2005, 3, 1)).actions == ()
    assert raw("AAPL", date(2005, 2, 24), date(2005, 2, 25)).actions == ()


def test_before_its_listing_a_symbol_has_no_rows() -> None:
    assert raw("FB", date(2012, 5, 1), date(2012, 5, 17)).rows.num_rows == 0
    assert raw("FB").rows["session"][0].as_py() == "2012-05-18"
