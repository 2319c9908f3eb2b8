"""A strategy that never knew what it needs: the result says what, and how to bring it in."""

from dataclasses import replace

import numpy as np
import pytest

from algo_trading.domain.bars import Bars
from algo_trading.strategies.event_driven import EventDriven
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.analysis.compare import compare
from back_testing.engine.backtest import run, run_portfolio
from back_testing.engine.missing_features import unknown_features
from back_testing.engine.rules import TradingRules
from back_testing.report.assumptions import assumptions
from support.bar_series import bars_of, random_walk, with_features

pytestmark = pytest.mark.unit

RULES = TradingRules()


def bars_without(symbol: str, *names: str) -> Bars:
    """Bars whose features `names` are not known, in sixty sessions from 2000-01-03 on."""
    bars = with_features(bars_of(random_walk(60), symbol))
    return replace(bars, features={**bars.features, **{name: np.full(60, np.nan) for name in names}})


def test_a_figure_that_is_never_known_is_named_with_the_way_to_bring_it_in() -> None:
    result = run(EventDriven(), bars_without("AAPL", "pe_ratio"), RULES)
    first, last = result.bars.session(0), result.bars.session(-1)
    (note,) = result.notes
    assert note == (
        f"event_driven needs pe_ratio, unknown for AAPL on every bar from {first} to {last}: `algo-trading "
        "import-fundamentals FILE` brings its history into the database, `algo-trading look-up` what is known from "
        "today on"
    )
    assert result.as_json()["notes"] == [note]
    assert ("Unknown", f"{note}.") in assumptions(result)


def test_text_has_a_way_of_its_own() -> None:
    first, second = run(EventDriven(), bars_without("AAPL", "pe_ratio", "impact"), RULES).notes
    assert first.startswith("event_driven needs impact, unknown for AAPL on every bar from 2000-")
    assert "`algo-trading run-text`" in first
    assert second.startswith("event_driven needs pe_ratio, unknown")


def test_one_known_bar_is_enough() -> None:
    bars = bars_without("AAPL", "pe_ratio")
    bars.features["pe_ratio"][-1] = 12.0
    assert run(EventDriven(), bars, RULES).notes == ()
    assert unknown_features(EventDriven, [bars[:-1]])
    assert unknown_features(EventDriven, []) == ()
    assert run(SmaCross(2, 5, 0), bars_without("AAPL", "pe_ratio"), RULES).notes == ()


def test_what_only_warmed_up_does_not_count() -> None:
    bars = bars_without("AAPL", "pe_ratio")
    bars.features["pe_ratio"][:30] = 12.0
    assert run(EventDriven(), bars, RULES).notes == ()
    (note,) = run(EventDriven(), bars, RULES, first=bars.session(30)).notes
    assert f"from {bars.session(30)} to" in note


def test_symbols_are_told_together() -> None:
    series = [bars_without(f"S{number}", "pe_ratio") for number in range(7)]
    series.append(bars_without("KNOWN"))
    (note,) = run_portfolio(EventDriven(), series, RULES).notes
    assert "unknown for S0, S1, S2, S3, S4 and 2 more on every bar" in note


def test_a_comparison_tells_it_too() -> None:
    known, unknown = compare([EventDriven()], [bars_without("KNOWN"), bars_without("AAPL", "pe_ratio")], RULES)
    assert known.notes == ()
    assert "pe_ratio" in unknown.notes[0]
