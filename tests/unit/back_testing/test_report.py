"""The report: complete, self-contained, and safe with whatever a strategy or a file is called."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from algo_trading.domain.bars import Bars, Floats
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.buy_and_hold import BuyAndHold
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.backtest import run, run_portfolio
from back_testing.engine.result import BacktestResult
from back_testing.engine.rules import Direction, FillAt, Size, TradingRules
from back_testing.engine.statistics import Statistics
from back_testing.report import render_report, write_report
from back_testing.report.charts import MOST_POINTS, candle_chart, equity_chart, return_chart
from back_testing.report.definitions import figures, meaning
from back_testing.report.months import monthly_returns
from support.bar_series import bars_of, random_walk
from support.report_pages import numbers, series_of, uncompressed

pytestmark = pytest.mark.unit

NOTHING = "\u2013"
VOID = {"meta", "link", "br"}


class Page(HTMLParser):
    """A page taken apart: text by element, attributes, and whether every element was closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.scripts: dict[str, str] = {}
        self._script = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self._script = dict(attrs).get("id") or "code"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[self._script] = self.scripts.get(self._script, "") + data
        elif self.open and self.open[-1] != "style" and data.strip():
            self.texts.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        return " ".join(self.texts)

    @property
    def charts(self) -> dict[str, Any]:
        charts: dict[str, Any] = json.loads(uncompressed(self.scripts["charts"]))
        return charts


def candles(n: int = 300, symbol: str = "IBM", seed: int = 4) -> Bars:
    return bars_of(random_walk(n, seed), symbol)


def result_of(bars: Bars, rules: TradingRules | None = None, strategy: Strategy | None = None) -> BacktestResult:
    return run(strategy or SmaCross(3, 8, 0), bars, rules or TradingRules())


def page_of(result: BacktestResult, *series: Bars) -> Page:
    return Page(render_report(result, series or result.series))


def test_everything_that_was_promised_is_there() -> None:
    bars = candles()
    result = result_of(bars, TradingRules(stop_loss=0.05))
    page = page_of(result)
    for figure in figures(result.statistics):
        assert figure.label in page.text
        assert figure.text in page.text
        assert " ".join(figure.meaning.split()) in page.text
    assert {value for tag, name, value in page.attributes if name == "data-chart"} == set(page.charts)
    assert set(page.charts) == {"equity", "candles-0", "returns", "trades"}
    prices = page.charts["candles-0"]
    assert [drawn["name"] for part in ("series", "marks") for drawn in prices[part]] == [
        "IBM", "SMA 3", "SMA 8", "entry", "exit",
    ]  # fmt: skip
    assert result.data_hash in page.text
    assert f"{result.statistics.start} to {result.statistics.end}, 300 bars" in page.text
    assert "Each fill pays 0.100% of the traded value. No slippage." in page.text
    assert "Stop loss at 5.00%, within the bar." in page.text
    assert page.text.count("stop loss") >= sum(trade.reason == "stop_loss" for trade in result.trades) > 0
    assert "Look-ahead." not in page.text


def test_nothing_is_loaded_from_anywhere() -> None:
    html = render_report(result_of(candles()), [candles()])
    page = Page(html)
    loading = [(tag, value) for tag, name, value in page.attributes if name in {"src", "href", "srcset", "data"}]
    assert loading == [("link", "data:,")]
    assert "url(" not in html
    assert "@import" not in html
    assert not re.search(r"https?:", "".join(page.scripts[name] for name in ("charts", "code")))
    assert not re.search(rb"https?:", uncompressed(page.scripts["charts"]))
    assert b"Lightweight Charts" in uncompressed(page.scripts["library"])[:100]
    assert len(html) < 200_000


@pytest.mark.parametrize("symbols", [1, 5, 14])
def test_a_report_stays_below_600_kb_whatever_was_run(symbols: int) -> None:
    series = [candles(3_300 if symbols < 14 else 6_100, f"S{seed}", seed) for seed in range(symbols)]
    result = run_portfolio(SmaCross(2, 4, 0), series, TradingRules())
    html = render_report(result, series)
    assert len(result.trades) > 400
    assert len(html.encode()) < 600_000


def test_look_ahead_is_said_aloud() -> None:
    page = page_of(result_of(candles(), TradingRules(fill=FillAt.CLOSE)))
    assert "Look-ahead." in page.text
    assert "this result looks ahead" in page.text


def test_equity_and_drawdown_are_those_of_the_result() -> None:
    result = result_of(candles())
    page = page_of(result)
    moments = numbers(page.charts["equity"]["x"]).astype(np.int64).astype("datetime64[s]")
    np.testing.assert_array_equal(moments, result.times)
    benchmark, equity, _, fall, invested = (numbers(drawn["y"]) for drawn in page.charts["equity"]["series"])
    np.testing.assert_allclose(equity, result.equity, rtol=1e-6)
    np.testing.assert_allclose(benchmark, result.benchmark, rtol=1e-6)
    np.testing.assert_allclose(invested, result.invested, rtol=1e-6)
    assert fall.min() == pytest.approx(result.statistics.max_drawdown, rel=1e-5)


def test_lines_are_computed_with_the_history() -> None:
    bars = candles()
    result = run(SmaCross(3, 100, 0), bars, TradingRules(), first=bars.session(200))
    assert result.history == 200
    shown = numbers(series_of(page_of(result, bars).charts["candles-0"])["SMA 100"]["y"])
    assert len(shown) == 100
    assert shown[0] == pytest.approx(bars.close[101:201].mean(), rel=1e-6)


def test_a_long_series_is_thinned_and_keeps_its_worst_moment() -> None:
    bars = candles(3 * MOST_POINTS + 7)
    result = result_of(bars)
    chart = equity_chart(result)
    drawn = series_of(chart)
    times = numbers(chart["x"])
    equity, fall = (numbers(drawn[name]["y"]) for name in ("strategy", "drawdown"))
    assert len(times) == len(equity) == len(fall) <= MOST_POINTS
    assert np.datetime64(int(times[-1]), "s") == np.datetime64(bars.session(-1))
    assert equity[-1] == pytest.approx(result.equity[-1], rel=1e-6)
    assert fall.min() == pytest.approx(result.statistics.max_drawdown, rel=1e-5)
    shown = candle_chart(bars, {}, result.trades)
    entries = shown["marks"][0]
    assert len(numbers(shown["x"])) == len(numbers(shown["series"][0]["close"])) == MOST_POINTS
    assert 0 < len(entries["text"]) < len(result.trades)
    assert numbers(entries["at"])[0] >= 0


def test_trades_are_marked_at_their_bars_and_prices() -> None:
    bars = candles()
    result = result_of(bars, TradingRules(direction=Direction.LONG_SHORT, stop_loss=0.03))
    chart = candle_chart(bars, {}, result.trades)
    entry, leave = chart["marks"]
    times = numbers(chart["x"])
    starts = [np.datetime64(int(times[int(place)]), "s").item() for place in numbers(entry["at"])]
    assert starts == [trade.entry_time.replace(tzinfo=None) for trade in result.trades]
    np.testing.assert_allclose(numbers(entry["price"]), [trade.entry_price for trade in result.trades], rtol=1e-6)
    assert entry["shape"] == [trade.side for trade in result.trades]
    assert set(entry["shape"]) == {"long", "short"}
    assert leave["text"][0].startswith(f"{result.trades[0].side} exit (")
    (paths,) = chart["segments"]
    np.testing.assert_allclose(numbers(paths["end"]), [trade.exit_price for trade in result.trades], rtol=1e-6)


def test_a_portfolio_has_a_chart_for_each_symbol_and_says_how_it_was_shared() -> None:
    series = [candles(symbol=symbol, seed=seed) for seed, symbol in enumerate(("IBM", "MSFT", "KO"))]
    result = run_portfolio(SmaCross(3, 8, 0), series, TradingRules())
    page = page_of(result)
    assert {name for name in page.charts if name.startswith("candles")} == {"candles-0", "candles-1", "candles-2"}
    assert result.allocation in page.text
    assert "Symbol" in page.text


def test_many_symbols_are_not_all_drawn() -> None:
    series = [candles(60, f"S{seed}", seed) for seed in range(14)]
    page = page_of(run_portfolio(SmaCross(3, 8, 0), series, TradingRules()))
    assert "2 more instruments are not drawn." in page.text


@pytest.mark.parametrize(
    "rules",
    [
        TradingRules(direction=Direction.LONG_SHORT, size=Size.parse("fraction:0.5"), whole_shares=False),
        TradingRules(size=Size.parse("cash:1000"), keep_open=True),
        TradingRules(size=Size.parse("shares:3"), take_profit=0.1, trailing_stop=0.2),
        TradingRules(cash=1),
        TradingRules(max_age=240),
    ],
    ids=["short", "cash", "shares", "poor", "old"],
)
def test_every_rule_has_a_sentence(rules: TradingRules) -> None:
    page = page_of(result_of(candles(), rules))
    assert page.text.count("An entry takes") == 1
    if rules.cash == 1:
        assert "There was no trade." in page.text
        assert "entries could not buy anything." in page.text
    assert page.text.count("What was held for 240 hours is closed at the next open.") == (rules.max_age is not None)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_few_bars_are_a_page_too(n: int) -> None:
    page = page_of(result_of(candles(n), strategy=BuyAndHold()))
    missing = page.text.count(NOTHING)
    assert missing == 1 if n > 1 else missing > 1  # one trade has no SQN, one bar no volatility either


def test_a_price_that_never_moves_is_a_page_too() -> None:
    assert "There was no trade." in page_of(result_of(bars_of([10.0] * 50))).text


@dataclass(frozen=True)
class Nasty(SmaCross):
    name: ClassVar[str] = "</script><script>alert(1)</script>"
    summary: ClassVar[str] = "<img src=x onerror=alert(1)>"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        return {"</script><b>": bars.close, "nan": np.full(len(bars), np.nan)}


def test_names_are_text_and_nothing_else() -> None:
    bars = candles(symbol="<b>&'\"")
    page = page_of(result_of(bars, strategy=Nasty(3, 8, 0)))
    assert not any(tag == "img" for tag, _, _ in page.attributes)
    assert sorted(page.scripts) == ["charts", "code", "library"]
    assert "</script><script>alert(1)</script>" in page.text
    assert page.charts["candles-0"]["series"][0]["name"] == "<b>&'\""


def test_returns_that_never_vary_are_no_chart() -> None:
    assert return_chart(result_of(bars_of([10.0] * 50))) is None


def test_months_multiply_to_years_and_years_to_the_total() -> None:
    bars = candles(800)
    result = result_of(bars)
    years = monthly_returns(result.times, result.equity, 10_000)
    assert [year.year for year in years] == [2000, 2001, 2002]
    assert years[0].months[0] == pytest.approx(result.equity[28] / 10_000 - 1)  # from 2000-01-03 to the 31st
    assert years[2].months.count(None) == 12 - bars.session(-1).month
    total = np.prod([1 + year.total for year in years]) - 1
    assert total == pytest.approx(result.statistics.total_return)
    for year in years:
        months = [1 + month for month in year.months if month is not None]
        assert year.total == pytest.approx(np.prod(months) - 1)


def test_every_statistic_is_defined() -> None:
    for field in fields(Statistics):
        assert len(meaning(field.name)) > 20


def test_figures_read_as_people_write_them() -> None:
    statistics = result_of(candles()).statistics
    odd = replace(statistics, win_rate=np.nan, profit_factor=np.inf, total_return=-0.125, cagr=0.0, n_trades=1234)
    texts = {figure.key: (figure.text, figure.tone) for figure in figures(odd)}
    assert texts["win_rate"] == (NOTHING, "")
    assert texts["profit_factor"] == ("∞", "")
    assert texts["total_return"] == ("-12.50%", "bad")
    assert texts["cagr"] == ("0.00%", "")
    assert texts["n_trades"] == ("1,234", "")
    assert texts["start"] == (date(2000, 1, 3).isoformat(), "")


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    result = result_of(candles(60))
    write_report(tmp_path / "report.html", result, result.series)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == render_report(result, result.series)
    with pytest.raises(ConfigError, match="cannot be written: No such file"):
        write_report(tmp_path / "nowhere" / "report.html", result, result.series)
