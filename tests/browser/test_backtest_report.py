"""The report in a real browser: it draws, it follows its reader, it complains of nothing and asks nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest

from algo_trading.domain.bars import Bars
from algo_trading.domain.quality import JudgedBatch, QualityResult, QuarantinedRow
from algo_trading.quality.gate_page import render
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.backtest import run_portfolio
from back_testing.engine.rules import TradingRules
from back_testing.report import write_report
from fakes.quality import FakeQuarantine
from support.bar_series import bars_of, random_walk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}

UP, DOWN = (13, 143, 111), (208, 69, 59)  # of candles, in the light

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("backtest_report"),  # one browser, one load
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser: {CHROMIUM} is not there"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


def moving(bars: Bars) -> Bars:
    """Bars that open where the one before closed, and so have bodies."""
    opens = np.concatenate((bars.close[:1], bars.close[:-1]))
    return replace(bars, open=opens, high=np.maximum(opens, bars.high), low=np.minimum(opens, bars.low))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report on two symbols."""
    series = [moving(bars_of(random_walk(900, seed), symbol)) for seed, symbol in enumerate(("IBM", "MSFT"))]
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, run_portfolio(SmaCross(5, 20, 0), series, TradingRules(stop_loss=0.04)), series)
    return path.as_uri()


class Visit:
    """A page that was opened, and what it said and asked for meanwhile."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page: Page = browser.new_context(**options).new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address)
        self.page.wait_for_selector("html[data-ready]")

    def drawn(self, chart: str) -> str:
        """A chart as it is drawn, in JavaScript."""
        return f"document.querySelector('[data-chart=\"{chart}\"]').drawing"

    def colours(self, chart: str) -> set[tuple[int, ...]]:
        """The colours of a chart's pixels."""
        found = self.page.evaluate(f"""() => {{
            const canvas = {self.drawn(chart)}.chart.takeScreenshot();
            const {{ data }} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const seen = new Set();
            for (let i = 0; i < data.length; i += 4) seen.add(data.slice(i, i + 3).join());
            return [...seen];
        }}""")
        return {tuple(map(int, colour.split(","))) for colour in found}

    def check(self, address: str, up: tuple[int, ...], down: tuple[int, ...]) -> None:
        """Every chart of the first view is there, nobody complained, and only the file itself was asked for."""
        for chart in ("equity", "candles-0", "returns", "trades"):
            self.page.wait_for_selector(f"[data-chart='{chart}'] canvas")
            assert len(self.colours(chart)) > 3
        in_view = f"(() => {{ const {{ from, to }} = {self.drawn('candles-0')}.chart.timeScale()"
        assert self.page.evaluate(f"{in_view}.getVisibleLogicalRange(); return to - from; }})()") > 50
        assert {up, down} <= self.colours("candles-0")
        assert self.complaints == []
        assert self.requests == [address]


@pytest.fixture(scope="module")
def desk(browser: Browser, report: str) -> Iterator[Visit]:
    """The report on a desk, without a network; every test leaves it usable."""
    visit = Visit(browser, report, offline=True, color_scheme="light", viewport={"width": 1000, "height": 800})
    yield visit
    visit.page.context.close()


def test_it_draws_without_a_complaint_and_without_the_network(desk: Visit, report: str) -> None:
    desk.check(report, UP, DOWN)


def test_on_a_phone_it_scrolls_down_and_never_sideways(browser: Browser, report: str) -> None:
    visit = Visit(browser, report, offline=True, color_scheme="dark", **PHONE)
    visit.check(report, (47, 191, 152), (240, 113, 106))
    widths = visit.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1] == 390
    columns = visit.page.evaluate("getComputedStyle(document.querySelector('.tiles')).gridTemplateColumns")
    assert len(columns.split()) == 2
    visit.page.context.close()


def test_definitions_open_on_hover_and_stay_on_the_screen(desk: Visit) -> None:
    for figure in desk.page.locator(".tile").all():
        tip = figure.locator(".tip")
        assert not tip.is_visible()
        figure.hover()
        assert tip.is_visible()
        box = tip.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 1000
    shown = desk.page.locator(".statistics div", has_text="Sharpe ratio")
    shown.focus()
    assert shown.locator(".tip").inner_text().startswith("Sharpe ratio: mean over sample standard deviation")


def test_colours_follow_the_scheme_while_it_is_open(desk: Visit) -> None:
    line = desk.drawn("equity") + ".series[1].drawn.options().color"
    assert desk.page.evaluate(line) == "#2458d3"
    assert UP in desk.colours("candles-0")
    desk.page.emulate_media(color_scheme="dark")
    desk.page.wait_for_function(f"{line} === '#6ea0ff'")
    assert UP not in desk.colours("candles-0")
    desk.page.emulate_media(color_scheme="light")
    desk.page.wait_for_function(f"{line} === '#2458d3'")
    assert desk.complaints == []


def test_buttons_show_a_part_and_the_price_axis_follows(desk: Visit) -> None:
    drawing = desk.drawn("candles-0")
    both = "(() => {{ const {{ from, to }} = {}.getVisibleRange(); return [from, to]; }})()"
    axis, view = (both.format(f"{drawing}.chart.{part}") for part in ("priceScale('right')", "timeScale()"))
    candles = f"{drawing}.series[0].values"
    year = f"[Math.min(...{candles}.low.slice(-300)), Math.max(...{candles}.high.slice(-300))]"
    lowest, highest = desk.page.evaluate(year)
    desk.page.wait_for_function(f"{axis}[0] > {lowest} - {highest - lowest} * 0.25")  # from the start on
    desk.page.click("[data-ranges=candles] button:has-text('1y')")
    desk.page.wait_for_function(f"{view}[1] - {view}[0] > 350 * 86400")
    whole = desk.page.evaluate(axis)
    desk.page.click("[data-ranges=candles] button:has-text('3m')")
    desk.page.wait_for_function(f"{axis}[1] - {axis}[0] < {whole[1] - whole[0]}")
    first, last = (second // 86_400 for second in desk.page.evaluate(view))
    assert 85 <= last - first <= 97
    low, high = desk.page.evaluate(axis)
    assert high - low < whole[1] - whole[0]


def test_another_symbol_and_another_order_are_a_click_away(desk: Visit) -> None:
    names = desk.page.locator("#symbol option").all_inner_texts()
    assert set(names) == {"IBM", "MSFT"}
    desk.page.select_option("#symbol", label=names[1])
    desk.page.wait_for_selector("[data-chart='candles-1'] canvas")
    assert not desk.page.locator("[data-chart='candles-0']").is_visible()
    desk.page.select_option("#symbol", label=names[0])
    profits = (
        "[...document.querySelectorAll('#trades tbody tr')].map((row) => +row.cells[7].textContent.replaceAll(',', ''))"
    )
    desk.page.click("#trades th:has-text('Profit')")
    ascending = desk.page.evaluate(profits)
    assert ascending == sorted(ascending)
    desk.page.click("#trades th:has-text('Profit')")
    assert desk.page.evaluate(profits) == ascending[::-1]
    assert desk.complaints == []


def test_the_upper_axis_may_be_logarithmic(desk: Visit) -> None:
    equity = desk.drawn("equity")
    mode = f"{equity}.chart.priceScale('right', 0).options().mode"
    height = f"(price => {equity}.series[1].drawn.priceToCoordinate(price))"
    linear = desk.page.evaluate(f"[8000, 9000, 10000].map({height})")
    assert linear[0] - linear[1] == pytest.approx(linear[1] - linear[2])
    desk.page.click("[data-log=equity]")
    desk.page.wait_for_function(f"{mode} === 1")
    shown = desk.page.evaluate(f"[8000, 9000, 10125].map({height})")
    assert shown[0] - shown[1] == pytest.approx(shown[1] - shown[2])  # the same ratio, the same distance
    values = desk.page.evaluate(f"{equity}.series[1].y")
    low, high = desk.page.evaluate(f"[{min(values)}, {max(values)}].map({height})")
    assert 0 < high < low < desk.page.evaluate(f"{equity}.chart.panes()[0].getHeight()")
    desk.page.click("[data-log=equity]")
    desk.page.wait_for_function(f"{mode} === 0")
    assert desk.complaints == []


def test_charts_are_read_by_keyboard(desk: Visit) -> None:
    chart = desk.page.locator("[data-chart=equity]")
    chart.focus()
    chart.press("End")
    legend = chart.locator(".legend")
    last = legend.inner_text()
    assert "strategy" in last
    chart.press("ArrowLeft")
    before = legend.inner_text()
    assert before[:10] < last[:10]
    chart.press("ArrowRight")
    assert legend.inner_text() == last
    chart.press("Home")
    assert legend.inner_text().startswith("2000-01-03")
    view = desk.drawn("equity") + ".chart.timeScale().getVisibleLogicalRange().to"
    chart.press("+")
    desk.page.wait_for_function(f"{view} < 500")
    desk.page.click("[data-ranges=equity] button:has-text('all')")
    desk.page.wait_for_function(f"{view} > 890")
    assert legend.get_attribute("aria-live") == "polite"
    assert desk.complaints == []


def test_the_cursor_reads_out_candles_and_trades(desk: Visit) -> None:
    entry = desk.page.evaluate(f"""() => {{
        const drawing = {desk.drawn("candles-0")}, [entries] = drawing.marks, last = entries.at.length - 1;
        const box = drawing.place.getBoundingClientRect();
        window.scrollTo(0, box.top + scrollY - 100);
        return {{ x: box.left + drawing.chart.timeScale().logicalToCoordinate(entries.at[last]), y: 200,
                  text: entries.text[last] }};
    }}""")
    desk.page.mouse.move(entry["x"], entry["y"])
    legend = desk.page.locator("[data-chart=candles-0] .legend")
    read = "(text) => document.querySelector('[data-chart=candles-0] .extra').textContent.includes(text)"
    desk.page.wait_for_function(read, arg=entry["text"])
    assert all(word in legend.inner_text() for word in ("open", "high", "low", "close", "SMA 20"))
    desk.page.mouse.move(0, 0)


@pytest.mark.parametrize(("scheme", "options"), [("light", {}), ("dark", PHONE)], ids=["desk", "phone"])
def test_axe_finds_nothing(browser: Browser, report: str, scheme: str, options: dict[str, Any]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    visit = Visit(browser, report, offline=True, color_scheme=scheme, **options)
    found = Axe().run(visit.page).response["violations"]
    assert [(one["id"], node["html"][:120]) for one in found for node in one["nodes"]] == []
    visit.page.context.close()


def test_tables_say_how_many_rows_they_have_and_scroll_by_keyboard(desk: Visit) -> None:
    rows = desk.page.locator("#trades tbody tr").count()
    assert desk.page.locator("section:has(#trades) h2").inner_text() == f"Trades {rows} closed trades"
    for region in desk.page.locator(".scroll").all():
        region.focus()
        assert region.evaluate("box => document.activeElement === box")
        assert region.get_attribute("aria-label")


CONTRAST = """() => {
  const parts = (c) => (c.match(/[0-9.]+/g) || []).map(Number);
  const light = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const shown = (text, element) => {
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.unshift(getComputedStyle(e).backgroundColor);
    for (const colour of [...layers, ...text]) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *:not(svg *):not(script):not(style)")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [front, back] = [luminance(shown([style.color], element)), luminance(shown([], element))];
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && +style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) poor.push(`${ratio.toFixed(2)} ${element.outerHTML.slice(0, 80)}`);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_as_wcag_asks(desk: Visit, scheme: str) -> None:
    desk.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
    assert desk.page.evaluate(CONTRAST) == []
    desk.page.emulate_media(color_scheme="light")


def test_an_old_browser_is_told_why_there_are_no_charts(browser: Browser, report: str) -> None:
    context = browser.new_context()
    context.add_init_script("delete window.DecompressionStream")
    page = context.new_page()
    page.goto(report)
    page.wait_for_selector("html[data-ready]")
    assert page.locator("[data-chart='equity']").inner_text() == "Charts need a browser of 2023 or newer."
    assert page.locator("#trades tbody tr").count() > 10
    context.close()


@pytest.mark.parametrize(("scheme", "options"), [("dark", {}), ("light", PHONE)], ids=["desk", "phone"])
def test_the_gates_page_looks_alike_and_needs_no_network(
    browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"], options: dict[str, Any]
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    quarantine, moment = FakeQuarantine(), datetime(2026, 11, 20, 22, tzinfo=UTC)
    rows = [("volume is below 0", 7), ("high is below low", 2)]
    quarantine.add([
        QuarantinedRow("import", f"prices-{i}.csv:{i}", "IBM", "2026-11-18", reason, {"close": "1", "volume": f"-{i}"})
        for reason, count in rows for i in range(count)
    ])  # fmt: skip
    verdicts = [
        QualityResult(
            "daily_bars", "import", f"a-long-folder/of-some-length/prices-{i}.csv", 1000, 1000 - i, {"volume": i}
        )
        for i in range(9)
    ]
    batches = [JudgedBatch(moment - timedelta(days=i), verdict) for i, verdict in enumerate(verdicts)]
    path = tmp_path / "gate.html"
    path.write_text(render(batches, quarantine, moment, "quality/docs/import/index.html"), encoding="utf-8")
    context = browser.new_context(**{"offline": True, "color_scheme": scheme, **options})
    page = context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    assert requests == [path.as_uri()]
    heights = page.evaluate("[...document.querySelectorAll('.days i')].map((bar) => bar.offsetHeight)")
    assert heights == sorted(heights, reverse=True)  # most was held back on the first of the days
    assert heights[0] > 100
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], node["html"][:120]) for one in found for node in one["nodes"]] == []
    assert page.evaluate(CONTRAST) == []
    context.close()
