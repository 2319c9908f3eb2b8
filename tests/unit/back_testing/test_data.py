"""Bars from files and from the database, and the bars nobody can test on."""

import gzip
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from algo_trading.bootstrap import bar_file_reader
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import midnight
from algo_trading.errors import ConfigError
from algo_trading.repositories.bars import bars_table
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.backtest import run
from back_testing.engine.checks import require_bars, tradable
from back_testing.engine.data import ReadHistory, bars_from_file
from back_testing.engine.rules import TradingRules
from fakes.bars import FakeBars, FakeCorporateActions
from support.bar_series import bars_of
from support.factories import joining

pytestmark = pytest.mark.unit

HEADER = "Date,Open,High,Low,Close,Volume\n"
GOOD = "2024-01-02,10,11,9,10,100\n2024-01-03,10,12,9,11,100\n2024-01-04,11,13,10,12,100\n"


def write(folder: Path, text: str, name: str = "acme.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def read(path: Path, *symbols: str, last: date | None = None, adjust: bool = True) -> list[object]:
    return list(bars_from_file(bar_file_reader(), path, symbols, "XNYS", last, adjust=adjust).series)


def test_a_file_of_one_symbol_is_named_after_it(tmp_path: Path) -> None:
    (bars,) = bars_from_file(bar_file_reader(), write(tmp_path, HEADER + GOOD), [], "XNYS").series
    assert bars.instrument == Instrument("ACME", "XNYS")
    assert bars.close.tolist() == [10, 11, 12]
    assert [bars.session(i).day for i in range(3)] == [2, 3, 4]


def test_it_may_be_packed(tmp_path: Path) -> None:
    path = tmp_path / "acme.csv.gz"
    path.write_bytes(gzip.compress((HEADER + GOOD).encode()))
    assert len(read(path)) == 1


def test_symbols_are_chosen_from_a_file_of_several(tmp_path: Path) -> None:
    rows = "".join(f"{name},{line}\n" for name in ("AAA", "BBB") for line in GOOD.split())
    path = write(tmp_path, "Ticker," + HEADER + rows)
    with pytest.raises(ConfigError, match=r"holds 2 symbols \(AAA, BBB\); choose with --symbol"):
        read(path)
    chosen = bars_from_file(bar_file_reader(), path, ["bbb", "AAA"], "XNYS").series
    assert [bars.instrument.symbol for bars in chosen] == ["BBB", "AAA"]
    with pytest.raises(ConfigError, match=r"has no bars of CCC; it has AAA, BBB"):
        read(path, "CCC")


def test_bars_after_the_last_session_are_left_out(tmp_path: Path) -> None:
    (bars,) = bars_from_file(bar_file_reader(), write(tmp_path, HEADER + GOOD), [], "XNYS", date(2024, 1, 3)).series
    assert len(bars) == 2


def test_a_column_of_adjusted_closes_adjusts_as_of_the_last_bar_taken(tmp_path: Path) -> None:
    # A split of two for one on the 3rd and a dividend after the 4th.
    text = (
        "Date,Open,High,Low,Close,Volume,Adj Close\n"
        "2024-01-02,20,22,18,20,100,9\n2024-01-03,10,12,9,11,100,9.9\n2024-01-04,11,13,10,12,100,10.8\n"
    )
    path = write(tmp_path, text)
    (bars,) = bars_from_file(bar_file_reader(), path, [], "XNYS").series
    assert bars.close == pytest.approx([10, 11, 12])
    assert bars.open == pytest.approx([10, 10, 11])
    (cut,) = bars_from_file(bar_file_reader(), path, [], "XNYS", date(2024, 1, 3)).series
    assert cut.close[-1] == 11
    (raw,) = bars_from_file(bar_file_reader(), path, [], "XNYS", adjust=False).series
    assert raw.close.tolist() == [20, 11, 12]


def test_a_column_of_dividends_adjusts(tmp_path: Path) -> None:
    lines = [f"{line},{dividend}\n" for line, dividend in zip(GOOD.split(), (0, 0, 1.1), strict=True)]
    path = write(tmp_path, HEADER.strip() + ",Dividends\n" + "".join(lines))
    (bars,) = bars_from_file(bar_file_reader(), path, [], "XNYS").series
    assert bars.close == pytest.approx([9, 9.9, 12])
    (raw,) = bars_from_file(bar_file_reader(), path, [], "XNYS", adjust=False).series
    assert raw.close.tolist() == [10, 11, 12]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("2024-01-02,10,11,9,,100\n", r"acme.csv:2: the close is missing"),
        ("2024-01-02,10,11,9,NaN,100\n", r"acme.csv:2: the close is missing"),
        ("2024-01-02,10,11,9,ten,100\n", r"acme.csv:2: this cell cannot be read: close: ten"),
        (",10,11,9,10,100\n", r"acme.csv:2: the date is missing"),
        (GOOD + "2024-01-04,11,13,10,12,100\n", r"acme.csv:5: ACME has this date twice"),
        (GOOD + "2024-01-03,11,13,10,12,100\n", r"acme.csv:5: ACME is not in ascending order of dates"),
        ("2024-13-02,10,11,9,10,100\n", r"this cell cannot be read: session: 2024-13-02"),
    ],
)
def test_a_row_that_is_no_bar_is_one_sentence(tmp_path: Path, rows: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        read(write(tmp_path, HEADER + rows))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("2024-01-02,10,11,9,0,100\n", "the bar of ACME on 2024-01-02 has a price of 0 or below"),
        ("2024-01-02,10,9.5,9,10,100\n", "has a high below its open or close"),
        ("2024-01-02,10,11,10.5,10,100\n", "has a low above its open or close"),
        ("2024-01-02,10,11,9,10,-1\n", "has a negative volume"),
    ],
)
def test_a_bar_that_cannot_be_is_refused_by_the_engine(tmp_path: Path, rows: str, sentence: str) -> None:
    (bars,) = bars_from_file(bar_file_reader(), write(tmp_path, HEADER + rows), [], "XNYS").series
    with pytest.raises(ConfigError, match=sentence):
        run(SmaCross(), bars, TradingRules())


@pytest.mark.parametrize("column", ["open", "high", "low", "close", "volume"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_no_column_may_hold_a_value_that_is_no_number(column: str, value: float) -> None:
    bars = bars_of([10.0, 11.0, 12.0])
    values = getattr(bars, column).copy()
    values[1] = value
    with pytest.raises(ConfigError, match="on 2000-01-04 has a value that is missing or no number"):
        require_bars(replace(bars, **{column: values}))
    require_bars(bars)


def test_rounding_of_adjusted_prices_is_forgiven() -> None:
    bars = bars_of([10.0, 11.0])
    require_bars(replace(bars, high=bars.close * (1 - 1e-9)))


def test_no_file_and_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        read(tmp_path / "nothing.csv")
    with pytest.raises(ConfigError, match="holds no bars"):
        read(write(tmp_path, "a,b\n1,2\n"))
    with pytest.raises(ConfigError, match="holds no bars"):
        read(write(tmp_path, HEADER))


def test_bars_without_volume_are_not_tradable_once_there_was_some() -> None:
    assert tradable(np.array([0.0, 0.0, 5.0, 0.0, 5.0])).tolist() == [True, True, True, False, True]
    assert tradable(np.zeros(3)).tolist() == [True] * 3


ACME, OTHER = Series(Instrument("ACME")), Series(Instrument("OTHER"))


def history() -> ReadHistory:
    bars, actions = FakeBars(), FakeCorporateActions()
    bars.upsert(bars_table([bars_of([20.0, 20.0, 11.0], "ACME"), bars_of([1.0, 2.0, 3.0], "OTHER")]), "test")
    split = CorporateAction(ACME.instrument, date(2000, 1, 5), ActionKind.SPLIT, 2.0)
    later = CorporateAction(ACME.instrument, date(2001, 1, 5), ActionKind.SPLIT, 10.0)
    actions.upsert([split, later], "test")
    return ReadHistory(bars, actions, joining())


def test_the_database_gives_prices_as_of_the_last_bar() -> None:
    series = history()([OTHER, ACME], None).series
    assert [bars.series for bars in series] == [OTHER, ACME]
    assert series[1].close.tolist() == [10, 10, 11]
    assert history()([ACME], midnight(date(2000, 1, 4))).series[0].close.tolist() == [20, 20]
    assert history()([ACME], None, adjust=False).series[0].close.tolist() == [20, 20, 11]


def test_the_database_may_not_have_it() -> None:
    with pytest.raises(ConfigError, match=r"no bars of NOPE \(XNYS\) up to 2000-01-04; bring some with"):
        history()([Series(Instrument("NOPE"))], midnight(date(2000, 1, 4)))


@pytest.mark.parametrize(
    ("symbol", "told"),
    [
        ("acme", r"no bars of acme \(XNYS\) \(did you mean ACME\?\); bring some with"),
        ("ACNE", r"no bars of ACNE \(XNYS\) \(did you mean ACME\?\); bring some with"),
        ("GE", r"no bars of GE \(XNYS\); bring some with"),
    ],
)
def test_a_symbol_that_is_nearly_there_is_proposed(symbol: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        history()([Series(Instrument(symbol))], None)


def test_nothing_is_proposed_that_would_not_help() -> None:
    with pytest.raises(ConfigError, match=r"no bars of ACME \(XNYS\) up to 1990-01-01; bring"):
        history()([ACME], midnight(date(1990, 1, 1)))
    with pytest.raises(ConfigError, match=r"no bars of acme \(XLON\); bring"):
        history()([Series(Instrument("acme", "XLON"))], None)


def test_a_file_without_dividends_says_so(tmp_path: Path) -> None:
    bare = bars_from_file(bar_file_reader(), write(tmp_path, HEADER + GOOD), [], "XNYS")
    told = "the file has neither adjusted closes nor dividends of ACME: the return is that of the price alone"
    assert bare.notes == (f"{told} where any was paid",)
    lines = "".join(f"{line},0\n" for line in GOOD.split())
    none_paid = write(tmp_path, HEADER.strip() + ",Dividends\n" + lines, "zero.csv")
    assert bars_from_file(bar_file_reader(), none_paid, [], "XNYS").notes == ()
    for venue in ("24/7", "BINANCE"):
        assert bars_from_file(bar_file_reader(), write(tmp_path, HEADER + GOOD), [], venue).notes == ()
    assert bars_from_file(bar_file_reader(), write(tmp_path, HEADER + GOOD), [], "XNYS", adjust=False).notes == ()


def test_a_database_without_dividends_says_so() -> None:
    """The figures of an imported file whose adjusted closes were dropped are those of prices alone."""
    read_history = history()
    assert read_history([OTHER, ACME], None).notes == (
        "the database has no dividends of ACME, OTHER: the return is that of the price alone where any was paid",
    )
    assert read_history([OTHER, ACME], None, adjust=False).notes == ()
    paid = CorporateAction(ACME.instrument, date(2000, 1, 4), ActionKind.DIVIDEND, 0.5)
    read_history.actions.upsert([paid], "test")
    assert read_history([OTHER, ACME], None).notes == (
        "the database has no dividends of OTHER: the return is that of the price alone where any was paid",
    )
    assert read_history([ACME], None).notes == ()
