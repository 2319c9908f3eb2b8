"""Splits that nobody told are held with the reason; crashes, rises and splits that are known pass."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest

from algo_trading.domain.bars import Floats
from algo_trading.domain.corporate_actions import NO_SPLIT, ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.quality.bar_rules import Reason
from algo_trading.quality.gate import BarGate
from algo_trading.quality.verdict import Verdict
from reference.untold_splits import PLANTED, Tally, from_files, planted, sampled, tally
from support.raw_bars import Cells, batch, reasons_by_line, row, sessions
from support.shared_data import needs_shared_data

pytestmark = pytest.mark.unit

DAYS = sessions("2013-01-02", 29)
AT = 15  # the first of the days after the split
IBM = Instrument("IBM")


def walk(chance: int = 3) -> tuple[Floats, Floats]:
    """Closes and volumes of 29 days in which nothing happens."""
    random = np.random.default_rng(chance)
    return 80 * np.exp(np.cumsum(random.normal(0, 0.01, len(DAYS)))), np.round(1e6 * np.exp(random.normal(0, 0.3, 29)))


def rows(closes: Sequence[float], volumes: Sequence[float]) -> list[Cells]:
    """Bars that open at the close before, moved by as much as the day's step where that is large."""
    found: list[Cells] = []
    for n, (day, close, volume) in enumerate(zip(DAYS, closes, volumes, strict=True)):
        opened = closes[n - 1] if n and 0.7 < close / closes[n - 1] < 1.4 else close * 1.004
        cells = [f"{price:.6f}" for price in (opened, max(opened, close), min(opened, close), close)]
        found.append(row(day, prices=cells, volume=f"{round(volume)}"))
    return found


def split_by(ratio: float, *, volume: float | None = None) -> list[Cells]:
    """A split on the 16th day, after which so many times the shares are traded (as many more as there are)."""
    closes, volumes = walk()
    closes[AT:] /= ratio
    volumes[AT:] *= ratio if volume is None else volume
    return rows(closes.tolist(), volumes.tolist())


def judge(given: Sequence[Cells], *actions: CorporateAction, stored: int = 0, calendar: str = "XNYS") -> Verdict:
    """The verdict on all but the first `stored` rows, which are there already."""
    gate = BarGate()
    neighbours = gate.judge(batch(given[:stored], calendar=calendar)).good if stored else None
    return gate.judge(batch(given[stored:], neighbours=neighbours, actions=actions, calendar=calendar))


def split(ratio: float, day: int = AT) -> CorporateAction:
    return CorporateAction(IBM, date.fromisoformat(DAYS[day]), ActionKind.SPLIT, ratio)


@pytest.mark.parametrize("ratio", [2, 4, 10, 50, 1 / 10, 1.5, 3, 1 / 2, 1 / 25])
@pytest.mark.parametrize("volume", [None, 1.0])
def test_a_split_that_nobody_told_is_held_with_the_reason(ratio: float, volume: float | None) -> None:
    """All 29 of 29 bars passed."""
    given = split_by(ratio, volume=volume)
    live = judge(given, stored=AT)
    assert set(reasons_by_line(live).values()) == {Reason.UNTOLD_SPLIT}
    assert (len(live.quarantined), live.good.num_rows) == (29 - AT, 0)
    shares = f"{ratio:g} for 1" if ratio > 1 else f"1 for {round(1 / ratio)}"
    assert {(held.row["likely"], held.row["venue"]) for held in live.quarantined} == {(shares, "XNYS")}
    # Of a new series the source is right about today.
    assert sorted(held.session for held in judge(given).quarantined) == DAYS[:AT]
    # Nothing is known yet of the level on the first day.
    assert len(judge(given[: AT + 1], stored=AT).quarantined) == 1


@pytest.mark.parametrize("ratio", [2, 10, 1 / 10])
def test_it_is_released_by_an_action_or_the_word_that_there_was_none(ratio: float) -> None:
    given = split_by(ratio)
    for told in (split(ratio), split(NO_SPLIT)):
        assert judge(given, told, stored=AT).quarantined == ()
        assert judge(given, told).quarantined == ()
    for wrong in (
        split(ratio, AT + 4),
        split(ratio**2),
        CorporateAction(IBM, split(1).ex_date, ActionKind.DIVIDEND, 1.0),
    ):
        assert judge(given, wrong, stored=AT).quarantined != ()


def test_prices_that_are_adjusted_for_a_known_split_pass() -> None:
    closes, volumes = walk()
    assert judge(rows(closes.tolist(), volumes.tolist()), split(2), stored=AT).quarantined == ()


@pytest.mark.parametrize(
    ("moved", "volume"), [(0.5, 12.0), (0.34, 25.0), (0.1, 60.0), (2.0, 15.0), (4.0, 30.0), (0.5, 6.0), (2.0, 2.0)]
)
def test_a_real_crash_or_rise_passes(moved: float, volume: float) -> None:
    assert judge(split_by(1 / moved, volume=volume), stored=AT).quarantined == ()


def test_a_price_that_comes_back_was_no_split() -> None:
    closes, volumes = walk()
    closes[AT] /= 2
    assert judge(rows(closes.tolist(), volumes.tolist())).quarantined == ()


def test_a_fall_within_the_day_is_none() -> None:
    given = [list(cells) for cells in split_by(2)]
    given[AT][2] = given[AT][3] = given[AT - 1][5]  # opens and is highest at the close before
    assert judge(given, stored=AT).quarantined == ()


def test_steps_of_less_than_a_third_and_of_coins_are_left_alone() -> None:
    assert judge(split_by(1.25), stored=AT).quarantined == ()
    closes, volumes = walk()
    closes[AT:] /= 2
    assert judge(rows(closes.tolist(), volumes.tolist()), stored=AT, calendar="24/7").quarantined == ()


def test_where_volume_is_not_known_nothing_is() -> None:
    closes, volumes = walk()
    closes[AT:] /= 2
    assert judge(rows(closes.tolist(), (volumes * 0).tolist()), stored=AT).quarantined == ()


def test_a_series_that_moves_by_ticks_is_none() -> None:
    closes = np.where(np.arange(29) % 3 == 0, 1.0, 2.0)
    closes[AT:] = 1.0
    assert judge(rows(closes.tolist(), [1e4] * 29), stored=AT).quarantined == ()


@needs_shared_data
class TestOnRealSeries:
    """The whole measure is `tests/reference/untold_splits.py`; docs/corporate-actions.md has its figures."""

    def test_the_splits_of_the_sample_are_held_and_its_crash_is_not(self) -> None:
        assert tally(sampled()) == Tally(splits=3, held_splits=3, others=1, held_others=0)

    def test_real_steps_of_long_series_pass_and_planted_splits_are_held(self) -> None:
        assert tally(from_files("huge_stock_1962_2017")).held_others == 0
        counted = Tally()
        for _, bars in planted(np.random.default_rng(2), 1, "recent_25_stocks"):
            counted.add(bars)
        assert counted.splits == 25 * len(PLANTED)
        assert counted.held_splits >= 0.9 * counted.splits
        assert counted.held_others == 0
