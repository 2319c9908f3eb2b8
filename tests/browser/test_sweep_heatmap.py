"""The map of a sweep in a real browser: it draws, complains of nothing and asks nobody, also on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.rules import TradingRules
from back_testing.report.heatmap import Heatmap
from back_testing.search.sweep import sweep
from support.bar_series import bars_of, random_walk
from support.report_pages import charts_in, numbers

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("backtest_report"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser: {CHROMIUM} is not there"),
]


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_the_map_draws_alone(tmp_path: Path, options: dict[str, Any]) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    grid = {"fast": [2, 3, 4, 5], "slow": [4, 8, 16], "trend": [0, 20]}
    chart = Heatmap(grid, "sharpe")
    for block in sweep(SmaCross, grid, bars_of(random_walk(300)), TradingRules()):
        chart.add(block)
    path = tmp_path / "map.html"
    chart.write(path, "sma_cross on TEST")
    complaints: list[str] = []
    requests: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page: Page = browser.new_context(**options).new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]")
        painted = page.evaluate("""() => {
            const canvas = document.querySelector("[data-chart] canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const opacity = (column, row) => data[4 * ((canvas.height - 1 - row) * canvas.width + column) + 3];
            return [canvas.width, canvas.height, opacity(2, 0), opacity(0, 3)];
        }""")
        assert painted == [3, 4, 255, 0]  # fast 2 with slow 16 has a colour, fast 5 with slow 4 is invalid
        text = page.locator(".summary").inner_text()
        assert text == "Sharpe of 20 settings, the best over trend in each cell. 4 invalid combinations skipped."
        assert page.locator(".across span").all_inner_texts() == ["4", "8", "16"]  # categories, evenly spaced
        assert page.locator(".down span").all_inner_texts() == ["2", "3", "4", "5"]
        map_, readout = page.locator("[data-chart]"), page.locator("#readout")
        best = float(np.nanmax(numbers(charts_in(path.read_text(encoding="utf-8"))["heatmap"]["cells"])))
        assert readout.inner_text().endswith(f": sharpe {best:.4g}")
        map_.focus()
        for key in ["ArrowDown"] * 4 + ["ArrowLeft"] * 3:
            map_.press(key)
        assert readout.inner_text().startswith("fast 2, slow 4: sharpe ")
        for key in ["ArrowUp"] * 3:
            map_.press(key)
        assert readout.inner_text() == "fast 5, slow 4: sharpe not tried or invalid"
        found = Axe().run(page).response["violations"]
        assert [(one["id"], node["html"][:120]) for one in found for node in one["nodes"]] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        browser.close()
    assert complaints == []
    assert requests == [path.as_uri()]
