"""The pages in a real browser: on a desk and a phone, light and dark, with nothing to complain of."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contracts.bars import bar_row, bar_rows
from support.web_site import IBM, OWNER, PASSWORD, Site, a_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from support.postgres_server import TestServer

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PAGES = (
    "/", "/instruments", "/instruments/XNYS/IBM", "/signals", "/trades", "/accounts", "/accounts/paper", "/monitoring",
    "/alerts", "/subscriptions", "/quality", "/quality/held", "/me", "/admin", "/approvals", "/watch", "/posts",
    "/backtests",
)  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("pages"),  # one browser, one site
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser: {CHROMIUM} is not there"),
]


@dataclass
class Served:
    """A site at an address."""

    site: Site
    url: str


@pytest.fixture(scope="module")
def served(postgres: TestServer) -> Iterator[Served]:
    import uvicorn

    with postgres.own_database() as url, a_site(url) as site, socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(site.app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        limit = time.monotonic() + 20
        while not server.started and time.monotonic() < limit:
            time.sleep(0.02)
        yield Served(site, f"http://127.0.0.1:{listening.getsockname()[1]}")
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """A browser's window, and what it complained of."""

    def __init__(self, browser: Browser, served: Served, **options: Any) -> None:
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.served = served
        self.page: Page = browser.new_context(base_url=served.url, **options).new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._note)

    def _note(self, request: Any) -> None:
        if not request.url.startswith((self.served.url, "data:")):
            self.foreign.append(request.url)

    def log_in(self) -> None:
        """As the owner."""
        self.page.goto("/instruments")
        self.page.get_by_label("Name or email address").fill(OWNER)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url("**/instruments")

    def ready(self) -> None:
        """Wait until the charts are drawn."""
        if self.page.locator("[data-chart]").count():
            self.page.wait_for_selector("[data-chart][data-ready]")

    def close(self) -> None:
        """Nothing was complained of, and nobody else was asked."""
        self.page.context.close()
        assert self.complaints == []
        assert self.foreign == []


@pytest.mark.parametrize(("device", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"])
def test_every_page_draws_fits_and_is_accessible(
    browser: Browser, served: Served, device: dict[str, Any], scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    visit, axe = Visit(browser, served, color_scheme=scheme, **device), Axe()
    visit.log_in()
    told: list[str] = []
    for path in PAGES:
        answer = visit.page.goto(path)
        assert answer is not None
        assert answer.status == 200
        visit.ready()
        assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} is too wide"
        visit.page.evaluate(axe.axe_script)  # as the page's own: its policy allows no script element
        found = visit.page.evaluate("axe.run({resultTypes: ['violations']})")
        told += [f"{path} {one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]
    assert told == []
    visit.close()


def test_the_chart_draws_candles_and_reads_them_out(browser: Browser, served: Served) -> None:
    visit = Visit(browser, served, **DESK)
    visit.log_in()
    visit.page.get_by_role("link", name="IBM", exact=True).click()
    visit.ready()
    chart = visit.page.locator("#chart")
    assert chart.locator("canvas").count() > 0
    box = chart.bounding_box()
    assert box is not None
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visit.page.wait_for_function("document.getElementById('chart-words').textContent.includes('close')")
    button = visit.page.get_by_role("button", name="SMA 50")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    visit.page.reload()
    visit.ready()
    assert [one.get_attribute("aria-pressed") for one in visit.page.locator("#averages button").all()] == [
        "true", "true", "false", "true"
    ]  # fmt: skip
    visit.close()


def test_filters_change_the_list_and_the_address_without_a_new_page(browser: Browser, served: Served) -> None:
    visit = Visit(browser, served, **DESK)
    visit.log_in()
    visit.page.goto("/signals")
    visit.page.evaluate("window.stayed = true")
    visit.page.get_by_label("Side").select_option("all")
    visit.page.wait_for_url("**/signals?*side=all*")
    visit.page.locator("tbody").get_by_text("hold", exact=True).wait_for()
    assert visit.page.evaluate("window.stayed")
    assert visit.page.locator("tbody tr").count() == 3
    visit.close()


def test_without_javascript_lists_filter_and_forms_work(browser: Browser, served: Served) -> None:
    visit = Visit(browser, served, java_script_enabled=False, **DESK)
    visit.log_in()
    visit.page.goto("/signals")
    visit.page.get_by_label("Side").select_option("sell")
    visit.page.get_by_role("button", name="Filter").click()
    assert visit.page.locator("tbody tr").count() == 1
    visit.page.get_by_role("link", name="Period").click()
    assert "sort=period" in visit.page.url
    visit.page.get_by_role("button", name="Log out").click()
    visit.page.wait_for_url("**/login")
    visit.close()


def test_prices_change_on_an_open_page(browser: Browser, served: Served) -> None:
    visit = Visit(browser, served, **DESK)
    visit.log_in()
    visit.page.goto("/watch")
    visit.page.get_by_text("kept up to date").wait_for()
    served.site.application.bars.upsert(bar_rows(bar_row(IBM, date(2013, 2, 8), 123.45)), "sample")
    visit.page.get_by_text("123.45").wait_for()
    assert visit.page.get_by_text("+22.17 %").get_attribute("class") == "up"
    visit.close()


def test_on_a_phone_the_menu_opens_when_asked(browser: Browser, served: Served) -> None:
    visit = Visit(browser, served, **PHONE)
    visit.log_in()
    assert not visit.page.get_by_role("link", name="Trades", exact=True).is_visible()
    visit.page.get_by_text("Menu").click()
    visit.page.get_by_role("link", name="Trades", exact=True).click()
    visit.page.wait_for_url("**/trades")
    visit.close()
