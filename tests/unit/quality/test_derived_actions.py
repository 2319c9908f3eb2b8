"""Actions that follow from the columns beside the bars of a file."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from algo_trading.adapters.bar_files import read_bar_files
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction, factors_of
from algo_trading.domain.instrument import Instrument
from algo_trading.gateways.market_data import BESIDE, RAW_COLUMNS, RAW_SCHEMA
from algo_trading.quality.derived_actions import derived_actions
from algo_trading.quality.parse import parse_dates, parse_numbers
from reference.adjusted_closes import adjusted_closes
from support.fuzz import examples
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit

KO = Instrument("KO")
FIRST = date(2012, 1, 2)


def table(closes: list[str], adjusted: list[str] | None = None, dividends: list[str] | None = None) -> pa.Table:
    """Rows of KO of one day after the other."""
    n = len(closes)
    nothing: list[str | None] = [None] * n
    columns = {
        "symbol": ["KO"] * n,
        "session": [(FIRST + timedelta(days=day)).isoformat() for day in range(n)],
        **dict.fromkeys(("open", "high", "low", "close"), closes),
        "volume": ["100"] * n,
        "place": [f"ko.csv:{line}" for line in range(2, n + 2)],
        "dividend": dividends or nothing,
        "adjusted_close": adjusted or nothing,
    }
    return pa.table(columns, schema=pa.schema([*RAW_SCHEMA, *((name, pa.string()) for name in BESIDE)]))


def action(day: int, kind: ActionKind, value: float) -> CorporateAction:
    return CorporateAction(KO, FIRST + timedelta(days=day), kind, value)


@pytest.mark.parametrize("seed", range(examples(30)))
@pytest.mark.parametrize("digits", [2, 4, 6, 15])
def test_adjusting_by_them_gives_the_adjusted_closes_of_the_file_again(seed: int, digits: int) -> None:
    chance = np.random.default_rng(seed)
    splits: dict[int, float] = {}
    dividends: dict[int, float] = {}
    for day in chance.choice(np.arange(1, 200), 6, replace=False).tolist():
        if chance.random() < 0.3:
            splits[day] = float(chance.choice([2, 3, 1.5, 7, 0.1, 0.25, 20, 1.998]))
        if day not in splits or (splits[day] != 1.998 and chance.random() < 0.3):
            dividends[day] = round(float(chance.uniform(0.2, 2)), 2)
    moves = np.exp(chance.normal(0, 0.01, 200))
    closes, price = {}, 90.0
    for day in range(200):
        price *= float(moves[day]) / splits.get(day, 1.0)
        if day in dividends:
            dividends[day] = min(dividends[day], round(price / 30, 3))
        price -= dividends.get(day, 0.0)
        closes[day] = price = round(price, 2)
    wanted = adjusted_closes(closes, splits, dividends)
    texts = [f"{one:.2f}" for one in closes.values()], [f"{one:.{digits}f}" for one in wanted]
    found = derived_actions(table(*texts), "XNYS")
    sessions = np.datetime64(FIRST, "D") + np.arange(200)
    prices, _ = factors_of(sessions, np.array(list(closes.values())), found.actions)
    coarse = 10.0**-digits / min(wanted) + 1e-4 / min(closes.values())
    assert prices * np.array(list(closes.values())) == pytest.approx(wanted, rel=max(8 * coarse, 1e-6))
    if digits >= 6:
        told = {one.ex_date: one.value for one in found.actions if one.kind is ActionKind.SPLIT}
        assert told == pytest.approx({FIRST + timedelta(days=day): ratio for day, ratio in splits.items()}, rel=1e-4)


def test_a_dividend_is_the_amount_that_was_paid() -> None:
    closes = ["40.00", "40.20", "39.90", "40.00"]
    adjusted = [f"{40 * (1 - 0.33 / 40.2):.6f}", f"{40.2 - 0.33:.6f}", "39.900000", "40.000000"]
    found = derived_actions(table(closes, adjusted), "XNYS")
    assert found.actions == (action(2, ActionKind.DIVIDEND, 0.33),)
    assert found.silent == frozenset()


def test_a_split_of_the_price_is_told_from_a_dividend_of_the_same_day() -> None:
    found = derived_actions(table(["80.00", "39.50"], [f"{(80 / 2 - 0.5):.6f}", "39.500000"]), "XNYS")
    assert found.actions == (action(1, ActionKind.DIVIDEND, 0.5), action(1, ActionKind.SPLIT, 2.0))


def test_closes_that_are_adjusted_already_tell_of_nothing() -> None:
    found = derived_actions(table(["40", "20", "10"], ["40", "20", "10"]), "XNYS")
    assert (found.actions, found.silent) == ((), frozenset())


def test_a_slip_in_one_row_is_no_action() -> None:
    found = derived_actions(table(["40.00"] * 9, ["39.00"] * 4 + ["0.39"] + ["39.00"] * 4), "XNYS")
    assert found.actions == ()


def test_without_adjusted_closes_dividends_count() -> None:
    found = derived_actions(table(["40", "41", "42"], dividends=["0", "0.5", "0.0"]), "XNYS")
    assert found.actions == (action(1, ActionKind.DIVIDEND, 0.5),)


def test_who_says_nothing_is_named() -> None:
    found = derived_actions(table(["40", "41"]), "XNYS")
    assert (found.actions, found.silent) == ((), frozenset({"KO"}))


@needs_shared_data
def test_real_adjusted_closes_give_what_was_paid() -> None:
    (file,) = read_bar_files([SHARED_DATA / "daily_ohlcv/stocknet_2012_2017/CSCO.csv"], None)
    rows = file.tables[0].rows((*RAW_COLUMNS, *BESIDE))
    found = derived_actions(rows, "XNYS").actions
    assert [one.value for one in found[:4]] == [0.14, 0.14, 0.17, 0.17]
    closes, wanted = (parse_numbers(rows[name])[0] for name in ("close", "adjusted_close"))
    prices, _ = factors_of(parse_dates(rows["session"])[0], closes, found)
    assert closes * prices == pytest.approx(wanted / wanted[-1] * closes[-1], rel=3e-6)
