"""What a report shows of a strategy on candle scores."""

import json

import numpy as np
import pytest

from algo_trading.domain.bars import Bars
from algo_trading.domain.time import Interval
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.candle_rank import CandleRank
from algo_trading.strategies.scalping import Scalping
from back_testing.engine.backtest import run
from back_testing.engine.rules import TradingRules
from back_testing.report import render_report
from back_testing.report.scores import MOST_STEPS, score_chart, score_section
from back_testing.search.crossings import HORIZONS, crossings
from support.candles import candles
from support.report_pages import charts_in, numbers

pytestmark = pytest.mark.unit

BARS = candles(900, Interval.HOUR_1, seed=5, first="2022-01-01T00:00")
STRATEGY = CandleRank(bull=6, bear=7, timeframes="1h,4h,1d", history=510)


def page_of(strategy: Strategy, bars: Bars) -> str:
    rules = TradingRules(whole_shares=None, allow_gaps=True).for_bars([bars])
    return render_report(run(strategy, bars, rules), [bars])


def test_price_scores_and_thresholds_are_drawn() -> None:
    section = score_section(STRATEGY, BARS, 300)
    price, bull, bear = section.chart["series"]
    bull_from, bear_from = section.chart["segments"]
    scores = STRATEGY.scores(BARS)
    np.testing.assert_allclose(numbers(price["y"]), BARS.close[-300:], rtol=1e-6)
    np.testing.assert_array_equal(numbers(bull["y"]), scores.bull[-300:])
    np.testing.assert_array_equal(numbers(bear["y"]), scores.bear[-300:])
    for drawn, level in ((bull_from, 6), (bear_from, 7)):
        assert [numbers(drawn[part]).tolist() for part in ("from", "to", "start", "end")] == [
            [0],
            [299],
            [level],
            [level],
        ]
    assert section.chart["panes"][1]["range"] == [0, 18] == [0, section.maximum]
    assert len(numbers(section.chart["x"])) == 300


def test_a_table_says_what_came_after_each_score() -> None:
    section = score_section(STRATEGY, BARS, len(BARS))
    expected = crossings(BARS, STRATEGY.scores(BARS))
    assert [(name, count) for name, count, _ in section.rows] == [(f"{c.kind} {c.score}", c.count) for c in expected]
    assert section.horizons == tuple(HORIZONS)
    texts = {name: dict(zip(section.horizons, cells, strict=True)) for name, _, cells in section.rows}
    best = next(c.best for c in expected if (c.kind, c.score) == ("bear", 7))
    assert texts["bear 7"]["4h"] == f"{best['4h']:+.1f}"
    assert texts["bear 7"]["30m"] == "\N{EN DASH}"  # shorter than a candle


def test_long_series_keep_their_highest_scores() -> None:
    bars = candles(6 * MOST_STEPS + 100, seed=2)
    strategy = CandleRank(timeframes="5m,1h", history=9_000)
    scores = strategy.scores(bars)
    chart = score_chart(bars, scores, {"bull": np.full(len(bars), np.inf), "bear": np.full(len(bars), np.nan)})
    assert [drawn["name"] for drawn in chart["series"]] == ["BTCUSDT", "bull score", "bear score"]
    assert chart["segments"] == []  # no threshold to draw
    drawn = numbers(chart["series"][1]["y"])
    assert len(drawn) <= MOST_STEPS
    assert drawn.max() == scores.bull.max()
    assert len(json.dumps(chart)) < 300_000


def test_tuned_thresholds_are_steps() -> None:
    levels = np.array([np.nan] * 300 + [6.0] * 300 + [np.inf] * 300)
    chart = score_chart(BARS, STRATEGY.scores(BARS), {"bull": levels, "bear": levels})
    steps = chart["segments"][0]
    assert [numbers(steps[part]).tolist() for part in ("from", "to", "start", "end")] == [[300], [600], [6], [6]]


def test_the_page_has_both_and_other_strategies_neither() -> None:
    page = page_of(STRATEGY, BARS)
    assert set(charts_in(page)) == {"equity", "candles-0", "scores-0", "returns", "trades"}
    assert "After a score was reached" in page
    assert page.count("<tr><td>bull ") == sum(
        name.startswith("bull") for name, *_ in score_section(STRATEGY, BARS, 900).rows
    )
    other = page_of(Scalping(), BARS)
    assert "After a score was reached" not in other
    assert "scores-0" not in other
